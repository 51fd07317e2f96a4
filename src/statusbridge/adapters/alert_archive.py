"""Alerts read from Twilio for replays, kept in the state folder: a file for each stretch of time.

What a stretch held does not change once some time has passed, so each is read once. Kept is what
rules can ask for and nothing else: no texts, no URLs. Files are the owner's alone.
"""

from __future__ import annotations

import asyncio
import gzip
import heapq
import os
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from statusbridge.adapters.recorded_order import joined
from statusbridge.adapters.recording import lined
from statusbridge.adapters.recording_entries import Entry, Portion, RecordingError, Tell
from statusbridge.core.coverage import DAY, HOUR, MINUTE, RETENTION, Batch, Gap
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import Alert, Instant, Seconds, iso
from statusbridge.core.rules import Probe

SLICE: Seconds = 6 * HOUR
"""Stretches begin at multiples of it. A listing holds 10,000 alerts, so most need one or two."""
SETTLED: Seconds = 15 * MINUTE
"""Read so long after its end, a stretch is taken to be whole: Twilio stores some alerts late."""
AT_ONCE = 3
"""Stretches of one account that are read at a time: Twilio limits concurrency by account."""
_ATTEMPTS = 4
_KEPT: Seconds = 35 * DAY
_ENDING = ".alerts.gz"
_NAME = re.compile(r".+-(\d{10,12})-(\d{10,12})-[0-9a-f]{12}\.alerts\.gz")

Read = Callable[[Instant, Instant], AsyncGenerator[Batch, None]]
"""Reads all alerts of a stretch, both ends included."""
_encode = msgspec.json.Encoder().encode
_gaps = msgspec.json.Decoder(list[tuple[Instant, Instant, str]])


@dataclass(frozen=True, slots=True)
class Stretch:
    """Alerts of *account* in [*lo*, *hi*]."""

    account: str
    lo: Instant
    hi: Instant


