from __future__ import annotations

import argparse
import json
import os
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from statusbridge.commands.pages import add_arguments, render, run
from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId, PageId


def component(id_: str, *path_and_name: str, hidden: bool = False) -> Component:
    return Component(ComponentId(id_), path_and_name[-1], path_and_name[:-1], hidden)


ACME = Structure(
    PageId("01ACME"),
    "Acme Status",
    (
        component("01SMS", "Messaging", "SMS"),
        component("01OLD", "Fax", hidden=True),
        component("01T1", "Twins", "Same"),
        component("01T2", "Twins", "Same"),
    ),
    "https://status.acme.example",
)


def test_page_is_printed_as_toml_to_paste_with_its_components() -> None:
    assert render([ACME]) == (
        "[incidentio]\n"
        'pages = { acme-status = "01ACME" }\n'
        "\n"
        "# acme-status: Acme Status, https://status.acme.example\n"
        '#   "Messaging / SMS"  01SMS\n'
        '#   "Fax"              01OLD  hidden\n'
        '#   "Twins / Same"     01T1  not the only one of this name: write the id\n'
        '#   "Twins / Same"     01T2  not the only one of this name: write the id\n'
    )


def test_pages_of_one_title_get_different_names() -> None:
    titles = ["Status!", "status", "ステータス", "", "x" * 100]
    structures = [Structure(PageId(f"p{i}"), title, ()) for i, title in enumerate(titles)]

    pages = tomllib.loads(render(structures))["incidentio"]["pages"]

    assert pages == {
        "status": "p0",
        "status-2": "p1",
        "page": "p2",
        "page-2": "p3",
        "x" * 40: "p4",
    }


def test_text_of_the_page_cannot_leave_its_comment() -> None:
    evil = Structure(
        PageId("p"), 'A\n[twilio]\r\nbase_url = "x"', (component("c", "B\n[[rules]]\u2028x\x00"),)
    )

    assert tomllib.loads(render([evil])) == {"incidentio": {"pages": {"a-twilio-base-url-x": "p"}}}


def test_page_without_components_says_so() -> None:
    assert render([Structure(PageId("p"), "A", ())]).endswith("# a: A\n#   no components\n")


class Api(BaseHTTPRequestHandler):
    """The stand-in's answers by path; everything else is refused credentials."""

    answers: dict[str, object]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body = json.dumps(self.answers.get(path, {})).encode()
        known = path in self.answers and self.headers["Authorization"] == "Bearer inc_0123456789"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Api]]:
    class Own(Api):
        answers: dict[str, object] = {}  # noqa: RUF012 - one class a test

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("STATUSBRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/statusbridge")  # a socket's path must be short
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("INCIDENT_API_KEY", "inc_0123456789")
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("STATUSBRIDGE_INCIDENTIO__BASE_URL", url)
    yield Own
    server.shutdown()
    server.server_close()


ANSWERS: dict[str, object] = {
    "/v2/status_pages": {"status_pages": [{"id": "01P", "name": "Acme"}]},
    "/v2/status_pages/01P": {"status_page": {"id": "01P", "name": "Acme"}},
    "/v2/status_page_structures/01P": {
        "current_structure": {"items": [{"component": {"component_id": "01A", "name": "API"}}]}
    },
}
PRINTED = '[incidentio]\npages = { acme = "01P" }\n\n# acme: Acme\n#   "API"  01A\n'


def arguments(config: Path | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return argparse.Namespace(**vars(parser.parse_args([])), config=config)


def test_pages_are_printed_without_any_configuration(
    api: type[Api], capsys: pytest.CaptureFixture[str]
) -> None:
    api.answers = ANSWERS

    code = run(arguments())

    assert (code, *capsys.readouterr()) == (0, PRINTED, "")


def test_pages_are_printed_while_the_configuration_is_half_written(
    api: type[Api], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    api.answers = ANSWERS
    (tmp_path / "config.toml").write_text("[[rules]]\nid = ")

    code = run(arguments())

    out, err = capsys.readouterr()
    assert (code, out) == (0, PRINTED)
    assert err.startswith("statusbridge: reading with $INCIDENT_API_KEY alone: config.toml:")


def test_configuration_gives_the_key_and_the_place(
    api: type[Api],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    api.answers = ANSWERS
    (tmp_path / "key").write_text("inc_0123456789\n")
    file = tmp_path / "own.toml"
    file.write_text(CONFIG)
    monkeypatch.delenv("INCIDENT_API_KEY")

    code = run(arguments(file))

    assert (code, *capsys.readouterr()) == (0, PRINTED, "")


CONFIG = """
[incidentio]
api_key = { file = "key" }
pages = { public = "01P" }
[[rules]]
id = "sms"
component = "API"
window = "10m"
match = { codes = [30008] }
trigger.degraded_performance = { count = 1 }
text = { title = "Delays" }
"""


def test_file_that_was_named_must_be_right(
    api: type[Api], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    api.answers = ANSWERS
    file = tmp_path / "own.toml"

    code = run(arguments(file))

    assert code == 78
    assert str(file) in capsys.readouterr().err


@pytest.mark.usefixtures("api")
def test_without_configuration_and_key_it_says_where_it_looked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INCIDENT_API_KEY")

    code = run(arguments())

    assert code == 78
    assert "config.toml" in capsys.readouterr().err


@pytest.mark.usefixtures("api")
def test_refused_key_is_exit_77(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(arguments())

    assert code == 77
    assert "incident.io refused the API key" in capsys.readouterr().err


def test_account_without_pages_is_a_failure(
    api: type[Api], capsys: pytest.CaptureFixture[str]
) -> None:
    api.answers = {"/v2/status_pages": {"status_pages": []}}

    code = run(arguments())

    assert code == 1
    assert "sees no status page" in capsys.readouterr().err


def test_unreadable_answer_is_a_failure(api: type[Api], capsys: pytest.CaptureFixture[str]) -> None:
    api.answers = {"/v2/status_pages": ["Log in to the Wi-Fi"]}

    code = run(arguments())

    assert code == 1
    assert "the answer can't be read" in capsys.readouterr().err


@pytest.mark.usefixtures("api")
def test_base_url_off_loopback_must_be_https(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATUSBRIDGE_INCIDENTIO__BASE_URL", "http://api.incident.io")

    code = run(arguments())

    assert code == 78
    assert "must be https" in capsys.readouterr().err
