"""What the console says, in words and in order: the worst first. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from statusbridge.bridge.parts import Bridge
from statusbridge.core.evaluate import Standing
from statusbridge.core.history import ratio
from statusbridge.core.model import Instant, Phase, iso
from statusbridge.core.operations import Operation
from statusbridge.documents import Document
from statusbridge.rehearse.result import Curve
from statusbridge.server.console.page_view import PageView
from statusbridge.server.console.recent import Curves
from statusbridge.web.plots import Plot, plot
from statusbridge.web.words import MEASURE, STATUS, counted, lasting, needed


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that is seen from afar. *tone*: good, bad or ""."""

    number: str
    label: str
    aside: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A measure over the last hours. *said*: the same in words."""

    name: str
    said: str
    plot: Plot


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule against its nearest trigger. *share*: of 100, how much of that is there."""

    id: str
    about: str
    stage: str
    phase: str
    since: str
    kind: str
    share: int
    now: str
    needs: tuple[tuple[str, str], ...]
    drawings: tuple[Drawing, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """What the public was told. *receipt*: the page's ids of it."""

    key: str
    name: str
    state: str
    kind: str
    at: str
    iso: str
    text: str
    changes: tuple[tuple[str, str, str], ...]
    mailed: bool
    receipt: str


def headline(status: Document, waiting: int, pages: Iterable[PageView]) -> tuple[str, str]:
    """Return what matters most in a sentence, and its tone: good, warn or bad."""
    daemon = status["daemon"]
    if daemon["reasons"]:
        return "It can’t be relied on right now.", "bad"
    if daemon["paused"]:
        return "It works, but all publishing is paused.", "warn"
    if waiting:
        waits = "opening waits" if waiting == 1 else "openings wait"
        return f"{waiting} {waits} for your word.", "warn"
    told = [incident for page in pages for incident in page.incidents]
    if told:
        return f"It works. The public reads of {counted(len(told), 'open incident')}.", "warn"
    held = status["held"] or status["parked"]
    if held or daemon["config_refused_since"]:
        what = "Something is held back" if held else "Its configuration file is wrong"
        return f"It works. {what}.", "warn"
    return "It works, and all is quiet.", "good"


def tiles(status: Document, bridge: Bridge, pages: Iterable[PageView]) -> tuple[Tile, ...]:
    """Return the figures at the top: sources, page, publishing, incidents, alerts."""
    shown = tuple(pages)
    return (
        _read(bridge),
        *(_reached(page) for page in shown),
        _publishing(status["daemon"]),
        _open(shown),
        Tile(
            f"{status['alerts']['seen']:,}",
            "alerts seen",
            f"{status['alerts']['matched']:,} matched a rule",
        ),
    )


def _open(pages: tuple[PageView, ...]) -> Tile:
    """Return how many incidents the public sees: no number where it may have changed unseen."""
    whose = [one.whose for page in pages for one in page.incidents]
    ours = whose.count("ours")
    counts = f"{ours:,} ours, {len(whose) - ours:,} people’s"
    if any(page.trouble or not page.read for page in pages):
        return Tile("?", "open on the page", f"{counts} when last read" if whose else "")
    return Tile(f"{len(whose):,}", "open on the page", counts)


def _read(bridge: Bridge) -> Tile:
    """Return how far back the account that is furthest behind was read whole."""
    now, coverage = bridge.clock.now(), bridge.store.coverage()
    marks = {
        source.account: known.covered_until if (known := coverage.get(source.account)) else None
        for source in bridge.sources
    }
    blind = any(f"account {account}" in bridge.trouble for account in marks)
    if any(mark is None for mark in marks.values()):
        return Tile("never", "was Twilio read whole", tone="bad")
    age = max((max(0, now - mark) for mark in marks.values() if mark is not None), default=0)
    aside = "an account can’t be read" if blind else counted(len(marks), "account")
    return Tile(lasting(age), "since Twilio was read whole", aside, "bad" if blind else "good")


def _reached(page: PageView) -> Tile:
    if page.trouble:
        return Tile("unreachable", f"page {page.name}", tone="bad")
    if not page.read:
        return Tile("…", f"page {page.name} is being read")
    return Tile("reachable", f"page {page.name}", f"read {page.read} ago", "good")


def _publishing(daemon: Document) -> Tile:
    if daemon["paused"]:
        return Tile("paused", "publishing", tone="bad")
    some = len(daemon["pauses"])
    return Tile("on", "publishing", f"but for {counted(some, 'incident key')}" if some else "")


def rule_views(bridge: Bridge, curves: Curves) -> tuple[RuleView, ...]:
    """Return the rules, those that are nearest to firing first."""
    now = bridge.clock.now()
    found = [_rule(one, now, curves.get(one.rule.id, ())) for one in bridge.standings]
    return tuple(sorted(found, key=lambda one: (one.phase == "inactive", -one.share)))


def _rule(one: Standing, now: Instant, curves: Iterable[Curve]) -> RuleView:
    rule, phase = one.rule, one.detector.phase
    ratios = [ratio(trigger.threshold, one.measures) for trigger in rule.triggers]
    resting = phase is Phase.INACTIVE
    return RuleView(
        id=rule.id,
        about=rule.summary,
        stage=str(rule.stage),
        phase=str(phase),
        since="" if resting else lasting(max(0, now - one.detector.since)),
        kind=_KINDS[phase],
        share=min(999, int(100 * max(ratios, default=0))),
        now=", ".join(
            counted(getattr(one.measures, name), noun[:-1])
            for name, noun in MEASURE.items()
            if name in rule.measures
        ),
        needs=tuple(
            (
                STATUS[min(trigger.status, rule.max_status)],
                needed(trigger.threshold, rule.window, trigger.hold),
            )
            for trigger in rule.triggers
        ),
        drawings=tuple(_drawing(one, curve) for curve in curves),
    )


_KINDS = {
    Phase.INACTIVE: "unsaid",
    Phase.PENDING: "degraded_performance",
    Phase.FIRING: "full_outage",
    Phase.RECOVERING: "monitoring",
}


def _drawing(one: Standing, curve: Curve) -> Drawing:
    wanted = [
        (trigger.status, number, False)
        for trigger in one.rule.triggers
        if (number := getattr(trigger.threshold, curve.measure)) is not None
    ]
    now = getattr(one.measures, curve.measure)
    # The curve may be some seconds older.
    said = f"now {now:,}, at most {max(now, curve.peak):,} in 3 hours"
    return Drawing(MEASURE[curve.measure], said, plot(curve, wanted))


def posts(
    found: Iterable[tuple[str, Operation, Instant]], names: dict[str, str], now: Instant
) -> Iterator[Post]:
    """Yield what was published, in the given order. *names*: of components, by id."""
    for page, operation, at in found:
        draft = operation.draft
        kinds = [line.status for line in draft.said.components if line.status]
        stage = draft.said.incident_status
        yield Post(
            key=f"{page}/{draft.incident}",
            name=draft.name,
            state=stage.value,
            kind=max(kinds).wire if kinds and stage == "investigating" else stage.value,
            at=lasting(max(0, now - at)),
            iso=iso(at),
            text=draft.message,
            changes=tuple(
                (
                    names.get(line.component, f"component {line.component}"),
                    STATUS[line.status],
                    line.status.wire,
                )
                for line in draft.said.components
            ),
            mailed=draft.notify,
            receipt=", ".join(operation.receipt),
        )
