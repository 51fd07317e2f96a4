"""What a cycle works with, as one value. Knows core, the Protocols and the log; no adapter.

`bootstrap` fills it with the real things, tests and rehearsals with others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from statusbridge.bridge.protocols import Clock, Page, Source, Store
from statusbridge.core.acts import BY_FILE, Act, ActKind, covering
from statusbridge.core.codes import fault_of
from statusbridge.core.coverage import Budget
from statusbridge.core.drafting import Render
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.evaluate import Detection, Standing
from statusbridge.core.live import Structure
from statusbridge.core.model import Fault, Instant, PageId, Seconds
from statusbridge.core.operations import Draft, Held, Ledger, Owner
from statusbridge.core.plan import Case, Manners
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import Rule

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Policy:
    """The configuration that decisions rest on."""

    rules: tuple[Rule, ...]
    pages: Mapping[str, PageId]
    render: Render
    guards: Guards = field(default_factory=Guards)
    manners: Manners = field(default_factory=Manners)
    doubt_wait: Seconds = 90


@dataclass(slots=True)
class Bridge:
    """The parts of one running bridge, and the little it remembers between two cycles.

    What it remembers can be lost at any moment: the store has all that matters.
    """

    policy: Policy
    sources: tuple[Source, ...]
    pages: Mapping[str, Page]
    store: Store
    clock: Clock
    budget: Budget = field(default_factory=lambda: Budget(pages=100, seconds=10))
    """What one poll of an account may cost."""
    deep_seconds: Seconds = 3
    """How long a poll may go on re-reading the past once all that is new was read."""
    tell_shadow: Callable[[Draft, Structure], None] = lambda draft, structure: None
    """Called with what a rule on trial would have said."""
    emergency: Callable[[], str | None] = lambda: None
    """Why everything is stopped outside of the store, by a file; None: it is not."""
    began: Instant = field(default=0)
    """When this process began: what a page shows of before, the store may have forgotten."""
    counted: Counter[str] = field(default_factory=Counter)
    """By rule, how many alerts have counted for it since the start."""
    unmatched: Counter[Fault] = field(default_factory=Counter)
    """By whose fault their codes are, how many alerts have counted for no rule since the start."""
    gaps_recorded: Counter[str] = field(default_factory=Counter)
    """By account, how many gaps were recorded since the start."""
    portions: int = 0
    """How many portions of a past the rules were stepped through since the start."""
    duplicates: int = 0
    """How many posts of ours were seen twice on a page since the start."""
    read_at: dict[str, Instant] = field(default_factory=dict)
    """When an account or a page last answered with all it was asked, named as in `trouble`."""
    doubted_at: dict[int, Instant] = field(default_factory=dict)
    """By its number, since when each operation in doubt is known to be."""
    detection: Detection | None = None
    """None: to be filled from the store at the next cycle."""
    standings: tuple[Standing, ...] = ()
    structures: dict[str, tuple[Instant, Structure]] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()
    """The keys of the pauses that were told of."""
    trouble: dict[str, str] = field(default_factory=dict)
    """What keeps an account or a page from being read, by "account NAME" or "page NAME"."""
    refused: set[str] = field(default_factory=set)
    """Those of `trouble` whose credentials were refused."""

    def __post_init__(self) -> None:
        self.began = self.began or self.clock.now()

    def forget(self) -> None:
        """Drop what is remembered: the next cycle starts from the store, as after a restart."""
        self.detection = None

    def take_over(self, other: Bridge) -> None:
        """Go on with what *other*, before a reload, remembered of the process as a whole."""
        self.began, self.paused = other.began, other.paused
        self.counted, self.unmatched = other.counted, other.unmatched
        self.gaps_recorded, self.duplicates = other.gaps_recorded, other.duplicates
        self.read_at, self.doubted_at = other.read_at, other.doubted_at
        # What could not be read can't be by a new configuration either, until it was tried.
        here = self._readable()
        self.trouble = {name: why for name, why in other.trouble.items() if name in here}
        self.refused = other.refused & here

    def _readable(self) -> set[str]:
        accounts = {f"account {source.account}" for source in self.sources}
        pages = {f"page {name}" for name in self.pages}
        return accounts | pages | {f"writing to {page}" for page in pages}

    def note_read(self, name: str) -> None:
        """Remember that *name* has just answered with all it was asked."""
        self.read_at[name] = self.clock.now()

    def note_doubts(self) -> int:
        """Remember since when each operation is in doubt; return how many are."""
        now, found = self.clock.now(), map(_number_in_doubt, self.store.cases())
        self.doubted_at = {n: self.doubted_at.get(n, now) for n in found if n is not None}
        return len(self.doubted_at)

    def note_counts(self, detection: Detection) -> None:
        """Take over what *detection* has counted."""
        for rule, count in zip(detection.rules, detection.counted, strict=True):
            self.counted[rule.id] += count
        for code, count in detection.missed.items():
            self.unmatched[fault_of(code)] += count
        detection.begin_count()

    def pauses(self) -> tuple[Act, ...]:
        """Return who stopped publishing, of what, and why; empty where nobody did."""
        kept = self.store.acts.pauses(self.clock.now())
        why = self.emergency()
        if why is None:
            return kept
        return (Act(ActKind.PAUSE, "", "", 0, BY_FILE, why), *kept)

    def pause_of(self, page: str, incident: str) -> Act | None:
        """Return what keeps *incident* of *page* from being written to; None: nobody does."""
        return covering(self.pauses(), page, incident)

    def note_pauses(self) -> None:
        """Say which pauses began and which are over since this was asked last."""
        pauses = {pause.key: pause for pause in self.pauses()}
        for key, pause in pauses.items():
            if key not in self.paused:
                log.warning("publishing.paused", key=key, who=pause.who, why=pause.reason)
        for key in sorted(self.paused - pauses.keys()):
            log.info("publishing.resumed", key=key)
        self.paused = frozenset(pauses)

    def note_trouble(self, name: str, error: Unavailable | Unauthorized) -> None:
        """Remember that *name* can't be read; say so once, and again where it is now refused."""
        refused = isinstance(error, Unauthorized)
        if name not in self.trouble or (refused and name not in self.refused):
            log.warning("source.unavailable", source=name, why=error.reason)
        if refused:
            self.refused.add(name)
        else:
            self.refused.discard(name)
        self.trouble[name] = error.reason

    def clear_trouble(self, name: str) -> None:
        """Remember that *name* can be read, and say so if it could not."""
        self.refused.discard(name)
        if self.trouble.pop(name, None) is not None:
            log.info("source.recovered", source=name)

    def note_held(self, page: str, held: Iterable[Held]) -> None:
        """Store what is held on *page*; say what was not held before, or for another reason."""
        known = {(one.episode, one.reason) for at, one, _ in self.store.held() if at == page}
        entries = tuple(held)
        self.store.note_held(page, entries, self.clock.now())
        for one in entries:
            if (one.episode, one.reason) not in known:
                log.info(
                    "operation.held",
                    page=page,
                    incident=one.incident,
                    reason=str(one.reason),
                    detail=one.detail,
                )

    def note_owner(self, case: Case, ledger: Ledger) -> None:
        """Say that an incident is no longer ours, once."""
        if ledger.owner not in (case.ledger.owner, Owner.OURS):
            log.warning(
                "incident.handed_over",
                incident=case.episode.group.incident,
                incident_id=ledger.incident_id,
                owner=str(ledger.owner),
                why=ledger.why,
            )


def _number_in_doubt(case: Case) -> int | None:
    """Return the number of the case's operation where its outcome is unknown."""
    operation = case.operation
    return operation.id if operation is not None and operation.unknowns else None
