"""A person's word on what waits for review: approved, or rejected for the rest of its outage.

What is no longer true is refused, with what changed. The next cycle heeds what is committed here.
"""

from __future__ import annotations

from dataclasses import replace

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.reviewing import is_firing_in_review, keep, note, waiting
from statusbridge.core.acts import UNSEEN, Act, ActKind, Order, Refused, told
from statusbridge.core.drafting import objection
from statusbridge.core.episodes import Episode, Group
from statusbridge.core.model import Stage, Status, iso
from statusbridge.core.operations import Verdict
from statusbridge.core.plan import Case
from statusbridge.core.review import Proposal, differences
from statusbridge.core.wording import TEXT_LIMIT, TITLE_LIMIT

_RECENT = 100
"""Acts among which an approval is looked for that was given again."""


def _waiting(bridge: Bridge, act: Act) -> tuple[Proposal, Case] | None:
    """Return what waits under the key of *act*."""
    found = (
        (p, c) for p, _, c in waiting(bridge) if (p.page, p.incident) == (act.page, act.incident)
    )
    return next(found, None)


def _decided(bridge: Bridge, act: Act) -> Verdict | None:
    """Return the newest verdict on an outage of the key that is not over."""
    here = [c for c in bridge.store.cases() if c.episode.group[:2] == (act.page, act.incident)]
    verdicts = (case.ledger.verdict for case in reversed(here) if case.episode.goes_on)
    return next((verdict for verdict in verdicts if verdict is not None), None)


def approve(bridge: Bridge, order: Order, act: Act) -> str:
    """Approve what waits under the key of *act*; say what was done. Raises Refused."""
    found = _waiting(bridge, act)
    if found is None:
        verdict = _decided(bridge, act)
        if verdict is not None and verdict.approved:
            return f"{act.key} needs nothing: it was {verdict.why}."
        if verdict is None and (before := _let_in(bridge, act)) is not None:
            return f"{act.key} needs nothing: it was {told(before)}."
        raise Refused(_nothing_waits(bridge, act, verdict))
    proposal, case = found
    if order.look and order.look != proposal.look:
        raise Refused(_changed(bridge, proposal, order.look))
    if proposal.joins != bool(_public(bridge, act)):
        joins = "no longer joins" if proposal.joins else "would join"
        raise Refused(
            f"It has changed since its page was read: {act.key} {joins} an open incident. "
            "Look again with `statusbridge review` once the page is read."
        )
    _check_words(bridge, proposal, order)
    act = replace(act, episode=proposal.episode, detail=_detail(order))
    verdict = Verdict(
        True, told(act), proposal.worst, order.status, order.title.strip(), order.text.strip()
    )
    keep(bridge, act, case, verdict)
    if proposal.stopped_by is not None:
        return f"Approved {act.key}. It is held for now: {proposal.stopped}."
    return f"Approved {act.key}."


def _let_in(bridge: Bridge, act: Act) -> Act | None:
    """Return the approval by which rules in review speak in the open incident of the key."""
    if not any(member.approved for episode in _public(bridge, act) for member in episode.members):
        return None
    approvals = (one for one in bridge.store.acts.history(_RECENT) if one.kind is ActKind.APPROVE)
    return next((one for one in approvals if one.key == act.key), None)


def _public(bridge: Bridge, act: Act) -> list[Episode]:
    """Return the outage of the key that may be spoken of, if there is one, as a list."""
    public = Group(act.page, act.incident, Stage.AUTO)
    episodes = (case.episode for case in bridge.store.cases())
    return [one for one in episodes if one.group == public and one.goes_on]


def _nothing_waits(bridge: Bridge, act: Act, verdict: Verdict | None) -> str:
    if verdict is not None:
        return f"Nothing waits under {act.key}: it was {verdict.why}."
    here = [c for c in bridge.store.cases() if c.episode.group[:2] == (act.page, act.incident)]
    waited = [c for c in here if c.episode.group.stage is Stage.REVIEW]
    if not waited:
        return f"Nothing waits under {act.key}: there is no outage in review, or it is over."
    if not is_firing_in_review(waited[-1]):
        return f"Nothing waits under {act.key}: it does not fire any more."
    return f"Nothing waits under {act.key}; `statusbridge status` says how it stands."


def _changed(bridge: Bridge, now: Proposal, look: str) -> str:
    before = bridge.store.acts.proposal(now.episode, look)
    again = f"Look again with `statusbridge review`; it is now --seen {now.look}."
    if look == UNSEEN:
        return f"Nothing waited when you looked, and now something does. {again}"
    if before is None:
        return f"What you looked at ({look}) is another outage's, or none. {again}"
    lines = (f"  {line}" for line in differences(before, now))
    return "\n".join(("It has changed since you looked:", *lines, again))


def _check_words(bridge: Bridge, proposal: Proposal, order: Order) -> None:
    if proposal.joins and (order.title or order.text or order.status is not None):
        raise Refused(
            f"{proposal.incident} joins an open incident, which speaks in its rules' words. "
            "Approve it as it is, or post on the page yourself."
        )
    if order.status is Status.OPERATIONAL:
        worse = ", ".join(status.wire for status in Status if status)
        raise Refused(f"An incident can't open as operational. Say one of {worse}, or reject it.")
    for what, text, longest in (
        ("title", order.title, TITLE_LIMIT),
        ("text", order.text, TEXT_LIMIT),
    ):
        if text and (why := objection(text, bridge.policy.render, longest)):
            raise Refused(f"The {what} can't be published: {why}.")


def _detail(order: Order) -> str:
    words = [name for name, given in (("title", order.title), ("text", order.text)) if given]
    parts = []
    if order.status is not None:
        parts.append(f"as {order.status.wire}")
    if words:
        parts.append(f"with another {' and '.join(words)}")
    return " ".join(parts)


def reject(bridge: Bridge, act: Act) -> str:
    """Drop what waits under the key of *act*, or what will; say what was done. Raises Refused."""
    found = _waiting(bridge, act)
    if found is not None:
        proposal, case = found
        act = replace(act, episode=proposal.episode)
        keep(bridge, act, case, Verdict(False, told(act)))
        return f"Rejected {act.key} for the rest of this outage{_and_until(act)}."
    if act.until is not None:
        bridge.store.acts.record(act)
        note(act)
        return f"Nothing waits under {act.key} now; nothing will{_and_until(act)}."
    verdict = _decided(bridge, act)
    if verdict is not None and not verdict.approved:
        return f"{act.key} needs nothing: it was {verdict.why}."
    raise Refused(_nothing_waits(bridge, act, verdict))


def _and_until(act: Act) -> str:
    return "" if act.until is None else f", until {iso(act.until)}"
