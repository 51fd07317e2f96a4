"""What `backtest` replays and grades by: recorded alerts, and what people posted."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from statusbridge.adapters.alert_archive import Archive, oldest_start, stretches
from statusbridge.adapters.clock import SystemClock
from statusbridge.adapters.recording import portions
from statusbridge.adapters.recording_entries import RecordingError
from statusbridge.bootstrap import histories
from statusbridge.commands.running import bridged, complain, copied_store
from statusbridge.config.secrets import SecretError, missing, reveal
from statusbridge.config.values import Account, Config
from statusbridge.core.coverage import DAY
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Structure
from statusbridge.core.model import Instant
from statusbridge.core.rules import probes
from statusbridge.rehearse.backtest import History
from statusbridge.rehearse.grading import Name
from statusbridge.rehearse.posted import namer, posted_in, posted_on
from statusbridge.rehearse.result import Posted
from statusbridge.rehearse.structure import structure_of

_NAMED = 10
"""Broken lines that are named; further ones are only counted."""


class UsageError(Exception):
    """Arguments that contradict each other, or a time that is none."""


@dataclass(slots=True)
class Complaints:
    """What could not be read, of which the first few are said."""

    path: Path | None
    """None: alerts read from Twilio."""
    strict: bool
    count: int = 0
    named: list[tuple[int, str]] = field(default_factory=list)
    last: int = 0
    """The furthest line heard of: to be sorted, or for another configuration, it is read again."""

    def hear(self, line: int, why: str) -> None:
        """Count it, and say so. Raises RecordingError where nothing may be left out."""
        if line <= self.last:
            return
        self.last = line
        said = f"{self.path}:{line}: {why}"
        if self.strict:
            raise RecordingError(f"{said}. Leave out --strict to go on without it.")
        self.count += 1
        if self.count <= _NAMED:
            self.named.append((line, why))
            complain(f"{said}; left out")

    def sum_up(self) -> None:
        """Say how many there were, where that was not said one by one."""
        if self.count > _NAMED:
            complain(f"{self.path}: {self.count:,} lines in all could not be used")


@dataclass(frozen=True, slots=True)
class People:
    """What people posted, and how components are called. *posted* None: it is not known."""

    posted: tuple[Posted, ...] | None
    name: Name


def recorded(args: argparse.Namespace, config: Config) -> History:
    """Return the history in the file that *args* names. Raises UsageError."""
    if args.days is not None:
        raise UsageError("--days is of what Twilio has. With --alerts, give --from and --to.")
    since, until = stretch(args)
    path: Path = args.alerts
    return History(partial(portions, path), names(config), since, until)


def stretch(args: argparse.Namespace) -> tuple[Instant | None, Instant | None]:
    """Return from when to when *args* ask for. Raises UsageError."""
    since, until = _time(args.since), _time(args.until)
    if since is not None and until is not None and since >= until:
        raise UsageError("--from is not before --to. Swap them.")
    return since, until


def names(config: Config) -> Callable[[str | None], str | None]:
    """Return what names the account of a SID; an only account takes all."""
    accounts = config.twilio.accounts
    if len(accounts) == 1:
        return lambda sid: accounts[0].name
    known = {account.name: account.name for account in accounts}
    for account in accounts:
        try:
            known[reveal(account.account_sid)] = account.name
        except SecretError as error:
            complain(f"{error.problem}; its alerts in the file can't be told from others'")
    return lambda sid: None if sid is None else known.get(sid)


def kept_names(config: Config) -> Callable[[str | None], str | None]:
    """Return what knows accounts by the names they were kept under, and no others."""
    known = frozenset(account.name for account in config.twilio.accounts)
    return lambda name: name if name in known else None


def _time(text: str | None) -> Instant | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no time. Give one as 2026-11-21 or 2026-11-21T22:37:00Z."
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


async def people(args: argparse.Namespace, config: Config) -> People:
    """Return what people posted, from where *args* say it is to be known.

    Raises RecordingError, and Unavailable or Unauthorized where the page was asked for by name.
    """
    wanted: str | None = args.incidents
    if wanted == "none" or (wanted is None and args.alerts is not None):
        return People(None, namer(_assumed(config)))
    if wanted in (None, "page"):
        return await _on_pages(config, asked_for=wanted is not None)
    name = namer(_assumed(config))
    return People(posted_in(Path(str(wanted)), _pages(config), name), name)


def _pages(config: Config) -> tuple[str, ...]:
    return tuple(page.name for page in config.incidentio.pages)


def _assumed(config: Config) -> dict[str, Structure]:
    """Return each page as its rules think it is."""
    return {
        page.name: structure_of(
            page.id,
            page.name,
            [c for rule in config.rules if rule.page == page.name for c in rule.components],
        )
        for page in config.incidentio.pages
    }


async def _on_pages(config: Config, *, asked_for: bool) -> People:
    """Return what is on the pages, without what the bridge itself opened."""
    if not asked_for and (problem := missing(config.incidentio.api_key)):
        complain(f"{problem}; not graded by what people posted")
        return People(None, namer(_assumed(config)))
    structures: dict[str, Structure] = {}
    found: list[Posted] = []
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            for name, page in parts.bridge.pages.items():
                try:
                    structures[name] = await page.structure()
                    incidents = await page.incidents()
                except (Unavailable, Unauthorized) as error:
                    if asked_for:
                        raise
                    complain(f"page {name}: {error.reason}; not graded by what people posted")
                    return People(None, namer(_assumed(config)))
                ours = store.own_incidents(name)
                found += posted_on(name, structures[name], incidents, ours)
    return People(tuple(found), namer(structures))


async def fetched(args: argparse.Namespace, config: Config, other: Config | None) -> History:
    """Return the history that Twilio has, read into the state folder as far as it is not there.

    Texts are looked at for the rules of *other* too. Raises UsageError, RecordingError, Unavailable
    and Unauthorized.
    """
    now = SystemClock().now()
    after, until = _asked(args, now)
    asked = config if other is None else replace(config, rules=(*config.rules, *other.rules))
    accounts = tuple(account.name for account in config.twilio.accounts)
    wanted = stretches(accounts, after, until, now)
    origin = "\x1f".join([config.twilio.base_url, *map(_identity, config.twilio.accounts)])
    archive = Archive(config.store_path.parent / "history", probes(asked.rules), origin)
    try:
        async with histories(asked) as reads:
            with _progress(len(wanted)) as done:
                await archive.fill(reads, wanted, now, done)
    except Unavailable as error:
        raise Unavailable(f"{error.reason}. Run it again: what was read so far is kept") from error
    return History(
        lambda tell: archive.portions(wanted, tell),
        kept_names(config),
        after,
        until,
        archive.gaps(wanted),
    )


def _asked(args: argparse.Namespace, now: Instant) -> tuple[Instant, Instant]:
    since, until = stretch(args)
    if args.days is not None and since is not None:
        raise UsageError("--days and --from say the same. Leave one out.")
    oldest = oldest_start(now)
    days = 30 if args.days is None else args.days
    begin = max(oldest, now - days * DAY if since is None else since)
    end = min(now, now if until is None else until)
    if begin >= end:
        raise UsageError("Twilio keeps alerts for 30 days. Ask for some of those.")
    return begin, end


def _identity(account: Account) -> str:
    return f"{account.name}={reveal(account.account_sid)}"


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Show on a terminal how much of *total* was read."""
    console = Console(stderr=True)
    shown = (TextColumn("reading alerts"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    hidden = not console.is_terminal
    with Progress(*shown, console=console, disable=hidden, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
