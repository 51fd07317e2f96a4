from __future__ import annotations

import pytest

from builders import T0
from statusbridge.core.hearing import Entry
from statusbridge.core.notice_texts import BLIND_AS, HELD_AS, WORDS, Message, trial, worded
from statusbridge.core.notices import DECIDED, TOLD_OTHERWISE, Blindness, Event, Notice
from statusbridge.core.operations import HeldReason

SINCE = "Since 2026-09-21T14:13:20Z."


def told(notice: Notice, *, over: bool = False) -> Message:
    return worded(Entry(notice, T0, over=over))


def about(event: Event, **changes: str) -> Notice:
    fields = {
        "page": "public",
        "incident": "sms",
        "name": "public/sms",
        "title": "Delays sending SMS",
        "subject": "account prod",
    }
    return Notice(f"e1-{event}", event, **(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("notice", "head", "command"),
    [
        (
            about(Event.OPENED),
            "Opened: “Delays sending SMS” (sms) on page public. "
            "Run `statusbridge explain public/sms`.",
            "statusbridge explain public/sms",
        ),
        (
            about(Event.REVIEW, title=""),
            "Waits for your approval: sms on page public. Run `statusbridge approve public/sms`.",
            "statusbridge approve public/sms",
        ),
        (
            about(Event.HELD, reason="maintenance"),
            "Held: “Delays sending SMS” (sms) on page public: a component of it is under "
            "maintenance. Run `statusbridge explain public/sms`.",
            "statusbridge explain public/sms",
        ),
        (
            about(Event.THEIRS, detail="a person renamed it"),
            "A person's now: “Delays sending SMS” (sms) on page public: a person renamed it. "
            "Run `statusbridge release public/sms`.",
            "statusbridge release public/sms",
        ),
        (
            about(Event.BLIND, reason="credentials_refused"),
            "Blind: account prod: its credentials are refused. Run `statusbridge check`.",
            "statusbridge check",
        ),
        (
            about(Event.PAUSED, reason="a_person", subject="public/sms", detail="by ada: noise"),
            "Paused: publishing of public/sms, by ada: noise. "
            "Run `statusbridge resume public/sms`.",
            "statusbridge resume public/sms",
        ),
        (
            about(Event.PAUSED, reason="a_file", subject="everything", detail="by a file", name=""),
            "Paused: publishing of everything, by a file. Run `statusbridge status`.",
            "statusbridge status",
        ),
    ],
)
def test_first_line_says_what_is_wrong_with_which_incident_and_what_to_run(
    notice: Notice, head: str, command: str
) -> None:
    found = told(notice)

    assert (found.head, found.command) == (head, command)
    assert (found.state, found.more.endswith(SINCE)) == ("firing", True)


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_line_for_its_begin_and_another_for_its_end(event: Event) -> None:
    reason = {Event.HELD: "maintenance", Event.BLIND: "unreadable"}.get(event, "")
    notice = about(event, reason=reason, title="100 % {name} \\ “x”")

    begun, ended = told(notice), told(notice, over=True)

    assert begun.head != ended.head
    assert (ended.state, ended.command, ended.more) == ("resolved", "", SINCE)
    assert begun.id == ended.id == f"e1-{event}-{T0}"
    for head in (begun.head, ended.head):
        assert len(head.splitlines()) == 1
        assert ("100 % {name} \\ “x”" in head) is ("{which}" in WORDS[event].begun)


def test_every_reason_has_its_words() -> None:
    assert set(HELD_AS) == set(HeldReason) - TOLD_OTHERWISE - DECIDED - {HeldReason.REVIEW}
    assert set(BLIND_AS) == set(Blindness)
    assert set(WORDS) == set(Event)


def test_trial_is_of_nothing_and_over_at_once() -> None:
    begun, ended = trial(T0)

    assert (begun.id, begun.state, ended.state) == (ended.id, "firing", "resolved")
    assert begun.head == "Test: whoever operates statusbridge is told here."
    assert ended.head == "Over: the test. Nothing was wrong."
