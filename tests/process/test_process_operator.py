from __future__ import annotations

import signal
import time

import pytest

from outside import RULE, Outside, each_in_its_own
from programs import get, until
from statusbridge.simulators.alert_events import AlertSource

pytestmark = pytest.mark.process

SOURCE = AlertSource()
OPERATOR = f"""
[operator]
webhook_url  = {{ file = "hook" }}
alert_source = {{ id = "{SOURCE.id}", secret = {{ env = "SOURCE" }} }}
"""


def operated(outside: Outside, more: str = OPERATOR) -> None:
    """Let the world's webhook and alert source be told."""
    (outside.folder / "hook").write_text(outside.world.webhook_url)
    (outside.folder / "hook").chmod(0o600)
    outside.environ["SOURCE"] = SOURCE.secret
    outside.configure(RULE.replace('settle = "4s"', 'settle = "1s"'), more=more)


def told(outside: Outside) -> list[tuple[object, object]]:
    """Return event and state of each message that the webhook took."""
    return [(message["event"], message["state"]) for message in outside.world.webhook.messages]


def paged(outside: Outside) -> list[tuple[str, str]]:
    """Return title and status of each alert."""
    alerts = outside.world.incidentio.world.alerts.values()
    return [(alert.title, alert.status) for alert in alerts]


async def test_whoever_operates_a_daemon_is_told_whatever_receivers_do() -> None:
    await each_in_its_own(
        both_are_told_what_opens_and_what_is_over,
        one_that_hangs_delays_neither_posts_nor_the_other_nor_the_end,
        one_that_refuses_is_told_after_a_reload_and_its_address_is_nowhere,
        rehearsal_tells_nobody_and_a_single_cycle_tells_before_it_ends,
    )


async def both_are_told_what_opens_and_what_is_over(outside: Outside) -> None:
    operated(outside)
    async with outside.daemon() as daemon:
        async with outside.storm():
            await until(lambda: told(outside) and paged(outside))
        await until(lambda: len(told(outside)) == 2 and paged(outside)[0][1] == "resolved")
        metrics = (await get(f"{await daemon.url()}/metrics"))[1]

    assert told(outside) == [("opened", "firing"), ("opened", "resolved")]
    assert paged(outside) == [
        (
            "Opened: “Delays sending SMS” (sms) on page public. Run statusbridge explain sms.",
            "resolved",
        )
    ]
    assert 'statusbridge_notices_told_total{receiver="webhook"} 2.0' in metrics
    assert 'statusbridge_notices_pending{receiver="alert_source"} 0.0' in metrics
    assert 'api_request_duration_seconds_count{outcome="202",service="operator"} 2.0' in metrics


async def one_that_hangs_delays_neither_posts_nor_the_other_nor_the_end(outside: Outside) -> None:
    operated(outside)
    outside.fault("webhook", kind="hang")
    async with outside.storm():
        async with outside.daemon() as daemon:
            await until(outside.posts)
            await until(lambda: paged(outside))
            await until(lambda: outside.world.webhook.journal.received)
            cycle = await daemon.cycle()
            asked = time.monotonic()
            code = await daemon.end(signal.SIGTERM)
            took = time.monotonic() - asked
        outside.world.webhook.faults.clear()
        once = await outside("run", "--once")

    assert (code, took < 5, cycle["seconds"] < 2, once.code) == (0, True, True, 0)
    assert told(outside)[:1] == [("opened", "firing")]


async def one_that_refuses_is_told_after_a_reload_and_its_address_is_nowhere(
    outside: Outside,
) -> None:
    operated(outside, OPERATOR + '[log]\nlevel = "debug"\n')
    (outside.folder / "hook").write_text(f"{outside.world.webhook_url}-5ecret")
    async with outside.storm(), outside.daemon() as daemon:
        refused = await until(lambda: daemon.event("notice.refused"))
        ended = await outside("check", "--notify")
        (outside.folder / "hook").write_text(outside.world.webhook_url)
        daemon.process.send_signal(signal.SIGHUP)
        await until(lambda: told(outside))
        await daemon.end()

    log = daemon.err.read_text()
    assert (refused["receiver"], refused["why"]) == ("webhook", "404 no_service")
    assert log.count("notice.refused") == 1
    assert (ended.code, ended.err) == (
        1,
        "statusbridge: operator webhook: 404 no_service\n",
    )
    assert ended.out.splitlines()[1] == f"operator: told by webhook and alert source {SOURCE.id}"
    assert "operator alert_source: took a test notice, and that it is over" in ended.out
    for text in (log, ended.out):
        assert "5ecret" not in text
        assert outside.world.webhook_url not in text


async def rehearsal_tells_nobody_and_a_single_cycle_tells_before_it_ends(
    outside: Outside,
) -> None:
    operated(outside)
    async with outside.storm():
        rehearsed = await outside("run", "--dry-run", "--once")
        before = told(outside), paged(outside)
        once = await outside("run", "--once")

    assert (rehearsed.code, once.code, before) == (0, 0, ([], []))
    assert told(outside) == [("opened", "firing")]
    assert len(paged(outside)) == 1


async def test_check_says_that_nobody_is_told_where_nobody_is_named(outside: Outside) -> None:
    outside.configure(RULE)

    ended = await outside("check", "--notify")

    assert (ended.code, ended.err) == (
        1,
        "statusbridge: [operator] names nobody to tell: set webhook_url or alert_source\n",
    )
