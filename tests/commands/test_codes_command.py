"""`codes`: what it prints, and `--refresh` against a real server on loopback."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from statusbridge.commands import code_download, codes
from statusbridge.commands.code_dictionary import (
    Dictionary,
    DictionaryError,
    Parsed,
    Published,
    keep,
    load,
    parse,
    state_file,
)

CONGESTION = {
    "code": 30017,
    "message": "Congested [network]\x1b[31m",
    "log_level": "ERROR",
    "log_type": "CARRIER",
    "product": "Messaging",
    "date_created": "2019-01-01T00:00:00.123Z",
}
NEW = {"code": 30099, "message": "Something of next year", "log_level": None, "log_type": None}
COPY = Dictionary(
    "https://www.twilio.com/x",
    1_767_225_600,
    (
        Published(30017, "Congested [network]", "error", "carrier"),
        Published(30099, "Something of next year", "", ""),
        Published(700_001, "A product of next year", "warning", "twilio"),
    ),
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of our copy, in a state directory of this test alone."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state" / "twilio-codes.json"


Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers each path as told; *closing* is set when the test is over."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, str | None]] = []
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.path, self.headers["Accept-Encoding"]))
                outer.answers[self.path](self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    it = Server()
    thread = threading.Thread(target=it.http.serve_forever, args=(0.01,))
    thread.start()
    yield it
    it.closing.set()
    it.http.shutdown()
    it.http.server_close()
    thread.join()


def answering(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    return answer


def published(*entries: object) -> Answer:
    return answering(json.dumps(entries).encode())


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser("codes")
    codes.add_arguments(parser)
    return codes.run(parser.parse_args(argv))


# What is printed


def test_one_code_prints_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("30008") == 0

    assert capsys.readouterr().out == (
        "CODE   FAULT    FAMILY               TITLE\n"
        "30008  carrier  Messaging: delivery  carrier failed the message without a reason\n"
    )


def test_a_range_prints_what_touches_it_wider_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("30499-30500") == 0

    assert capsys.readouterr().out.splitlines()[1:] == [
        "30430-30499  application  Messaging: toll-free verification",
        "30500-30599  unknown      Messaging: delivery",
        "30500        twilio       Messaging: delivery                message failed inside Twilio",
    ]


def test_an_unlisted_code_is_unknown_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("700001") == 0

    assert capsys.readouterr().out.splitlines()[1].split() == ["700001", "unknown", "unlisted"]


def test_without_arguments_the_whole_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0

    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split()[:2] == ["400-499", "application"]
    assert printed[-1].split()[:2] == ["530000-530999", "unknown"]


def test_faults_given_twice_are_ored(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("30001-30009", "--fault", "carrier", "--fault", "recipient") == 0

    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [
        ["30003", "recipient"],
        ["30004", "recipient"],
        ["30005", "recipient"],
        ["30006", "recipient"],
        ["30008", "carrier"],
        ["30009", "carrier"],
    ]


def test_nothing_that_fits_says_so_beside_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("11200", "--fault", "carrier") == 0

    assert capsys.readouterr() == ("", "No code of the table fits.\n")


def test_json_is_one_document_with_a_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("30430-30440", "--json") == 0

    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "dictionary": None,
        "codes": [
            {
                "first": 30430,
                "last": 30499,
                "fault": "application",
                "family": "Messaging: toll-free verification",
                "title": None,
                "twilio": None,
            },
            {
                "first": 30440,
                "last": 30440,
                "fault": "application",
                "family": "Messaging: toll-free verification",
                "title": "toll-free verification refused",
                "twilio": None,
            },
        ],
    }


def test_json_of_nothing_is_still_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("700-800", "--json") == 0

    assert json.loads(capsys.readouterr().out) == {"version": 1, "dictionary": None, "codes": []}


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (
            ["3000x"],
            "'3000x' is no error code: give one of 3 to 6 digits, as 30008, or a range, as "
            "30000-30099.",
        ),
        (
            ["30"],
            "'30' is no error code: give one of 3 to 6 digits, as 30008, or a range, as "
            "30000-30099.",
        ),
        (
            ["30099-30000"],
            "'30099-30000' is no range of error codes: they begin at 100, smaller one first.",
        ),
        (["042"], "'042' is no range of error codes: they begin at 100, smaller one first."),
        (
            ["--fault", "Carrier"],
            "'Carrier' is no fault: give one of twilio, carrier, application, recipient, unknown.",
        ),
        (
            ["--refresh", "--refresh-from", "http://example.com/x"],
            "'http://example.com/x' is not encrypted: give an https address.",
        ),
        (
            ["--refresh", "--refresh-from", "file:///etc/passwd"],
            "'file:///etc/passwd' is not a web address: give https://HOST/PATH.",
        ),
    ],
)
def test_wrong_usage_is_64_and_a_sentence(
    argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv) == 64

    assert capsys.readouterr() == ("", f"statusbridge codes: {sentence}\n")


def test_an_address_that_can_not_be_read_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--refresh", "--refresh-from", "https://host:port/") == 64

    assert "'https://host:port/' is not a web address" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_a_terminal_gets_colour_unless_no_color_is_set(
    no_color: str | None,
    coloured: bool,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "120"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    keep(COPY, state)

    assert run("30017") == 0

    assert ("\x1b[33mcarrier" in terminal.getvalue()) is coloured
    assert "Congested [network]" in terminal.getvalue()


# Beside a refreshed dictionary


def test_twilios_titles_and_levels_stand_beside_our_faults(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(COPY, state)

    assert run("30017-30018") == 0

    assert capsys.readouterr().out.splitlines() == [
        "CODE         FAULT        LEVEL  FAMILY               TITLE",
        "30000-30099  unknown             Messaging: delivery",
        "30017        carrier      error  Messaging: delivery  Congested [network]",
        "30018        application         Messaging: delivery  "
        "sender not pre-registered with the carrier",
    ]


def test_codes_that_only_twilio_lists_are_shown_too(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(COPY, state)

    assert run("30050-800000", "--json") == 0

    shown = json.loads(capsys.readouterr().out)
    assert shown["dictionary"] == {
        "source": "https://www.twilio.com/x",
        "read_at": "2026-01-01T00:00:00Z",
    }
    assert [line for line in shown["codes"] if line["first"] in (30099, 700_001)] == [
        {
            "first": 30099,
            "last": 30099,
            "fault": "unknown",
            "family": "Messaging: delivery",
            "title": None,
            "twilio": {"title": "Something of next year", "level": "", "log_type": ""},
        },
        {
            "first": 700_001,
            "last": 700_001,
            "fault": "unknown",
            "family": "unlisted",
            "title": None,
            "twilio": {
                "title": "A product of next year",
                "level": "warning",
                "log_type": "twilio",
            },
        },
    ]


@pytest.mark.parametrize("broken", [b"", b"{", b'{"version": 2}', b"\xff\xfe"])
def test_a_broken_copy_costs_a_warning_and_no_line(
    broken: bytes, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.parent.mkdir()
    state.write_bytes(broken)

    assert run("30008") == 0

    out, err = capsys.readouterr()
    assert out.splitlines()[1].split()[0] == "30008"
    assert err == (
        f"statusbridge codes: {state} can't be read; `codes --refresh` writes it anew. "
        "The table is shown without it.\n"
    )


# Refreshing


def test_refresh_keeps_a_copy_and_prints_nothing_else(
    server: Server, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers["/codes"] = published(NEW, CONGESTION)
    url = f"{server.url}/codes"

    assert run("--refresh", "--refresh-from", url) == 0

    assert capsys.readouterr() == ("", f"Read 2 codes from {url} into {state}.\n")
    copy = load(state)
    assert copy == Dictionary(
        url,
        copy.read_at if copy else 0,
        (
            Published(30017, "Congested [network] [31m", "error", "carrier"),
            Published(30099, "Something of next year", "", ""),
        ),
    )
    assert server.requests == [("/codes", "identity")]
    assert [p.name for p in state.parent.iterdir()] == ["twilio-codes.json"]


def test_refresh_with_a_code_prints_it_too(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers["/codes"] = published(NEW)

    assert run("--refresh", "--refresh-from", f"{server.url}/codes", "30099") == 0

    assert "Something of next year" in capsys.readouterr().out


def test_one_bad_entry_never_costs_the_rest(
    server: Server, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad: list[object] = [
        "x",
        None,
        {},
        {"code": "abc"},
        {"code": 7},
        {"code": 30001, "message": 5},
        {"code": []},
    ]
    server.answers["/codes"] = published(*bad, {"code": "30099"}, NEW)

    assert run("--refresh", "--refresh-from", f"{server.url}/codes") == 0

    copy = load(state)
    assert copy is not None
    assert copy.codes == (Published(30099, "Something of next year", "", ""),)
    assert "left out 7 that could not be understood" in capsys.readouterr().err


def test_redirects_on_the_host_are_followed(server: Server, state: Path) -> None:
    server.answers["/old"] = answering(b"", 308, Location="/codes")
    server.answers["/codes"] = published(NEW)

    assert run("--refresh", "--refresh-from", f"{server.url}/old") == 0

    assert load(state) is not None


REFUSED: dict[str, tuple[Answer, str]] = {
    "another host": (
        answering(b"", 302, Location="http://127.0.0.2:9/x"),
        "redirects to http://127.0.0.2:9/x, which is not the same host; only Twilio's own is read",
    ),
    "a loop": (answering(b"", 302, Location="/x"), "redirects more than 5 times"),
    "no address": (
        answering(b"", 302, Location="http://[::x/"),
        "could not be read: Invalid URL in location header",
    ),
    "a failure": (answering(b"oops", 503), "answered 503 instead of 200"),
    "compression": (
        answering(b"\x1f\x8b", Content_Encoding="gzip"),
        "answered in gzip, though asked for plain text",
    ),
    "a page": (answering(b"<html>"), "is no JSON list of error codes"),
    "an object": (answering(b"{}"), "is no JSON list of error codes"),
    "bad text": (answering(b'["\xff"]'), "lists no error code"),
    "nothing": (answering(b"[]"), "lists no error code"),
    "too much": (answering(b"x" * 2_000), "answered more than 0 MB"),
}


@pytest.mark.parametrize(("answer", "why"), REFUSED.values(), ids=REFUSED)
def test_failed_refresh_is_1_with_a_sentence_and_keeps_the_old_copy(
    answer: Answer,
    why: str,
    server: Server,
    state: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(code_download, "MAX_BYTES", 1_000)
    keep(COPY, state)
    server.answers["/x"] = answer

    assert run("--refresh", "--refresh-from", f"{server.url}/x", "30008") == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert why in err
    assert err.startswith("statusbridge codes: ")
    assert err.endswith(". An earlier copy is kept as it was.\n")
    assert load(state) == COPY


def test_a_server_that_is_not_there_is_1(
    server: Server, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.http.server_close()

    assert run("--refresh", "--refresh-from", f"{server.url}/x") == 1

    assert f"{server.url}/x could not be read: " in capsys.readouterr().err
    assert load(state) is None


def test_a_drip_can_not_outlive_the_deadline(server: Server) -> None:
    def drip(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        while not server.closing.wait(0.02):
            try:
                to.wfile.write(b" ")
            except OSError:
                return

    server.answers["/x"] = drip

    with pytest.raises(DictionaryError, match=r"did not answer completely within 0\.3 s"):
        code_download.fetch(f"{server.url}/x", deadline=0.3)


def test_a_state_directory_that_can_not_be_is_1(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "file"))
    server.answers["/x"] = published(NEW)

    assert run("--refresh", "--refresh-from", f"{server.url}/x") == 1

    assert "could not be written" in capsys.readouterr().err


def test_a_write_that_fails_leaves_the_old_copy_and_no_litter(tmp_path: Path) -> None:
    (tmp_path / "twilio-codes.json").mkdir()

    with pytest.raises(DictionaryError, match="could not be written"):
        keep(COPY, tmp_path / "twilio-codes.json")

    assert [p.name for p in tmp_path.iterdir()] == ["twilio-codes.json"]


def test_of_entries_with_one_code_the_last_stands() -> None:
    body = b'[{"code": 30008, "message": "old"}, {"code": 30008, "message": "new\\n line"}]'

    assert parse(body) == Parsed((Published(30008, "new line", "", ""),), 0)


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        (
            {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "XDG_STATE_HOME": "/x"},
            "/var/lib/a/twilio-codes.json",
        ),
        (
            {"STATE_DIRECTORY": "", "XDG_STATE_HOME": "/x"},
            "/x/statusbridge/twilio-codes.json",
        ),
        ({}, str(Path.home() / ".local/state/statusbridge/twilio-codes.json")),
    ],
)
def test_the_copy_lies_in_the_state_directory(environ: dict[str, str], path: str) -> None:
    assert state_file(environ) == Path(path)


@pytest.mark.parametrize(
    "url", [code_download.URL, "http://localhost:1/x", "http://[::1]/x", "http://127.8.8.8/x"]
)
def test_https_and_loopback_addresses_are_taken(url: str) -> None:
    code_download.check_url(url)


@pytest.mark.process
def test_printing_loads_no_http_client() -> None:
    probe = "import sys, statusbridge.commands.codes; sys.exit('httpx' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_unusable_proxy_settings_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://127.0.0.1")

    with pytest.raises(DictionaryError, match="could not be read: Unknown scheme for proxy URL"):
        code_download.fetch("https://127.0.0.2.invalid/")
