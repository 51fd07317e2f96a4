"""What the console says, in words and in order: the worst first. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from statusbridge.bridge import Bridge
from statusbridge.core.evaluate import Standing
from statusbridge.core.history import ratio
from statusbridge.core.live import Incident
from statusbridge.core.model import Instant, Phase, iso
from statusbridge.core.operations import Operation
from statusbridge.rehearse.report.plots import Plot, plot
from statusbridge.rehearse.report.words import MEASURE, STATUS, counted, lasting, needed
from statusbridge.rehearse.result import Curve
from statusbridge.server.console.lookout import Seen
from statusbridge.server.console.recent import Curves

Document = dict[str, Any]

_LIVE_STATUS = {status.wire: words for status, words in STATUS.items()}
_ORDER = [status.wire for status in STATUS]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that is seen from afar. *tone*: good, bad or ""."""

    number: str
    label: str
    aside: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A component as the public sees it. *kind* is the page's word, *status* ours."""

    name: str
    status: str
    kind: str


@dataclass(frozen=True, slots=True)
class Open:
    """An incident that is not resolved. *whose*: "ours", "a person's", or how it came to be so."""

    id: str
    name: str
    stage: str
    whose: str
    kind: str
    components: tuple[Place, ...]
    text: str


@dataclass(frozen=True, slots=True)
class PageView:
    """One page. *read*: how long ago, "" where it was not read yet; *trouble*: why not now."""

    name: str
    title: str
    url: str
    read: str
    trouble: str
    components: tuple[Place, ...]
    incidents: tuple[Open, ...]


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
    if status["held"] or status["parked"]:
        return "It works. Something is held back.", "warn"
    return "It works, and all is quiet.", "good"


def tiles(status: Document, bridge: Bridge, pages: Iterable[PageView]) -> tuple[Tile, ...]:
    """Return the figures at the top: sources, page, publishing, incidents, alerts."""
    shown = tuple(pages)
    ours = sum(one.whose == "ours" for page in shown for one in page.incidents)
    others = sum(one.whose != "ours" for page in shown for one in page.incidents)
    return (
        _read(bridge),
        *(_reached(page) for page in shown),
        _publishing(status["daemon"]),
        Tile(f"{ours + others:,}", "open on the page", f"{ours:,} ours, {others:,} people’s"),
        Tile(
            f"{status['alerts']['seen']:,}",
            "alerts seen",
            f"{status['alerts']['matched']:,} matched a rule",
        ),
    )


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


def page_view(bridge: Bridge, name: str, seen: Seen | None, trouble: str) -> PageView:
    """Return page *name* as it was last read; *trouble* why it can't be now."""
    trouble = trouble or bridge.trouble.get(f"page {name}", "")
    if seen is None:
        return PageView(name, name, "", "", trouble, (), ())
    now, names = bridge.clock.now(), component_names((seen,))
    going_on = [one for one in seen.incidents if not one.resolved]
    lines = [_lines(one) for one in going_on]
    under_work = {c for w in seen.maintenances for c in w.components if w.covers(c, now)}

    def place(id_: str, status: str) -> Place:
        words = _LIVE_STATUS.get(status, status.replace("_", " "))
        return Place(names.get(id_, id_), words, status)

    components = []
    for component in seen.structure.components:
        said = [found[component.id] for found in lines if component.id in found]
        status = max(said, key=_badness, default="operational")
        if status == "operational" and component.id in under_work:
            status = "under_maintenance"
        if not component.hidden:
            components.append(place(component.id, status))
    own, owners = bridge.store.own_incidents(name), _owners(bridge)
    incidents = tuple(
        Open(
            id=one.id,
            name=one.name,
            stage=one.incident_status,
            whose=owners.get(one.id, "ours") if one.id in own else "a person’s",
            kind=max(found.values(), key=_badness, default="operational"),
            components=tuple(place(id_, status) for id_, status in found.items()),
            text=one.updates[-1].message if one.updates else "",
        )
        for one, found in zip(going_on, lines, strict=True)
    )
    url = seen.structure.public_url or ""
    title = seen.structure.name or name
    read = lasting(max(0, now - seen.at))
    return PageView(name, title, url, read, trouble, tuple(components), incidents)


def component_names(seen: Iterable[Seen]) -> dict[str, str]:
    """Return the full name of each component of the pages *seen*, by id."""
    return {str(c.id): c.full_name for one in seen for c in one.structure.components}


def _lines(incident: Incident) -> dict[str, str]:
    """Return by component what *incident* makes the public read of it now."""
    found: dict[str, str] = {}
    for update in incident.updates:
        found.update(update.components)
    for impact in incident.impacts:
        if impact.end is None:
            found[impact.component] = impact.status
    return found


def _badness(status: str) -> int:
    return _ORDER.index(status) if status in _ORDER else 1


def _owners(bridge: Bridge) -> dict[str, str]:
    """Return by incident how one that we opened is ours no more."""
    words = {"theirs": "taken over by a person", "orphaned": "orphaned", "detached": "let go of"}
    return {
        case.ledger.incident_id: words[case.ledger.owner]
        for case in bridge.store.cases()
        if case.ledger.incident_id is not None and case.ledger.owner in words
    }


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
    said = f"now {getattr(one.measures, curve.measure):,}, at most {curve.peak:,} in 3 hours"
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
                (names.get(line.component, line.component), STATUS[line.status], line.status.wire)
                for line in draft.said.components
            ),
            mailed=draft.notify,
            receipt=", ".join(operation.receipt),
        )
