"""The person's side as its commands: without a daemon, on the state file; texts by an editor."""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest

from outside import OPENED, RULE, Outside
from statusbridge.commands import approve
from statusbridge.simulators.people import PostUpdate

LONG = RULE.replace('"3s"', '"10m"').replace('"auto"', '"review"')


async def proposed(outside: Outside, rules: str = LONG) -> None:
    """Let an opening wait, with no daemon running."""
    outside.configure(rules)
    outside.alerts(5)
    ended = await outside.here("run", "--once")
    assert (ended.code, outside.writes()) == (0, 0)


async def known(outside: Outside, command: str) -> dict[str, Any]:
    """Return what *command* prints with --json."""
    found: dict[str, Any] = json.loads((await outside.here(command, "--json")).out)
    return found


def editor(outside: Outside, script: str) -> None:
    """Make *script*, a shell's, what $EDITOR starts; the file is its argument."""
    file = outside.folder / "editor"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    outside.environ["EDITOR"] = str(file)


async def test_review_shows_what_would_be_posted_why_and_how_to_decide(outside: Outside) -> None:
    await proposed(outside, LONG.replace("match ", 'review = { timeout = "30m" }\nmatch '))

    ended = await outside.here("review")
    document = json.loads((await outside.here("review", "--json")).out)

    (waits,) = document["waiting"]
    clock = waits["expires"][11:]
    lines = ended.out.splitlines()
    assert lines[:5] == [
        "  ? open    sms      “Delays sending SMS”   rule sms",
        "            investigating · Messaging / SMS  operational → degraded_performance",
        "            “Some text messages are failing.”",
        "            notifies subscribers",
        "            5 alerts in 10m (4 needed) · 30008 ×5",
    ]
    assert lines[5].endswith(f"is dropped at {clock} if nobody decides")
    assert lines[6:] == [
        f"            statusbridge approve sms --seen {waits['seen']}",
        "            statusbridge reject sms",
    ]
    assert (document["version"], document["acts"], waits["stopped"]) == (1, [], None)


async def test_plan_shows_what_waits_as_it_would_be_posted(outside: Outside) -> None:
    await proposed(outside)

    ended = await outside.here("plan")

    assert "  ? open    sms      “Delays sending SMS”   rule sms   (review: waits" in ended.out
    assert "            “Some text messages are failing.”\n" in ended.out
    assert "[awaits_review]" in ended.out


async def test_approved_without_a_daemon_is_posted_by_the_next_run(outside: Outside) -> None:
    await proposed(outside)

    ended = await outside.here("approve", "sms", "--reason", "confirmed")
    before = outside.writes()
    await outside.here("run", "--once")
    history = await outside.here("review", "--history")

    assert ended.code == 0
    assert ended.out.endswith(
        "Approved public/sms.\nNo daemon is running: the next run heeds it.\n"
    )
    assert "“Some text messages are failing.”" in ended.out
    assert (before, outside.texts()) == (0, [OPENED])
    assert "  approve  public/sms  confirmed\n" in history.out


async def test_what_was_looked_at_is_what_is_approved_or_nothing_is(outside: Outside) -> None:
    await proposed(outside)
    (waits,) = (await known(outside, "review"))["waiting"]
    outside.alerts(60)
    await outside.here("run", "--once")

    refused = await outside.here("approve", "sms", "--seen", waits["seen"])

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines()[:2] == [
        "statusbridge: It has changed since you looked:",
        "statusbridge:   Messaging / SMS: degraded_performance → partial_outage",
    ]
    assert (await outside.here("approve", "public/sms", "--yes")).code == 0


async def test_an_edited_opening_is_posted_as_it_was_edited(outside: Outside) -> None:
    await proposed(outside)
    editor(outside, 'sed -i "1s/.*/SMS to France/; 3s/.*/They fail.\\n\\nMore soon./" "$1"')

    ended = await outside.here("approve", "sms", "--edit", "--as", "full_outage")
    await outside.here("run", "--once")

    (post,) = outside.posts()
    assert "  ? open    sms      “SMS to France”   rule sms\n" in ended.out
    assert "operational → full_outage" in ended.out
    assert post.text == ("SMS to France", "investigating", "They fail.\n\nMore soon.")
    assert post.components == {"SMS": "full_outage"}


async def test_an_opening_that_was_left_as_it_was_keeps_its_words(outside: Outside) -> None:
    await proposed(outside)
    editor(outside, "true")

    await outside.here("approve", "sms", "--edit")
    await outside.here("run", "--once")
    (act,) = (await known(outside, "review"))["acts"]

    assert (act["detail"], outside.texts()) == ("", [OPENED])


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ('echo "# nothing" > "$1"', "The file was empty: nothing was approved."),
        ("exit 3", "The editor ended with 3: nothing was approved."),
        ('rm "$1"', "What the editor left can't be read"),
        ('printf "Call\\n+1 415 555 2671" > "$1"', "The text can't be published: it would publish"),
    ],
)
async def test_editing_that_comes_to_nothing_approves_nothing(
    outside: Outside, script: str, why: str
) -> None:
    await proposed(outside)
    editor(outside, script)

    ended = await outside.here("approve", "sms", "--edit")
    document = await known(outside, "review")

    assert ended.code == 1
    assert f"statusbridge: {why}" in ended.err
    assert (document["acts"], len(document["waiting"])) == ([], 1)


async def test_without_an_editor_the_words_are_given_by_flags(outside: Outside) -> None:
    await proposed(outside)

    bare = await outside.here("approve", "sms", "--edit")
    given = await outside.here("approve", "sms", "--edit", "--text", "It fails.")
    await outside.here("run", "--once")

    said = "statusbridge: There is no editor. Set $EDITOR, or say --title and --text.\n"
    assert (bare.code, bare.err, given.code) == (1, said, 0)
    assert outside.texts() == [("Delays sending SMS", "investigating", "It fails.")]