def stretches(
    accounts: Iterable[str], after: Instant, until: Instant, now: Instant
) -> list[Stretch]:
    """Return what (after, until] is read in, by account, oldest first: whole ones, up to *now*."""
    begins = range((after + 1) // SLICE * SLICE, until + 1, SLICE)
    return [
        Stretch(account, begin, min(begin + SLICE - 1, now))
        for account in accounts
        for begin in begins
    ]


def oldest_start(now: Instant) -> Instant:
    """Return the time after which Twilio still lists all alerts, in whole stretches."""
    return -(-(now - RETENTION + MINUTE) // SLICE) * SLICE - 1


class Archive:
    """The files in *folder* of alerts as *probes* look at them."""

    def __init__(self, folder: Path, probes: tuple[Probe, ...], origin: str) -> None:
        self._folder = folder
        seed = "\x1f".join([origin, *sorted(probe.trait for probe in probes)])
        self._print = sha256(seed.encode()).hexdigest()[:12]

    async def fill(
        self,
        reads: Mapping[str, Read],
        wanted: Iterable[Stretch],
        now: Instant,
        done: Callable[[], None],
    ) -> None:
        """Read what of *wanted* is not here. *done* hears of each stretch that is.

        What was read stays where another stretch fails. Raises Unavailable, Unauthorized and
        RecordingError.
        """
        self._prepare(now)
        turns = {account: asyncio.Semaphore(AT_ONCE) for account in reads}

        async def one(stretch: Stretch) -> None:
            async with turns[stretch.account]:
                if not self._path(stretch).exists():
                    await self._fetch(reads[stretch.account], stretch)
                done()

        try:
            async with asyncio.TaskGroup() as group:
                for stretch in wanted:
                    group.create_task(one(stretch))
        except BaseExceptionGroup as failures:
            # One says why; that the others were given up follows from it.
            raise failures.exceptions[0] from None

    def portions(self, wanted: Iterable[Stretch], tell: Tell) -> Iterator[Portion]:
        """Yield the alerts of *wanted*, all accounts together, oldest first."""
        by_time: dict[Instant, list[Stretch]] = {}
        for stretch in wanted:
            by_time.setdefault(stretch.lo, []).append(stretch)
        for _, together in sorted(by_time.items()):
            with ExitStack() as opened:
                files = [opened.enter_context(_opened(self._path(one))) for one in together]
                yield from lined(joined(heapq.merge(*map(_lines, files))), tell)

    def gaps(self, wanted: Iterable[Stretch]) -> tuple[tuple[str, Gap], ...]:
        """Return what of *wanted* could not be read."""
        found = []
        for stretch in wanted:
            path = self._path(stretch).with_suffix(".gaps")
            if path.exists():
                found += [(stretch.account, Gap(*gap)) for gap in _gaps.decode(path.read_bytes())]
        return tuple(found)

    def _path(self, stretch: Stretch) -> Path:
        name = f"{stretch.account}-{stretch.lo}-{stretch.hi}-{self._print}{_ENDING}"
        return self._folder / name

    def _prepare(self, now: Instant) -> None:
        """Make the folder, and drop what is too old to be asked for or was not whole."""
        try:
            # With parents=True alone, a state folder that is not there yet would be open to others.
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._folder.glob(f"*{_ENDING}"):
                found = _NAME.fullmatch(path.name)
                hi = int(found[2]) if found else 0
                read_at = path.stat().st_mtime
                if hi < now - _KEPT or read_at < hi + SETTLED:
                    path.unlink()
        except OSError as error:
            raise _unusable(self._folder, error) from error

    async def _fetch(self, read: Read, stretch: Stretch) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                found = await _collected(read, stretch)
            except Unavailable as error:
                if attempt == _ATTEMPTS - 1:
                    raise
                await asyncio.sleep(min(60, error.retry_after or 2**attempt))
            else:
                self._keep(stretch, *found)
                return

    def _keep(self, stretch: Stretch, lines: list[bytes], gaps: list[Gap]) -> None:
        path = self._path(stretch)
        try:
            if gaps:
                told = msgspec.json.encode([(gap.lo, gap.hi, gap.reason) for gap in gaps])
                _write(path.with_suffix(".gaps"), told)
            _write(path, gzip.compress(b"".join(lines), compresslevel=3))
        except OSError as error:
            raise _unusable(path, error) from error


async def _collected(read: Read, stretch: Stretch) -> tuple[list[bytes], list[Gap]]:
    """Return the alerts of *stretch* as lines in order of time, and what could not be read."""
    lines: set[bytes] = set()
    gaps: list[Gap] = []
    async with aclosing(read(stretch.lo, stretch.hi)) as batches:
        async for batch in batches:
            lines.update(map(_line, batch.alerts))
            gaps += batch.gaps
    return sorted(lines), gaps


def _line(alert: Alert) -> bytes:
    entry = Entry(
        sid=alert.sid,
        account_sid=alert.account,
        date_generated=iso(alert.at),
        error_code=alert.code,
        log_level=alert.level,
        resource_sid=alert.resource,
        service_sid=alert.service,
        host=alert.host,
        traits=list(alert.traits),
    )
    return iso(alert.at).encode() + _encode(entry) + b"\n"


def _write(path: Path, content: bytes) -> None:
    """Write *path* whole or not at all, for its owner alone."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _opened(path: Path) -> gzip.GzipFile:
    try:
        return gzip.GzipFile(path)
    except OSError as error:
        raise _unusable(path, error) from error


def _lines(file: gzip.GzipFile) -> Iterator[bytes]:
    try:
        yield from file
    except (OSError, EOFError) as error:
        raise RecordingError(
            f"{file.name} is damaged. Remove it, and it is read from Twilio again."
        ) from error


def _unusable(path: Path, error: OSError) -> RecordingError:
    why = (error.strerror or str(error)).lower()
    return RecordingError(f"{path} can't be used ({why}). Run as the user of the state folder.")
