"""What people decide about the bridge, as values that are kept for good.

Knows no page and no plan: what an act means for them is said where it is heeded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from statusbridge.core.model import Instant, Seconds, Status, iso

BY_FILE = "a file in the state folder"
"""Who paused, where a file did."""

PRIVATE_REASON_LIMIT = 500
"""Characters of a reason: it is for the record, and for the log."""


UNSEEN = "nothing"
"""The look of who saw nothing wait."""

LONGEST: Seconds = 365 * 86_400
"""How long a pause or a rejection may last that has an end."""


class ActKind(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    RELEASE = "release"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Act:
    """One decision: by whom, when, why. *page* and *incident* "": it is about all of them."""

    kind: ActKind
    page: str
    incident: str
    at: Instant
    who: str
    reason: str = ""
    detail: str = ""
    """What else was decided, in words: "as partial_outage", "with another text"."""
    episode: str = ""
    until: Instant | None = None
    """Until when it holds, where it does not for good."""

    def covers(self, page: str, incident: str) -> bool:
        """Whether it is about *incident* of *page*."""
        return (self.page, self.incident) in (("", ""), (page, incident))

    def lasts(self, now: Instant) -> bool:
        return self.until is None or now < self.until

    @property
    def key(self) -> str:
        return f"{self.page}/{self.incident}" if self.incident else "everything"


class Refused(Exception):  # noqa: N818 - it is an answer, not a defect
    """An order can't be carried out as things are. Says why, a line for each thing."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for. *key*: "incident" or "page/incident"; "": all (pause, resume).

    *look* names what was looked at (`Proposal.look`), or is `UNSEEN`; "": whatever is proposed now.
    """

    kind: ActKind
    key: str = ""
    reason: str = ""
    seconds: Seconds | None = None
    look: str = ""
    title: str = ""
    text: str = ""
    status: Status | None = None


def covering(acts: Iterable[Act], page: str, incident: str) -> Act | None:
    """Return the first of *acts* that is about *incident* of *page*; None: none is."""
    return next((act for act in acts if act.covers(page, incident)), None)


def told(act: Act) -> str:
    """Return *act* in words: what was decided, by whom, when, why."""
    detail = f" {act.detail}" if act.detail else ""
    until = "" if act.until is None else f", until {iso(act.until)}"
    why = f": {act.reason}" if act.reason else ""
    return f"{_PAST[act.kind]}{detail} by {act.who} at {iso(act.at)}{until}{why}"


_PAST = {
    ActKind.APPROVE: "approved",
    ActKind.REJECT: "rejected",
    ActKind.RELEASE: "released",
    ActKind.PAUSE: "paused",
    ActKind.RESUME: "resumed",
}
