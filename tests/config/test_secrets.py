from __future__ import annotations

import os
import re
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.config.secrets import (
    SIZE_LIMIT,
    Secret,
    SecretError,
    SecretKind,
    missing,
    reveal,
)

WHERE = "config.toml:3: incidentio.api_key"


def variable(name: str, environ: dict[str, str]) -> Secret:
    return Secret(SecretKind.ENV, name, WHERE, environ)


def file(path: Path) -> Secret:
    return Secret(SecretKind.FILE, str(path), WHERE, {})


def credential(name: str, environ: dict[str, str]) -> Secret:
    return Secret(SecretKind.CREDENTIAL, name, WHERE, environ)


def complaint(secret: Secret) -> str:
    with pytest.raises(SecretError) as caught:
        secret.read()
    assert missing(secret) == caught.value.problem
    return str(caught.value)


def test_secret_is_read_from_its_variable() -> None:
    assert variable("KEY", {"KEY": "s3cret-k3y"}).read() == "s3cret-k3y"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_line_break_at_the_end_of_a_file_is_no_part_of_the_secret(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"s3cret-k3y" + ending.encode())

    assert file(path).read() == "s3cret-k3y"
    assert file(path).path == path


def test_credential_is_read_from_the_credentials_directory(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret-k3y")
    secret = credential("key", {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert secret.read() == "s3cret-k3y"
    assert secret.path == tmp_path / "key"


def test_rotated_secret_is_found_by_the_next_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("0ld-s3cret")
    secret = file(path)
    secret.read()

    path.write_text("n3w-s3cret")

    assert secret.read() == "n3w-s3cret"


def test_missing_sources_are_named_with_their_key(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    directory = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    assert variable("KEY", {}).path is None
    assert complaint(variable("KEY", {})) == (
        f"{WHERE}: environment variable KEY is not set; set it, or name another source"
    )
    assert complaint(file(gone)) == (
        f"{WHERE}: file {gone}: no such file or directory; expected a readable file"
    )
    assert complaint(credential("gone", directory)) == (
        f"{WHERE}: credential gone ({gone}): no such file or directory; expected a readable file"
    )
    assert complaint(credential("key", {})) == (
        f'{WHERE}: credential "key" can\'t be looked up: $CREDENTIALS_DIRECTORY is not set; '
        "start under systemd with LoadCredential=, or name another source"
    )
    assert credential("key", {}).path is None


@pytest.mark.parametrize("value", ["", "\n"])
def test_empty_secret_is_refused(value: str) -> None:
    assert complaint(variable("KEY", {"KEY": value})) == (
        f"{WHERE}: environment variable KEY is empty; expected the secret"
    )


@pytest.mark.parametrize("value", ["hunter\n2", "hunter2 ", "hunter\x00", "hünter2", "a\n\n"])
def test_what_no_header_can_carry_is_refused_without_showing_it(value: str) -> None:
    assert complaint(variable("KEY", {"KEY": value})) == (
        f"{WHERE}: environment variable KEY is no secret: expected one line of printable ASCII "
        "without spaces around it"
    )


def test_endless_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"k" * SIZE_LIMIT + b"\r\n")
    assert len(file(path).read()) == SIZE_LIMIT

    path.write_bytes(b"k" * 10 * SIZE_LIMIT)

    assert complaint(file(path)) == f"{WHERE}: file {path} is over 8192 characters; not a secret"


def test_variable_that_no_header_has_room_for_is_refused() -> None:
    assert complaint(variable("KEY", {"KEY": "k" * (SIZE_LIMIT + 1)})) == (
        f"{WHERE}: environment variable KEY is over 8192 characters; not a secret"
    )


@pytest.mark.parametrize("make", ["pipe", "socket", "folder", "device"])
def test_what_is_no_plain_file_is_refused_at_once(make: str) -> None:
    with tempfile.TemporaryDirectory(prefix="sb-") as folder, socket.socket(socket.AF_UNIX) as one:
        path = Path(folder, "key")
        match make:
            case "pipe":
                os.mkfifo(path)
            case "socket":
                one.bind(str(path))
            case "folder":
                path.mkdir()
            case _:
                path = Path("/dev/zero")

        assert re.search("expected a (plain|readable) file", complaint(file(path)))


def test_secret_is_found_behind_links(tmp_path: Path) -> None:
    # As Kubernetes lays them out, to exchange all of them at once.
    (tmp_path / "..then").mkdir()
    (tmp_path / "..then" / "key").write_text("s3cret-k3y")
    (tmp_path / "..data").symlink_to("..then")
    (tmp_path / "key").symlink_to("..data/key")

    assert file(tmp_path / "key").read() == "s3cret-k3y"


@pytest.mark.parametrize(
    "value",
    (
        *("changeme", "CHANGE-ME-please", "<token>", "${TOKEN}", "$TOKEN", "{{ token }}", "%T%"),
        *("your_auth_token", "your-api-key", "xxxxxxxx", "********", "...", "TODO", "replace_me"),
    ),
)
def test_placeholder_is_refused_before_an_api_does(value: str) -> None:
    assert complaint(variable("KEY", {"KEY": value})) == (
        f"{WHERE}: environment variable KEY holds a placeholder; put the real secret in its place"
    )


@pytest.mark.parametrize("value", ["foo", "AC123", "SK" + "0" * 32, "AC" + "x" * 32])
def test_sid_that_is_none_is_refused_before_an_api_does(value: str) -> None:
    sid = Secret(SecretKind.ENV, "TWILIO_ACCOUNT_SID", WHERE, {"TWILIO_ACCOUNT_SID": value}, "AC")

    assert complaint(sid) == (
        f'{WHERE}: environment variable TWILIO_ACCOUNT_SID is no SID: expected "AC" and 32 '
        "hexadecimal digits"
    )


def test_what_is_too_short_to_be_told_from_a_word_is_refused() -> None:
    assert variable("KEY", {"KEY": "s3cret-8"}).read() == "s3cret-8"
    assert complaint(variable("KEY", {"KEY": "s3cret7"})) == (
        f"{WHERE}: environment variable KEY is too short for a secret: expected at least 8 "
        "characters"
    )


@given(st.text("0123456789abcdef", min_size=32, max_size=32), st.sampled_from(["", "inc_", "SK"]))
def test_real_key_is_no_placeholder(digits: str, prefix: str) -> None:
    assert variable("KEY", {"KEY": prefix + digits}).read() == prefix + digits


def test_value_stands_in_no_representation() -> None:
    secret = variable("KEY", {"KEY": "s3cret-k3y"})

    assert "s3cret-k3y" not in f"{secret!r} {secret}"


def test_plain_value_is_revealed_as_it_is() -> None:
    assert reveal("AC1") == "AC1"
    assert reveal(variable("KEY", {"KEY": "s3cret-k3y"})) == "s3cret-k3y"
    assert missing(variable("KEY", {"KEY": "s3cret-k3y"})) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/services/T0/B0/secret?thread=@team",
        "https://hooks.example.com",
        "http://127.0.0.1:8065/hooks/x",
    ],
)
def test_webhooks_url_may_have_any_path_and_query(url: str) -> None:
    secret = Secret(SecretKind.ENV, "HOOK", WHERE, {"HOOK": url}, is_url=True)

    assert secret.read() == url


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://hooks.example.com/s3cret", "plain http would send"),
        ("https://ada:s3cret@example.com/", "without user, password and fragment"),
        ("https://example.com/s3cret#part", "without user, password and fragment"),
        ("hooks.example.com/s3cret", "not a web address"),
        ("https:///s3cret", "not a web address"),
        ("https://[::1/s3cret", "not a URL"),
        ("https://exa$mple.com/s3cret", "not the address of any host"),
    ],
)
def test_address_that_is_no_webhooks_is_refused_without_repeating_it(url: str, wrong: str) -> None:
    told = complaint(Secret(SecretKind.ENV, "HOOK", WHERE, {"HOOK": url}, is_url=True))

    assert "environment variable HOOK is no webhook URL: " in told
    assert wrong in told
    assert "s3cret" not in told
