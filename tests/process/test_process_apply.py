from __future__ import annotations

import json

import pytest

from outside import OPENED, RULE, Outside
from programs import until

pytestmark = pytest.mark.process


async def test_saved_plan_is_applied_once_and_then_is_another(outside: Outside) -> None:
    async with outside.storm():
        saved = await outside("plan", "--out", "plan.json", "--detailed-exitcode")
        first = await outside("apply", "plan.json")
        second = await outside("apply", "plan.json")

    assert (saved.code, first.code, first.out) == (2, 0, "Applied: 1.\n")
    assert (second.code, second.out) == (
        1,
        f"- open sms on public: investigating {component(outside)} degraded_performance\n",
    )
    assert second.err.endswith(
        "statusbridge: the plan has changed since it was saved; nothing was published:\n"
    )
    assert (outside.texts(), outside.writes()) == ([OPENED], 1)


async def test_running_daemon_carries_a_saved_plan_out_between_its_cycles(
    outside: Outside,
) -> None:
    long = RULE.replace('"3s"', '"2m"')
    outside.configure(long, poll_interval='"1m"', overlap='"5m"')
    async with outside.daemon() as daemon:
        await until(daemon.cycles)
        outside.alerts(10)
        saved = await outside("plan", "--out", "plan.json")
        before = outside.posts()
        applied = await outside("apply", "plan.json")
        again = await outside("apply", "plan.json")
        document = await outside.json("status")

    assert (saved.code, before) == (0, [])
    assert (applied.code, applied.out, again.code) == (0, "Applied: 1.\n", 1)
    assert (outside.texts(), outside.writes()) == ([OPENED], 1)
    assert [i["state"] for i in document["incidents"]] == ["investigating"]


async def test_plan_that_got_worse_is_refused_with_the_difference(outside: Outside) -> None:
    outside.configure(RULE.replace('"3s"', '"2m"'))
    outside.alerts(10)
    await outside("plan", "--out", "plan.json")
    outside.alerts(60)

    refused = await outside("apply", "plan.json")

    sms = component(outside)
    assert (refused.code, outside.writes()) == (1, 0)
    assert refused.out == (
        f"- open sms on public: investigating {sms} degraded_performance\n"
        f"+ open sms on public: investigating {sms} partial_outage\n"
    )


async def test_saved_plan_names_its_operations_as_plan_json_prints_them(outside: Outside) -> None:
    async with outside.storm():
        printed = await outside.json("plan", "--out", "plan.json")

    assert json.loads((outside.folder / "plan.json").read_text()) == printed


def component(outside: Outside) -> str:
    (page,) = outside.world.incidentio.pages.values()
    return page.component("SMS")
