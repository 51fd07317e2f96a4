"""Recorded entries as the core's alerts: those that rules may want as values, the others as counts.

Most of a history is noise that no rule looks at. What an alert's code, level and account say is
looked up once for each combination; only of those that some rule could match are texts and URLs
read. The outcome is what `twilio_wire` would have made of the same alerts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from statusbridge.adapters.recording_entries import Entry, Portion, Tell
from statusbridge.adapters.twilio_text import code_of, host_of, instant_of, trait_reader
from statusbridge.core.model import Alert, Instant, Seconds, iso
from statusbridge.core.rules import Probe, Rule

SLACK: Seconds = 900
"""How far entries may stand out of order: Twilio lists by one date, rules count by the other."""
STRETCH: Seconds = 300
_MOST_STRETCHES = 12_000
"""A month has 8,640; of a longer history each stretch is twice as long, or more."""
_LONGEST_SID = 64
_MOST_KINDS = 10_000
_MOST_MINUTES = 50_000
_NAMELESS = "no alert: it has no usable sid"
_TIMELESS = "it has no time: neither date_generated nor date_created"
_SECONDS = {f":{second:02}Z": second for second in range(60)}


class DisorderedError(Exception):
    """Entries are further out of order than `SLACK`: they have to be sorted first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a recording: alerts in (*after*, *until*] that rules may want."""

    names: Callable[[str | None], str | None]
    """The configured name of the account of a SID; None: it is not one that the bridge reads."""
    candidates: Callable[[int | None, str, str], tuple[Rule, ...]]
    """The rules that can match an alert of this code, level and account."""
    probes: tuple[Probe, ...] = ()
    after: Instant = -(1 << 62)
    until: Instant = 1 << 62


@dataclass(slots=True)
class Tally:
    """What was seen of a recording so far, alerts of configured accounts, each once."""

    last: Instant | None = None
    """Time of the newest alert; of entries out of order, of one among the newest."""
    repeated: int = 0
    elsewhere: int = 0
    """Of accounts that are not configured."""
    outside: int = 0
    """Before or after what was asked for."""
    width: Seconds = STRETCH
    counts: dict[Instant, Counter[int | None]] = field(default_factory=dict)
    """By beginning of a stretch of *width*, by code."""
    unwanted: Counter[int | None] = field(default_factory=Counter)
    """Those that no rule could match, by code."""

    @property
    def alerts(self) -> int:
        return sum(by_code.total() for by_code in self.counts.values())

    def add(self, begin: Instant, code: int | None, count: int) -> None:
        """Count *count* alerts in the stretch that *begin* lies in."""
        at = begin // self.width * self.width
        if at not in self.counts and len(self.counts) >= _MOST_STRETCHES:
            self._coarsen()
            at = begin // self.width * self.width
        self.counts.setdefault(at, Counter())[code] += count

    def _coarsen(self) -> None:
        self.width *= 2
        before, self.counts = self.counts, {}
        for at, by_code in before.items():
            self.counts.setdefault(at // self.width * self.width, Counter()).update(by_code)


@dataclass(slots=True)
class _Kind:
    """What code, level and account decide. *count*: since the stretch began."""

    code: int | None
    level: str
    account: str | None
    wanted: bool
    texts: bool
    """Whether a rule that could match asks for the text; *hosts*: for the request's host."""
    hosts: bool
    count: int = 0


