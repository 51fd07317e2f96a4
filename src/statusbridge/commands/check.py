"""`statusbridge check`: the file, the secrets, both APIs: what was found, then warnings."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterable
from contextlib import aclosing

from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_lookups import mails_refused
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Source
from statusbridge.commands.exits import FAILED, REFUSED
from statusbridge.commands.notify_trial import receivers_named, try_out
from statusbridge.commands.running import bridged, complain, copied_store, log_by
from statusbridge.config.errors import ConfigError, Problem
from statusbridge.config.exposure import exposures
from statusbridge.config.lint_names import Lint, named
from statusbridge.config.load import load
from statusbridge.config.past_lints import mail_lints, noise_lints
from statusbridge.config.values import Config, missing_secrets
from statusbridge.core.coverage import Budget, Coverage
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Structure
from statusbridge.core.model import Stage
from statusbridge.core.rules import Rule
from statusbridge.core.structure import Ambiguous, Missing, resolve
from statusbridge.explain.coverage import past_of
from statusbridge.terminal import spelled_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `check`."""
    reach = parser.add_mutually_exclusive_group()
    reach.add_argument("--offline", action="store_true", help="look at the file alone")
    reach.add_argument(
        "--notify", action="store_true", help="send a test notice to everyone in [operator]"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 where there are warnings")


def run(args: argparse.Namespace) -> int:
    """Print what was found. Returns 0; 1 unreachable, or warnings with --strict; 77 refused; 78."""
    config = load(args.config, os.environ)
    log_by(config, at_least="warning")
    print(f"{config.path}: {counted(config)}")
    if told := receivers_named(config):
        print(f"operator: told by {told}{'' if args.notify else '; --notify tries it'}")
    warnings = [*config.warnings]
    code = 0
    if not args.offline:
        if missing := missing_secrets(config):
            raise ConfigError(missing)
        code, by_past = asyncio.run(_online(config))
        warnings += [*by_past, *_exposures(config)]
        if args.notify:
            code = max(code, asyncio.run(try_out(config)))
    for note in _shadowed(config):
        print(note)
    for warning in warnings:
        print(f"warning: {warning}")
    if code == 0 and warnings and args.strict:
        return FAILED
    return code


def counted(config: Config) -> str:
    """Return how many rules, accounts and pages *config* has, in words."""
    stages = [rule.stage for rule in config.rules]
    by_stage = ", ".join(f"{stages.count(stage)} {stage}" for stage in Stage if stage in stages)
    accounts = [account.name for account in config.twilio.accounts]
    pages = [page.name for page in config.incidentio.pages]
    counts = (
        (len(stages), "rule", by_stage),
        (len(accounts), "account", ", ".join(accounts)),
        (len(pages), "page", ", ".join(pages)),
    )
    return ", ".join(_so_many(*count) for count in counts)


def _so_many(count: int, noun: str, which: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}{f' ({which})' if which else ''}"


def _shadowed(config: Config) -> list[str]:
    """Return a note where nothing is published yet: as it should be at first, so no warning."""
    if not config.rules or any(rule.stage is not Stage.SHADOW for rule in config.rules):
        return []
    return ['note: every rule is in stage shadow: nothing is published before one is in "auto"']


def _by_past(config: Config, bridge: Bridge, store: SqliteStore) -> tuple[Problem, ...]:
    """Return what the stored alerts and posts say against the rules."""
    found = [*noise_lints(past_of(bridge, store))]
    found += mail_lints(config.rules, mails_refused(store))
    return config.places.problems(found)


def _exposures(config: Config) -> list[Problem]:
    return [Problem(p.where, named(Lint.FILE_EXPOSED, p.what)) for p in exposures(config)]


async def _online(config: Config) -> tuple[int, tuple[Problem, ...]]:
    """Read both APIs as a cycle would; return the exit code, and what the state says against rules.

    Raises ConfigError.
    """
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            codes = [await _account(source) for source in parts.bridge.sources]
            wrong: list[Problem] = []
            for name, page in parts.bridge.pages.items():
                try:
                    structure = await page.structure()
                    print(spelled_out(_page(name, structure)))
                    wrong += references(config.rules, name, structure)
                except (Unavailable, Unauthorized) as error:
                    codes.append(_trouble(f"page {name}", error))
            by_past = _by_past(config, parts.bridge, store)
    if wrong:
        raise ConfigError(tuple(wrong))
    return max(codes, default=0), by_past


async def _account(source: Source) -> int:
    """Read one page of the account's newest alerts."""
    name = f"account {source.account}"
    found = 0
    try:
        async with aclosing(source.poll(Coverage(), Budget(pages=1, seconds=20))) as batches:
            async for batch in batches:
                found += len(batch.alerts)
    except (Unavailable, Unauthorized) as error:
        return _trouble(name, error)
    print(f"{name}: readable, {found} alerts in the newest page")
    return 0


def _trouble(name: str, error: Unavailable | Unauthorized) -> int:
    complain(f"{name}: {error.reason}")
    return REFUSED if isinstance(error, Unauthorized) else FAILED


def _page(name: str, structure: Structure) -> str:
    return f"page {name}: “{structure.name}”, {len(structure.components)} components"


def references(rules: Iterable[Rule], page: str, structure: Structure) -> list[Problem]:
    """Return a problem for each component of *rules* that *page* has not, or more than once."""
    found = []
    for rule in rules:
        for reference in rule.components if rule.page == page else ():
            answer = resolve(reference, structure)
            if isinstance(answer, Ambiguous | Missing):
                found.append(Problem(f"rule {rule.id}", str(answer)))
    return found
