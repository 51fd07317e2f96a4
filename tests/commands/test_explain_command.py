from __future__ import annotations

import json

import pytest

from outside import RULE, Outside

SHORT = RULE.replace('"3s"', '"10m"').replace("count = 4 ", "count = 25, distinct_resources = 15 ")


async def test_explain_says_without_a_daemon_why_there_is_no_incident(outside: Outside) -> None:
    outside.configure(SHORT)
    outside.alerts(18)
    await outside.here("run", "--once")

    ended = await outside.here("explain", "sms")

    first, *rest = ended.out.splitlines()
    assert (
        first == "No incident: rule sms counts 18 of 25 alerts needed in 10m; 7 alerts are missing."
    )
    assert rest[:2] == ["", "Rule sms  (auto, public/sms, Messaging / SMS)"]
    assert "  needs        degraded_performance  25 alerts, 15 resources  7 alerts missing" in rest
    assert (ended.code, ended.err) == (0, "")


async def test_explain_asks_a_running_daemon_and_hears_the_same(outside: Outside) -> None:
    outside.configure(SHORT)
    outside.alerts(18)
    async with outside.daemon() as daemon:
        await daemon.cycle()
        by_daemon = await outside.here("explain", "sms", "--json")
        unknown = await outside.here("explain", "nothing")
        past = await outside.here("explain", "--at", "1h ago")
        code = await outside.here("explain", "21610")
    by_store = await outside.here("explain", "sms", "--json")

    asked, stored = json.loads(by_daemon.out), json.loads(by_store.out)
    assert asked["answer"] == stored["answer"]
    assert asked["rules"][0]["triggers"] == stored["rules"][0]["triggers"]
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err.startswith("statusbridge: No rule and no incident is called “nothing”")
    assert past.out.startswith("Nothing is known of then: the oldest stored alert is of ")
    assert code.out.startswith("Code 21610 (fault recipient) counts for no rule")


async def test_unmatched_is_the_same_from_the_daemon_and_from_its_store(outside: Outside) -> None:
    outside.alerts(18, code=21610)
    async with outside.daemon() as daemon:
        await daemon.cycle()
        by_daemon = await outside.here("status", "--unmatched", "--json")
    by_store = await outside.here("status", "--unmatched", "--json")
    lines = await outside.here("status", "--unmatched")

    asked, stored = json.loads(by_daemon.out), json.loads(by_store.out)
    assert (asked["alerts"], asked["unmatched"]) == (18, 18)
    assert asked | {"now": ""} == stored | {"now": ""}
    assert lines.out.splitlines()[2] == "Codes that no rule counts"
    assert (by_daemon.code, by_store.code, lines.code) == (0, 0, 0)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("SM" + "0" * 32,), "SM… is no alert's SID: those begin with NO."),
        (("sms", "--at", "tomorrow"), '"tomorrow" is no time; expected one such as '),
        (("sms", "--at", "2999-01-01"), "2999-01-01T00:00:00Z is still to come"),
    ],
)
async def test_what_is_no_question_is_wrong_usage(
    outside: Outside, args: tuple[str, ...], said: str
) -> None:
    ended = await outside.here("explain", *args)

    assert (ended.code, ended.out) == (64, "")
    assert ended.err.startswith(f"statusbridge: {said}")


async def test_code_that_only_twilio_lists_has_its_title(outside: Outside) -> None:
    state = outside.folder / "state"
    state.mkdir()
    state.chmod(0o700)
    listed = {"code": 30099, "title": "Something new", "level": "error", "log_type": "carrier"}
    copy = {"source": "here", "read_at": 0, "codes": [listed], "version": 1}
    (state / "twilio-codes.json").write_text(json.dumps(copy))

    told = await outside.here("explain", "30099")
    (state / "twilio-codes.json").write_text("broken")
    untold = await outside.here("explain", "30099")

    assert "  is         Something new" in told.out.splitlines()
    assert "  is         no title; `statusbridge codes --refresh` reads Twilio's" in untold.out


async def test_explain_writes_nothing_and_needs_no_secret(outside: Outside) -> None:
    del outside.environ["TWILIO_AUTH_TOKEN"], outside.environ["INCIDENT_API_KEY"]

    ended = await outside.here("explain", "30008")

    assert (ended.code, outside.state.exists()) == (0, False)
    assert outside.world.twilio.journal.last == 0