class Sift:
    """Reads portions, and counts each alert once: one that comes again has the same time."""

    def __init__(self, wanted: Wanted, tell: Tell) -> None:
        self.tally = Tally()
        self.settled: Instant = -(1 << 62)
        """What is still to come lies after it."""
        self._wanted = wanted
        self._tell = tell
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        self._minutes: dict[str, Instant] = {}
        self._traits = trait_reader(wanted.probes)
        self._newest: Instant = -(1 << 62)
        self._seen: dict[Instant, set[str]] = {}
        self._stretch: tuple[Instant, Instant, set[str]] = (0, 0, set())

    def read(self, portion: Portion) -> list[Alert]:
        """Return those alerts of *portion* that a rule could match, as they stand.

        Raises DisorderedError.
        """
        found: list[Alert] = []
        bad: list[tuple[int, str]] = []
        kinds, minutes, seconds = self._kinds, self._minutes, _SECONDS
        lo, hi, seen = self._stretch
        for place, entry in enumerate(portion.entries):
            stamp, sid = entry.date_generated, entry.sid
            try:
                at = minutes[stamp[:16]] + seconds[stamp[16:]]  # type: ignore[index]
            except (KeyError, TypeError):
                at = self._time_of(entry)
            if not sid:
                bad.append((place, _NAMELESS))
                continue
            if not lo <= at < hi:
                if at < 0:
                    bad.append((place, _TIMELESS))
                    continue
                lo, hi, seen = self._stretch = self._turned_to(at)
            if sid in seen:
                self.tally.repeated += 1
                continue
            seen.add(sid)
            key = (entry.error_code, entry.log_level, entry.account_sid)
            kind = kinds.get(key) or self._learn(key)
            if kind.wanted:
                # Asked only here: to look at each character of all sids is a tenth of the time.
                if not _usable(sid):
                    bad.append((place, _NAMELESS))
                    continue
                found.append(self._alert(entry, sid, at, kind))
            kind.count += 1
        if portion.entries and 0 <= at <= self._wanted.until:
            self.tally.last = max(at, self.tally.last or 0)
        if bad:
            lines = portion.lines()
            for place, why in bad:
                self._tell(lines[place], why)
        after, until = self._wanted.after, self._wanted.until
        return [alert for alert in found if after < alert.at <= until]

    def reduced(self, portion: Portion) -> Iterator[tuple[Instant, Entry]]:
        """Yield the entries of *portion* with a time and a sid, without what no rule asks for."""
        lines = portion.lines()
        for place, entry in enumerate(portion.entries):
            at, sid = self._time_of(entry), entry.sid
            if at < 0 or not sid or not _usable(sid):
                self._tell(lines[place], _NAMELESS if at >= 0 else _TIMELESS)
            elif self._wanted.after < at <= self._wanted.until:
                yield at, self._reduced(entry, sid, at)

    def finish(self) -> None:
        """Count what is not counted yet: nothing more comes."""
        self._flush()
        self.settled = 1 << 62

    def _turned_to(self, at: Instant) -> tuple[Instant, Instant, set[str]]:
        """Return the stretch that *at* lies in, which is all wanted or all not, and its SIDs.

        Raises DisorderedError.
        """
        self._flush()
        if at < self._newest - SLACK:
            raise DisorderedError
        lo = at // STRETCH * STRETCH
        hi = lo + STRETCH
        for end in (self._wanted.after + 1, self._wanted.until + 1):
            lo, hi = (end, hi) if lo < end <= at else (lo, end) if at < end < hi else (lo, hi)
        if lo > self._newest:
            self._newest, self.settled = lo, lo - SLACK
            self._seen = {at: sids for at, sids in self._seen.items() if at >= lo - 2 * SLACK}
        return lo, hi, self._seen.setdefault(lo, set())

    def _flush(self) -> None:
        """Count what came in the stretch that now ends."""
        lo, tally = self._stretch[0], self.tally
        inside = self._wanted.after < lo <= self._wanted.until
        for kind in self._kinds.values():
            if kind.count and not inside:
                tally.outside += kind.count
            elif kind.count and kind.account is None:
                tally.elsewhere += kind.count
            elif kind.count:
                tally.add(lo, kind.code, kind.count)
                if not kind.wanted:
                    tally.unwanted[kind.code] += kind.count
            kind.count = 0
        if len(self._kinds) > _MOST_KINDS:
            self._kinds.clear()

    def _learn(self, key: tuple[str | float | None, str | None, str | None]) -> _Kind:
        code, level = code_of(key[0]), key[1].lower() if key[1] else ""
        account = self._wanted.names(key[2])
        rules = () if account is None else self._wanted.candidates(code, level, account)
        texts = any(rule.match.texts for rule in rules)
        hosts = any(rule.match.request_hosts for rule in rules)
        kind = self._kinds[key] = _Kind(code, level, account, bool(rules), texts, hosts)
        return kind

    def _alert(self, entry: Entry, sid: str, at: Instant, kind: _Kind) -> Alert:
        host, traits = entry.host, entry.traits
        if host is None and kind.hosts:
            host = host_of(entry.request_url)
        if traits is None and kind.texts:
            found = self._traits(entry.alert_text)
        else:
            found = tuple(traits or ())
        return Alert(
            kind.account or "",
            sid,
            at,
            kind.code,
            kind.level,
            entry.resource_sid or None,
            entry.service_sid or None,
            host,
            found,
        )

    def _reduced(self, entry: Entry, sid: str, at: Instant) -> Entry:
        key = (entry.error_code, entry.log_level, entry.account_sid)
        kind = self._kinds.get(key) or self._learn(key)
        kept = Entry(
            sid=sid,
            account_sid=entry.account_sid,
            date_generated=iso(at),
            error_code=entry.error_code,
            log_level=entry.log_level,
        )
        if kind.wanted:
            alert = self._alert(entry, sid, at, kind)
            kept.resource_sid, kept.service_sid = alert.resource, alert.service
            kept.host, kept.traits = alert.host, list(alert.traits)
        return kept

    def _time_of(self, entry: Entry) -> Instant:
        """Return the event time of *entry*; negative where it has none, or lies before 1970."""
        stamp = entry.date_generated
        at = instant_of(stamp)
        if at is None:
            at = instant_of(entry.date_created)
        elif stamp is not None and len(stamp) == 20 and stamp[16:] in _SECONDS:
            if len(self._minutes) > _MOST_MINUTES:
                self._minutes.clear()
            self._minutes[stamp[:16]] = at - _SECONDS[stamp[16:]]
        return -1 if at is None else at


def _usable(sid: str) -> bool:
    return sid.isascii() and sid.isalnum() and len(sid) <= _LONGEST_SID
