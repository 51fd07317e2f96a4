"""`backtest` on what Twilio and the page have, over HTTP, against the simulators."""

from __future__ import annotations

import gzip
import stat
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from outside import PAGE, Outside, outside_of
from statusbridge.adapters.alert_archive import SETTLED
from statusbridge.core.coverage import HOUR, MINUTE
from statusbridge.simulators.people import OpenIncident
from statusbridge.simulators.scenario import Scenario

RULE = """
[[rules]]
id        = "sms"
component = "Messaging / SMS"
window    = "1m"
stage     = "auto"
match     = { codes = [30008], text_contains = ["carrier"] }
trigger.degraded_performance = { count = 5 }
text      = { title = "Delays sending SMS" }
[[rules]]
id        = "other"
component = "Dashboard"
window    = "1m"
match     = { codes = [11200] }
trigger.degraded_performance = { count = 5 }
text      = { title = "Dashboard" }
"""


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with outside_of(Scenario(pages=(PAGE,))) as found:
        found.configure(RULE)
        found.alerts(8, -10 * HOUR, text="carrier said no to +15550001111")
        found.alerts(8, -8 * HOUR, text="nobody said a thing")
        found.alerts(2500, -30 * HOUR, code=30003)
        yield found


def requests(outside: Outside) -> int:
    return len(outside.world.twilio.journal.received)


async def test_replays_what_twilio_has_and_reads_only_what_may_have_grown_again(
    outside: Outside,
) -> None:
    first = await outside.json("backtest", "--days", "2")
    asked = requests(outside)
    second = await outside.json("backtest", "--days", "2")
    again = list(outside.world.twilio.journal.received)[asked:]

    assert [episode["incident"] for episode in first["episodes"]] == ["sms"]
    assert first["alerts"] == 2516
    assert {one["code"]: one["count"] for one in first["unmatched"]} == {30003: 2500, 30008: 8}
    assert second["episodes"] == first["episodes"]
    assert 1 <= len(again) < asked
    # For a while after a boundary of six hours, the stretch before it is read again as well.
    ends = [datetime.fromisoformat(request.query["EndDate"]).timestamp() for request in again]
    assert min(ends) > again[0].at - SETTLED - MINUTE


async def test_keeps_what_rules_ask_for_and_nothing_else_for_its_owner_alone(
    outside: Outside,
) -> None:
    await outside("backtest", "--days", "2")

    files = list((outside.state.parent / "history").iterdir())
    kept = b"".join(gzip.decompress(path.read_bytes()) for path in files)
    assert b"text~carrier" in kept
    assert b"5550001111" not in kept
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = (outside.state.parent, outside.state.parent / "history")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


async def test_other_conditions_on_texts_read_everything_anew(outside: Outside) -> None:
    await outside("backtest", "--days", "2")
    asked = requests(outside)
    outside.configure(RULE.replace("carrier", "nobody"))

    found = await outside.json("backtest", "--days", "2")

    assert requests(outside) == 2 * asked
    assert [episode["incident"] for episode in found["episodes"]] == ["sms"]


async def test_goes_on_where_it_was_broken_off(outside: Outside) -> None:
    outside.fault("twilio", kind="status", status=401, nth=list(range(6, 99)))
    failed = await outside("backtest", "--days", "2")
    outside.world.twilio.faults.clear()
    asked = requests(outside)

    again = await outside.json("backtest", "--days", "2")

    assert failed.code == 77
    assert requests(outside) - asked < 9
    assert again["alerts"] == 2516


async def test_is_graded_by_what_people_posted_on_the_page(outside: Outside) -> None:
    outside.world.incidentio.act(
        OpenIncident(name="A person's", components={"SMS": "degraded_performance"})
    )

    found = await outside.json("backtest", "--days", "2")

    assert [one["title"] for one in found["grades"]["misses"]] == ["A person's"]
    assert len(found["grades"]["false_opens"]) == 1
