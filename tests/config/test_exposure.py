from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from config_texts import ENVIRON, load_text

from statusbridge.config.exposure import exposures
from statusbridge.config.values import Config

SECRETS = """
[twilio]
accounts = [{ account_sid = "AC00000000000000000000000000000000", auth_token.file = "token" }]
[incidentio]
api_key.credential = "key"
"""


@pytest.fixture
def closed(tmp_path: Path) -> Config:
    """A configuration whose files are all as they should be, in folders of their own."""
    for name in ("config", "state", "credentials"):
        (tmp_path / name).mkdir(mode=0o700)
    environ = {
        **ENVIRON,
        "STATE_DIRECTORY": str(tmp_path / "state"),
        "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
    }
    config = load_text(SECRETS, tmp_path / "config", environ)
    config.path.chmod(0o600)
    for path in (tmp_path / "config" / "token", tmp_path / "credentials" / "key"):
        path.write_text("s3cret")
        path.chmod(0o600)
    return config


def warned(config: Config) -> list[str]:
    folder = config.path.parent.parent
    return [str(problem).replace(f"{folder}/", "") for problem in exposures(config)]


def as_another_groups(path: Path) -> None:
    """Give *path* a group that is not its owner's own, as far as numbers tell."""
    if os.geteuid() == 0:
        os.chown(path, 0, 1)
    elif path.stat().st_gid == path.stat().st_uid:
        pytest.skip("needs root, or a group of another number")


def test_files_that_are_closed_to_others_are_not_warned_of(closed: Config) -> None:
    assert warned(closed) == []


@pytest.mark.parametrize(
    ("mode", "what"), [(0o640, "read"), (0o604, "read"), (0o644, "read"), (0o622, "changed")]
)
def test_secret_that_others_may_read_or_change_is_warned_of(
    closed: Config, mode: int, what: str
) -> None:
    (closed.path.parent / "token").chmod(mode)

    assert warned(closed) == [
        f"config/config.toml:3: twilio.accounts[0].auth_token: file config/token may be {what} "
        f"by others (mode {mode:04o}); expected 0600"
    ]


def test_rights_of_a_link_are_those_of_the_file_behind_it(closed: Config) -> None:
    token, target = closed.path.parent / "token", closed.path.parent / "target"
    token.rename(target)
    token.symlink_to("target")
    assert warned(closed) == []

    target.chmod(0o644)

    assert "may be read by others (mode 0644)" in warned(closed)[0]


def test_credential_as_systemd_grants_it_is_not_warned_of(closed: Config) -> None:
    key = closed.path.parent.parent / "credentials" / "key"
    key.chmod(0o440)
    assert warned(closed) == []

    key.chmod(0o444)

    assert warned(closed) == [
        "config/config.toml:5: incidentio.api_key: file credentials/key may be read by others "
        "(mode 0444); expected 0600"
    ]


def config_file(config: Config) -> Path:
    return config.path


def config_folder(config: Config) -> Path:
    return config.path.parent


@pytest.mark.parametrize(
    ("place", "name"), [(config_file, "the file"), (config_folder, "its folder")]
)
def test_configuration_that_others_may_change_is_warned_of(
    closed: Config, place: Callable[[Config], Path], name: str
) -> None:
    place(closed).chmod(0o702)
    as_another_groups(place(closed))
    others = warned(closed)
    place(closed).chmod(0o720)
    group = warned(closed)

    for warning, mode in ((others, "0702"), (group, "0720")):
        assert warning == [
            f"config/config.toml: {name} may be changed by others (mode {mode}), who can then "
            "publish what they like and have the credentials sent to themselves; take that right "
            "from them"
        ]


def test_group_of_the_owners_own_and_sticky_folders_are_not_warned_of(closed: Config) -> None:
    closed.path.parent.chmod(0o1777)
    if closed.path.stat().st_gid == closed.path.stat().st_uid:
        closed.path.chmod(0o664)

    assert warned(closed) == []


@pytest.mark.parametrize("mode", [0o701, 0o740, 0o755, 0o770, 0o777])
def test_state_folder_that_is_open_to_others_is_warned_of(closed: Config, mode: int) -> None:
    closed.store_path.parent.chmod(mode)

    assert warned(closed) == [
        f"{closed.store_path.parent.name}: the state folder is open to others (mode {mode:04o}); "
        "expected 0700: change it, or let [store] path name a folder in it, which will be made so"
    ]


def test_what_is_not_there_is_not_warned_of(closed: Config) -> None:
    gone = closed.path.parent / "gone"
    (closed.path.parent / "token").unlink()

    assert exposures(replace(closed, path=gone, store_path=gone / "state.db")) == ()
