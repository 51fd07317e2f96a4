"""Two results of the same past, incident by incident: what of them the public would see differ."""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.core.model import Instant, Seconds, Status
from statusbridge.rehearse.grading import ended
from statusbridge.rehearse.result import Outage, Result


@dataclass(frozen=True, slots=True)
class Difference:
    """An incident that differs. *here* or *there* None: only the other has it.

    *later*: by how much it opens later there, None where only one of them is published.
    """

    here: Outage | None
    there: Outage | None
    later: Seconds | None = None
    longer: Seconds | None = None
    """By how much it lasts longer there in public; None: it never ends in one of them."""
    changes: tuple[str, ...] = ()
    """What differs: published, opened, status, resolved, posts, mails, words, components."""

    @property
    def either(self) -> Outage:
        """Where it is: here before there."""
        found = self.here or self.there
        assert found is not None, "a difference is of something"
        return found


def differences(here: Result, there: Result) -> tuple[Difference, ...]:
    """Return what differs, oldest first. Incidents of one page and key that overlap are the same.

    What neither publishes is no difference, nor is what the public can't see.
    """
    left = list(there.outages)
    found: list[Difference] = []
    for outage in here.outages:
        twin = next((o for o in left if _same(outage, o, max(here.end, there.end))), None)
        if twin is None:
            found += [Difference(outage, None)] if outage.posts else []
            continue
        left.remove(twin)
        if changes := _changes(outage, twin):
            later, longer = _later(outage, twin), _longer(outage, twin)
            found.append(Difference(outage, twin, later, longer, changes))
    found += [Difference(None, outage) for outage in left if outage.posts]
    return tuple(sorted(found, key=_begun))


def _same(one: Outage, other: Outage, end: Instant) -> bool:
    return (
        (one.page, one.incident) == (other.page, other.incident)
        and one.started_at <= ended(other, end)
        and other.started_at <= ended(one, end)
    )


def _changes(one: Outage, other: Outage) -> tuple[str, ...]:
    views = {
        "published": (bool(one.posts), bool(other.posts)),
        "opened": (one.opened_at, other.opened_at),
        "status": (worst_said(one), worst_said(other)),
        "resolved": (resolved_at(one), resolved_at(other)),
        "posts": (len(one.posts), len(other.posts)),
        "mails": (one.notified, other.notified),
        "words": (_words(one), _words(other)),
        "components": (_components(one), _components(other)),
    }
    changed = tuple(what for what, (here, there) in views.items() if here != there)
    return ("published",) if "published" in changed else changed


def worst_said(outage: Outage) -> Status:
    """Return the worst status that the public read."""
    said = [status for post in outage.posts for _, status in post.components]
    return max(said, default=Status.OPERATIONAL)


def resolved_at(outage: Outage) -> Instant | None:
    """Return when the public read that it was over; None: not in the time replayed."""
    return next((post.at for post in outage.posts if post.action == "resolve"), None)


def _words(outage: Outage) -> tuple[str, ...]:
    # Texts may name times, which differ with the times of the posts.
    return tuple(post.title for post in outage.posts[:1])


def _components(outage: Outage) -> frozenset[str]:
    return frozenset(name for post in outage.posts for name, _ in post.components)


def _later(one: Outage, other: Outage) -> Seconds | None:
    here, there = one.opened_at, other.opened_at
    return None if here is None or there is None else there - here


def _longer(one: Outage, other: Outage) -> Seconds | None:
    here, there = resolved_at(one), resolved_at(other)
    if here is None or there is None:
        return None
    return (there - other.posts[0].at) - (here - one.posts[0].at)


def _begun(difference: Difference) -> Instant:
    return min(o.started_at for o in (difference.here, difference.there) if o is not None)