async def test_rejected_is_nothing_posted_and_nothing_left_to_approve(outside: Outside) -> None:
    await proposed(outside)

    rejected = await outside.here("reject", "sms", "--for", "2h")
    await outside.here("run", "--once")
    approved = await outside.here("approve", "sms")

    assert rejected.out.startswith("Rejected public/sms for the rest of this outage, until 20")
    assert (approved.code, outside.writes()) == (1, 0)
    assert approved.err.startswith("statusbridge: Nothing waits under public/sms: it was rejected")


async def test_paused_is_nothing_posted_until_it_is_resumed(outside: Outside) -> None:
    outside.configure(LONG.replace('"review"', '"auto"'))
    await outside.here("run", "--once")
    outside.alerts(5)

    paused = await outside.here("pause", "--for", "2h", "--reason", "the page is moved")
    await outside.here("run", "--once")
    between = outside.writes()
    status, plan = await outside.here("status"), await outside.here("plan")
    resumed = await outside.here("resume")
    await outside.here("run", "--once")

    assert paused.out.startswith("Publishing of everything is paused until 20")
    assert resumed.out.startswith("Publishing of everything is resumed.\n")
    assert "  PAUSED: publishing of EVERYTHING, by " in status.out
    assert "\n  publishing is paused by " in plan.out
    assert (between, outside.texts()) == (0, [OPENED])


async def test_a_file_named_pause_beside_the_state_stops_everything(outside: Outside) -> None:
    outside.configure(LONG.replace('"review"', '"auto"'))
    await outside.here("run", "--once")
    outside.alerts(5)
    file = outside.state.with_name("pause")
    file.write_text("Grace said so\n")

    await outside.here("run", "--once")
    between, status = outside.writes(), await known(outside, "status")
    resumed = await outside.here("resume")
    file.unlink()
    await outside.here("run", "--once")

    assert [(p["who"], p["reason"]) for p in status["daemon"]["pauses"]] == [
        ("a file in the state folder", "Grace said so")
    ]
    assert (status["daemon"]["paused"], between) == (True, 0)
    assert (resumed.code, resumed.out) == (1, "")
    assert resumed.err.startswith("statusbridge: Publishing of everything is still paused. The")
    assert outside.texts() == [OPENED]


async def test_a_released_incident_is_the_bridges_again_with_the_next_run(
    outside: Outside,
) -> None:
    outside.configure(LONG.replace('"review"', '"auto"'))
    outside.alerts(5)
    await outside.here("run", "--once")
    outside.world.incidentio.act(PostUpdate(message="We know.", status="identified"))
    await outside.here("run", "--once")
    theirs = await known(outside, "status")

    ended = await outside.here("release", "sms", "--reason", "over to you")
    outside.alerts(60)
    await outside.here("run", "--once")
    ours = await known(outside, "status")

    assert ended.out.startswith("Released public/sms (a person posted “identified” on it).\n")
    assert [i["owner"] for d in (theirs, ours) for i in d["incidents"]] == ["theirs", "ours"]
    assert [text for _, _, text in outside.texts()] == [
        "Some text messages are failing.",
        "We know.",
        "More text messages are failing.",
    ]


async def test_orders_where_nothing_was_ever_run_are_refused(outside: Outside) -> None:
    ended = await outside.here("pause")
    looked = await outside.here("review")

    assert ended.code == 1
    assert ended.err.endswith("state.db: nothing was ever run with it.\n")
    assert (looked.code, looked.out) == (0, "Nothing waits for review.\n")
    assert not outside.state.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("approve",),
        ("reject",),
        ("release",),
        ("approve", "sms", "--as", "operational"),
        ("pause", "--for", "soon"),
        ("pause", "--for", "0s"),
        ("reject", "sms", "--for", "366d"),
    ],
)
async def test_wrong_usage_is_a_sentence(outside: Outside, arguments: tuple[str, ...]) -> None:
    ended = await outside.here(*arguments)

    assert (ended.code, ended.out) == (64, "")
    assert len(ended.err.splitlines()) == 1


async def test_history_of_nothing_says_so(outside: Outside) -> None:
    ended = await outside.here("review", "--history")

    assert (ended.code, ended.out) == (0, "Nobody has decided anything yet.\n")


async def test_no_command_of_a_person_needs_a_secret(outside: Outside) -> None:
    await proposed(outside)
    for name in ("TWILIO_AUTH_TOKEN", "INCIDENT_API_KEY"):
        del outside.environ[name]

    codes = [
        (await outside.here(*words)).code
        for words in (("review",), ("approve", "sms"), ("pause",), ("resume",))
    ]

    assert codes == [0, 0, 0, 0]


@pytest.mark.parametrize("command", ["approve", "reject", "release", "pause", "resume"])
async def test_an_empty_key_is_wrong_usage_and_not_everything(
    outside: Outside, command: str
) -> None:
    outside.configure(LONG)

    ended = await outside.here(command, "")

    assert (ended.code, ended.out) == (64, "")
    assert "the incident key is empty" in ended.err


async def test_what_began_to_wait_after_a_look_at_nothing_is_not_approved_unseen(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    await proposed(outside)
    earlier = {**await known(outside, "review"), "waiting": []}
    monkeypatch.setattr(approve, "review_of", lambda config: earlier)

    ended = await outside.here("approve", "sms", "--yes")

    assert (ended.code, ended.out) == (1, "")
    assert "Nothing waited when you looked, and now something does. Look again" in ended.err
    assert (await known(outside, "review"))["acts"] == []
