from __future__ import annotations

import json

import pytest

from outside import RULE, Outside

LONG = RULE.replace('"3s"', '"10m"')


async def test_plan_shows_what_why_and_the_exact_text(outside: Outside) -> None:
    outside.configure(LONG)
    outside.alerts(5)
    outside.alerts(2, code=21610)

    ended = await outside.here("plan")

    head, *rest = ended.out.splitlines()
    assert head.startswith("page public (01FA4E0000000000000000PAGE)   as of ")
    assert rest == [
        "  + open    sms      “Delays sending SMS”   rule sms",
        "            investigating · Messaging / SMS  operational → degraded_performance",
        "            “Some text messages are failing.”",
        "            5 alerts in 10m (4 needed) · 30008 ×5",
        "            notifies subscribers",
        "Plan: 1 to open, 0 to update, 0 to resolve, 0 held.",
    ]
    assert (ended.code, ended.err, outside.state.exists()) == (0, "", False)


async def test_plan_of_a_worse_outage_starts_from_what_was_said(outside: Outside) -> None:
    outside.configure(LONG)
    outside.alerts(5)
    await outside.here("run", "--once")
    outside.alerts(50)

    ended = await outside.here("plan", "--detailed-exitcode")

    assert ended.code == 2
    assert "  ~ update  sms " in ended.out
    assert "SMS  degraded_performance → partial_outage" in ended.out
    assert "55 alerts in 10m (40 needed)" in ended.out


async def test_plan_counts_every_measure_that_the_rule_asks_for(outside: Outside) -> None:
    outside.configure(
        LONG.replace("count = 4 ", "count = 4, distinct_resources = 2, distinct_accounts = 1 ")
    )
    outside.alerts(4)
    outside.alerts(1, code=None, fields={"error_code": "30008"})

    ended = await outside.here("plan")

    assert "5 alerts, 4 resources, 1 accounts in 10m (4, 2, 1 needed)" in ended.out


async def test_plan_shows_what_is_held_and_why(outside: Outside) -> None:
    outside.configure(LONG.replace('"auto"', '"review"'))
    outside.alerts(5)

    ended = await outside.here("plan", "--detailed-exitcode")
    document = await outside.here("plan", "--json")

    (held,) = json.loads(document.out)["held"]
    assert ended.code == 0
    assert (held["page"], held["incident"], held["reason"]) == ("public", "sms", "awaits_review")
    assert f"  ! held    sms      {held['detail']}  [awaits_review]" in ended.out
    assert ended.out.endswith("Plan: 0 to open, 0 to update, 0 to resolve, 1 held.\n")


async def test_plan_of_nothing_has_every_key(outside: Outside) -> None:
    ended = await outside.here("plan", "--json", "--detailed-exitcode")

    document = json.loads(ended.out)
    assert ended.code == 0
    assert document.pop("as_of")
    assert document == {
        "version": 1,
        "page": "public",
        "operations": [],
        "held": [],
        "shadow": [],
        "summary": {"open": 0, "update": 0, "resolve": 0, "held": 0},
    }


@pytest.mark.parametrize("status", [401, 503])
async def test_plan_names_the_account_or_page_that_it_knows_nothing_of(
    outside: Outside, status: int
) -> None:
    outside.fault("twilio", kind="status", status=status)
    never_read = await outside.here("plan")
    outside.fault("incidentio", kind="status", status=status)
    unseen = await outside.here("plan")

    assert never_read.out.splitlines()[0] == (
        "page public (01FA4E0000000000000000PAGE)   no alert was ever read"
    )
    assert unseen.out.splitlines()[0] == (
        "page public (01FA4E0000000000000000PAGE)   can't be read: what is due is unknown"
    )
    assert never_read.out.endswith(" 0 held.\n")
    assert unseen.out.endswith(" 0 held. 1 of the pages can't be read.\n")


@pytest.mark.parametrize("out", [".", "missing/plan.json"])
async def test_plan_that_cannot_be_saved_says_so(outside: Outside, out: str) -> None:
    ended = await outside.here("plan", "--out", out)

    assert ended.code == 1
    assert ended.err.startswith(f"statusbridge: {out} can't be written (")


@pytest.mark.parametrize(
    ("side", "status", "code", "name"),
    [
        ("twilio", 401, 77, "account default"),
        ("twilio", 404, 1, "account default"),
        ("incidentio", 401, 77, "page public"),
        ("incidentio", 403, 77, "page public"),
        ("incidentio", 404, 1, "page public"),
    ],
)
@pytest.mark.parametrize("command", [("plan", "--out", "plan.json"), ("run", "--once"), ("check",)])
async def test_commands_say_which_api_failed_and_save_nothing(
    outside: Outside, command: tuple[str, ...], side: str, status: int, code: int, name: str
) -> None:
    outside.fault(side, kind="status", status=status)

    ended = await outside.here(*command)

    assert ended.code == code
    assert [line for line in ended.err.splitlines() if line.startswith(f"statusbridge: {name}: ")]
    assert not (outside.folder / "plan.json").exists()
