from __future__ import annotations

import pytest

from outside import OPENED, RULE, Outside
from programs import until

pytestmark = pytest.mark.process


async def test_dry_run_prints_each_change_once_and_writes_nothing(outside: Outside) -> None:
    async with outside.daemon("--dry-run") as daemon:
        async with outside.storm():
            await until(daemon.out.read_text)
            await daemon.cycle()
            opened = daemon.out.read_text()
        await until(lambda: "resolve" in daemon.out.read_text())
        await daemon.cycle()
        code = await daemon.end()

    heads = [line for line in daemon.out.read_text().splitlines() if line[2:3] in "+~-"]
    assert code == 0
    assert opened.splitlines()[0] == "  + open    sms      “Delays sending SMS”   rule sms"
    assert [line[:12] for line in heads] == ["  + open    ", "  ~ update  ", "  - resolve "]
    assert outside.writes() == 0
    assert not outside.state.exists()


async def test_dry_run_begins_where_the_real_bridge_is_and_runs_beside_it(
    outside: Outside,
) -> None:
    async with outside.storm(), outside.daemon() as real:
        await until(outside.posts)
        rehearsed = await outside("run", "--dry-run", "--once")
        outside.configure(RULE.replace("count = 4 ", "count = 3 "))
        other = await outside("run", "--dry-run", "--once")
        await real.cycle()

    assert (rehearsed.code, rehearsed.out) == (0, "")
    assert (other.code, other.out) == (0, "")
    assert (outside.texts(), outside.writes()) == ([OPENED], 1)


async def test_dry_run_and_plan_show_what_a_shadow_rule_would_do_marked_as_such(
    outside: Outside,
) -> None:
    outside.configure(RULE.replace('"auto"', '"shadow"'))
    async with outside.storm():
        rehearsed = await outside("run", "--dry-run", "--once")
        plan = await outside("plan", "--detailed-exitcode")

    assert rehearsed.code == 0
    assert "(shadow: not published)" in rehearsed.out
    assert OPENED[1] in rehearsed.out
    assert (
        "  ? open    sms      “Delays sending SMS”   rule sms   (shadow: not published)" in plan.out
    )
    assert plan.out.endswith("Plan: 0 to open, 0 to update, 0 to resolve, 0 held.\n")
    assert plan.code == 0
