"""A past lived through with cycles left out, against the same past with every one of them run."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import an_alert
from rehearse.rehearsing import START, arriving, configuration, read
from statusbridge.config.values import Config
from statusbridge.core.model import Alert
from statusbridge.rehearse.page import RememberedPage
from statusbridge.rehearse.past import Past, past_of
from statusbridge.rehearse.world import rehearse

TWO_RULES = """
[twilio]
poll_interval = "30s"
[[twilio.accounts]]
name = "prod"
[[twilio.accounts]]
name = "other"
[incidentio.pages]
public = "01PAGE"
[guards]
max_opens_per_hour = 2
stale_after = "10m"
[[rules]]
id        = "sms"
component = "Messaging / SMS"
incident  = "shared"
window    = "2m"
stage     = "auto"
match     = { codes = [30008] }
trigger.degraded_performance = { count = 3, hold = "1m" }
trigger.partial_outage       = { count = 6, distinct_resources = 4 }
recover   = { below = { count = 1 }, after = "3m", settle = "2m" }
text      = { title = "Delays sending SMS" }
publish   = { notify = "all" }
[[rules]]
id        = "accounts"
component = "Voice / Calls"
incident  = "shared"
window    = "5m"
stage     = "auto"
match     = { codes = [30008, 31502] }
trigger.full_outage = { count = 4, distinct_accounts = 2 }
text      = { title = "Calls" }
[[rules]]
id        = "by-hand"
component = "Voice / Calls"
window    = "1m"
stage     = "auto"
match     = { codes = [31502] }
trigger.degraded_performance = { count = 2 }
recover   = { settle = "1m" }
text      = { title = "Problems with calls" }
"""
LONG = 9_000
ACCOUNTS = ("prod", "other")

with TemporaryDirectory() as folder:
    CONFIG = configuration(Path(folder), TWO_RULES)

bursts = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.sampled_from([30008, 30008, 31502]),
    st.integers(1, LONG),
    st.integers(1, 9),
    st.sampled_from([0, 1, 7, 40, 100, 450]),
    st.sampled_from([1, 3, 100]),
)


def alerts_of(drawn: list[Any]) -> list[Alert]:
    found = [
        an_alert(
            START + at + n * every,
            account=account,
            code=code,
            sid=f"NO{number}x{n}",
            resource=f"SM{n % different}",
        )
        for number, (account, code, at, count, every, different) in enumerate(drawn)
        for n in range(count)
    ]
    return sorted(found, key=lambda alert: (alert.at, alert.sid))


async def every_cycle(config: Config, alerts: list[Alert], end: int) -> Any:
    arrivals = {a: arriving(x for x in alerts if x.account == a) for a in ACCOUNTS}
    world = rehearse(config, START, arrivals)
    world.skips = False
    async for _ in world.run_to(end):
        pass
    found = read(world), world.store.held(), world.store.cases()
    world.close()
    return found


async def lived(config: Config, alerts: list[Alert], end: int, cuts: list[int]) -> Any:
    past = past_of(config, START)
    await past.begin()
    for until in (*cuts, end):
        ready = [alert for alert in alerts if alert.at <= until]
        alerts = alerts[len(ready) :]
        await past.live(ready, until)
    await past.finish(end)
    page = past.bridge.pages["public"]
    assert isinstance(page, RememberedPage)
    posts = [
        (one.at - START, str(one.draft.said.incident_status), one.draft.message)
        for one in page.publications
    ]
    found = posts, past.bridge.store.held(), past.bridge.store.cases()
    past.close()
    return found


@settings(max_examples=12)
@given(st.lists(bursts, max_size=7), st.lists(st.integers(1, LONG), max_size=6))
@example([("prod", 31502, at, n, 40, 9) for at, n in ((60, 3), (600, 3), (1200, 70))], [])
@example([("prod", 30008, 31, 6, 1, 9), ("other", 31502, 60, 9, 7, 9)], [50, 2000])
async def test_cycles_left_out_change_no_post(drawn: list[Any], cuts: list[int]) -> None:
    alerts, end = alerts_of(drawn), START + LONG + 3000

    every = await every_cycle(CONFIG, alerts, end)
    some = await lived(CONFIG, alerts, end, sorted(START + cut for cut in cuts))

    assert some == every


async def test_a_quiet_month_takes_no_cycle_but_the_first() -> None:
    past = past_of(CONFIG, START)
    await past.begin()
    await past.live([an_alert(START + at) for at in range(600, 2_600_000, 600)], START + 2_600_000)

    assert past.witness.seen == 1
    past.close()


def test_every_rule_is_lived_through_as_if_it_published(tmp_path: Path) -> None:
    config = configuration(tmp_path, TWO_RULES.replace('"auto"', '"shadow"', 1))

    past: Past = past_of(config, START)

    assert {str(rule.stage) for rule in past.rules} == {"auto"}
    past.close()


async def test_what_only_a_person_resolves_is_resolved_once_it_is_over(tmp_path: Path) -> None:
    manual = TWO_RULES.replace('settle = "1m"', 'settle = "1m", manual = true')
    past = past_of(configuration(tmp_path, manual), START)
    alerts = alerts_of([("prod", 31502, at, 3, 1, 9) for at in (60, 7200)])

    await past.begin()
    await past.live(alerts, START + LONG)
    await past.finish(START + LONG)

    outages = past.witness.outages({rule.id: rule.stage for rule in past.rules})
    actions = [[post.action for post in outage.posts] for outage in outages]
    assert actions == [["open", "update"], ["open", "update"]]
    assert [[hold.reason for hold in outage.holds] for outage in outages] == [
        ["only_a_person_resolves"],
        ["only_a_person_resolves"],
    ]
    assert all(hold.until is not None for outage in outages for hold in outage.holds)
    past.close()
