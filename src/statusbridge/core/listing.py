"""How a hole is read: which page of alerts to ask for next, given what the last one was like.

Knows Twilio's listings: newest first, in pages, at most so many alerts each, and cut off beyond
that without a word. Makes no request. Twilio does not say by which date a listing is sorted and
filtered; that it is the same for both, generated or created, is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from statusbridge.core.coverage import Coverage, Gap, lowered
from statusbridge.core.model import Instant

LEVELS = ("error", "warning", "notice", "debug")
"""Twilio's log levels: the only filter besides dates that Alerts has."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page of a listing starts, in Twilio's words. *page* goes with the token."""

    token: str
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The next question to ask: a page of the alerts of [lo, hi], both ends included."""

    lo: Instant
    hi: Instant
    level: str | None = None
    cursor: Cursor | None = None
    """None: the first page."""
    rows: int = 0
    """How many entries earlier pages had."""
    asked: tuple[Cursor | None, ...] = ()
    """The cursors of earlier pages."""
    others: int = field(default=0, compare=False)
    """Of a second that is read by level as it was cut off: how many of it no level has shown."""

    def loops(self, limit: int) -> bool:
        """Whether this page was asked before, or *limit* pages were without reaching an end."""
        return self.cursor in self.asked or len(self.asked) >= limit


@dataclass(frozen=True, slots=True)
class Page:
    """What an answer says about the listing. *rows* counts all entries, malformed ones too.

    *oldest* is the later date of its last dated entry: whichever date Twilio sorts by, nothing on
    later pages is newer; *earlier* is the other one, where it has two. *more* without *following*:
    there is more, but no way to turn the page.
    """

    rows: int
    oldest: Instant | None = None
    more: bool = False
    following: Cursor | None = None
    earlier: Instant | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What holds once a page is stored, and what to ask next; *listing* None: all is read."""

    coverage: Coverage
    listing: Listing | None
    gaps: tuple[Gap, ...] = ()


def question(coverage: Coverage) -> Listing | None:
    """Return the listing that reads the first hole of *coverage*; None where nothing is left."""
    if not coverage.holes:
        return None
    hole = coverage.holes[0]
    return Listing(hole.lo, hole.hi)


def may_rest(coverage: Coverage, listing: Listing | None) -> bool:
    """Whether reading may stop before *listing*, and get further when taken up from *coverage*.

    Within a second that fills pages it may not: what was read of it is not kept, so that a poll
    which always stopped there would read the same pages for ever.
    """
    if listing is None or (listing.cursor is None and listing.level is None):
        return True
    return coverage.holes[0].hi < listing.hi


def after_page(coverage: Coverage, listing: Listing, page: Page, cap: int) -> Turn:
    """Return where reading stands after *page* answered *listing*, the first hole of *coverage*.

    A listing of *cap* entries may have been cut off. It is taken up again at the oldest second it
    showed; where that is no progress a single second fills it, and that second is read by level.
    Whether alerts that arrive meanwhile count towards the cap is not known, and what they displace
    is not seen: so a listing is taken up again when it ends above half the cap.
    """
    rows = listing.rows + page.rows
    cut = rows >= cap or (page.more and page.following is None)
    if page.more and not cut:
        onward = replace(
            listing, rows=rows, cursor=page.following, asked=(*listing.asked, listing.cursor)
        )
        return Turn(_down_to(coverage, listing, page), onward)
    if listing.level is not None:
        return _after_level(coverage, replace(listing, rows=rows), listing.level, cut)
    if not cut and rows * 2 <= cap:
        return _on(lowered(coverage, listing.lo - 1))
    reached = _down_to(coverage, listing, page)
    if reached.holes[0].hi < listing.hi:
        return _on(reached)
    # With two dates the last entry, and those before it, may not be of this second at all.
    others = rows if cut and page.earlier == page.oldest else 0
    return Turn(reached, Listing(listing.hi, listing.hi, LEVELS[0], others=others))


def _down_to(coverage: Coverage, listing: Listing, page: Page) -> Coverage:
    """Bring the hole down to the page's oldest second.

    Not within a second read by level, and not by a date below the stretch asked for: an entry so
    dated was not found by that date, which says nothing about the entries still to come. One dated
    above it was found by its other date: else alerts that Twilio stored all at once, long after
    they were generated, would be read down second by second.
    """
    oldest = page.oldest
    if oldest is not None and oldest > listing.hi and page.earlier is not None:
        oldest = page.earlier
    if listing.level is not None or oldest is None or oldest < listing.lo:
        return coverage
    return lowered(coverage, oldest)


def _after_level(coverage: Coverage, listing: Listing, level: str, cut: bool) -> Turn:
    second, others = listing.hi, max(0, listing.others - listing.rows)
    remaining = LEVELS[LEVELS.index(level) + 1 :]
    gaps = (_too_many(second, f"level {level}"),) if cut else ()
    if remaining:
        return Turn(coverage, Listing(second, second, remaining[0], others=others), gaps)
    if others:
        gaps = (*gaps, _too_many(second, "unknown levels"))
    return replace(_on(lowered(coverage, second - 1)), gaps=gaps)


def _too_many(second: Instant, of: str) -> Gap:
    return Gap(second - 1, second, f"more alerts of {of} in this second than Twilio lists")


def _on(coverage: Coverage) -> Turn:
    return Turn(coverage, question(coverage))
