from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemons import a_config
from http_server import answer, replying
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.templates import UnsafeTemplateError
from statusbridge.bootstrap import build, policy, rebuild, receivers
from statusbridge.core.notice_texts import trial
from statusbridge.core.outcome import NotSent, Unauthorized
from statusbridge.secrecy import remember, without_secrets


def test_text_that_holds_a_secret_of_the_program_is_not_rendered(tmp_path: Path) -> None:
    remember("correct-horse-battery-staple")
    render = policy(a_config(tmp_path)).render

    assert render("Of {{ page }}", {"page": "Acme"}) == "Of Acme"
    for source, page in (
        ("Of {{ page }}", "correct-horse-battery-staple"),
        ("correct-horse-{{ page }}", "battery-staple"),
    ):
        with pytest.raises(UnsafeTemplateError, match="it would publish a secret of this program"):
            render(source, {"page": page})


OPERATOR = """
[operator]
webhook_url  = { env = "HOOK" }
alert_source = { id = "01SOURCE", secret = { env = "SOURCE" } }
"""


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    found = SqliteStore.copy(Path("/nonexistent/state.db"))
    yield found
    found.close()


async def test_everyone_configured_is_told_and_a_rehearsal_tells_nobody(
    tmp_path: Path, store: SqliteStore
) -> None:
    nobody = build(a_config(tmp_path), store)
    both = build(a_config(tmp_path, more=OPERATOR), store)
    rehearsal = build(a_config(tmp_path, more=OPERATOR), store, lambda draft, structure: None)
    for parts in (nobody, both, rehearsal):
        await parts.aclose()

    assert nobody.teller is None
    assert both.teller is not None
    assert [line.name for line in both.teller.lines] == ["webhook", "alert_source"]
    assert rehearsal.teller is None


async def test_reload_tells_those_of_the_new_configuration(
    tmp_path: Path, store: SqliteStore
) -> None:
    parts = build(a_config(tmp_path, more=OPERATOR), store)
    assert parts.teller is not None
    parts.teller.lines[1].told = 7

    await rebuild(parts, a_config(tmp_path, more=OPERATOR.replace("webhook_url", "#webhook_url")))
    (line,) = parts.teller.lines
    await rebuild(parts, a_config(tmp_path))
    await parts.aclose()

    assert (line.name, line.told) == ("alert_source", 7)
    assert parts.teller is None


async def test_reload_goes_on_with_the_heartbeat_and_a_rehearsal_has_none(
    tmp_path: Path, store: SqliteStore
) -> None:
    config = a_config(tmp_path, more='[operator]\nheartbeat_url = { env = "HEART" }\n')
    parts = build(config, store)
    rehearsal = build(config, store, lambda draft, structure: None)
    assert parts.heartbeat is not None
    parts.heartbeat.sent, parts.heartbeat.last = 7, 1000

    await rebuild(parts, config)
    again = (parts.heartbeat.sent, parts.heartbeat.last, parts.heartbeat.interval)
    await rebuild(parts, a_config(tmp_path))
    await parts.aclose()
    await rehearsal.aclose()

    assert (again, parts.heartbeat, rehearsal.heartbeat) == ((7, 1000, 60), None, None)


async def test_webhooks_path_is_cut_out_of_what_is_said_and_its_absence_is_a_reason(
    tmp_path: Path, store: SqliteStore
) -> None:
    async with replying(lambda line, body: answer("403 Forbidden", b"no")) as server:
        environ = {"HOOK": f"{server.url}/services/T0/s3cretpath", "SOURCE": "s0urce-s3cret"}
        config = a_config(tmp_path, more=OPERATOR, environ=environ)
        (webhook, _), wires = receivers(config, Exchanges())
        refused = await webhook.tell(trial(0)[0])
        del environ["HOOK"]
        unread = await webhook.tell(trial(0)[0])
        for wire in wires:
            await wire.aclose()

    assert refused == Unauthorized(403, "403 no")
    assert without_secrets("POST services/T0/s3cretpath failed") == "POST … failed"
    assert isinstance(unread, NotSent)
    assert "environment variable HOOK is not set" in unread.reason
