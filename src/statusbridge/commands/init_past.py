"""What `init` looks at: the pages, the alerts of the last days, and what rules make of them."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from statusbridge.adapters.recorded_alerts import Sift, Wanted
from statusbridge.commands.backtest_past import fetched
from statusbridge.config.errors import ConfigError, Problem
from statusbridge.config.load import load_text
from statusbridge.config.values import Config, missing_secrets
from statusbridge.core.model import Instant
from statusbridge.core.rules import Rule, candidates
from statusbridge.rehearse.backtest import EmptyError, History, replay
from statusbridge.rehearse.meters import Meter
from statusbridge.starter.measuring import numbers_for, quiet_of
from statusbridge.starter.proposal import Proposal

_BUCKET = 60
_MOST = 0.9
"""The share of alerts that say what they are about, from which on rules may rely on it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The alerts of the last days. *since*: when the first of them was, *until* where none was."""

    history: History
    codes: Mapping[int | None, int]
    since: Instant
    until: Instant


def access(environ: Mapping[str, str]) -> Config:
    """Return a configuration that says nothing: both services by their usual variables.

    Raises ConfigError where one is not set, or holds no secret.
    """
    config = load_text("", Path("environment"), environ)
    unset = [secret.name for secret in config.secrets if secret.name not in environ]
    if unset:
        what = f"{' and '.join(unset)} not set; export the credentials of both services first"
        raise ConfigError((Problem("environment", what),))
    if problems := missing_secrets(config):
        raise ConfigError(problems)
    return config


async def seen(config: Config, days: int) -> Seen:
    """Read the alerts of the last *days*. Raises what `fetched` does."""
    args = argparse.Namespace(days=days, since=None, until=None)
    history = await fetched(args, config, None)
    sift = Sift(_wanted(history, ()), _unheard)
    for portion in history.read(_unheard):
        sift.read(portion)
    sift.finish()
    assert history.until is not None
    since = min(sift.tally.counts, default=history.until)
    return Seen(history, sift.tally.unwanted, since, history.until)


def measured(found: Seen, rules: tuple[Rule, ...], proposals: list[Proposal]) -> list[Proposal]:
    """Return *proposals*, of which *rules* are, with numbers from what their rules measured."""
    meters = [Meter(rule, found.since, _BUCKET) for rule in rules]
    named: Counter[int] = Counter()
    sift = Sift(_wanted(found.history, rules), _unheard)
    for portion in found.history.read(_unheard):
        for alert in sift.read(portion):
            for rule in candidates(rules, alert.code, alert.level, alert.account):
                meters[rule.order].add(alert.at, alert.resource, alert.account)
                named[rule.order] += alert.resource is not None
    return [
        _measured(one, meter, found, named[place])
        for place, (one, meter) in enumerate(zip(proposals, meters, strict=True))
    ]


def _measured(one: Proposal, meter: Meter, found: Seen, named: int) -> Proposal:
    meter.finish(found.until)
    if not meter.matched:
        return one
    quiet = quiet_of(meter.peaks["count"], found.since, found.until)
    with_resources = named >= _MOST * meter.matched
    return replace(one, quiet=quiet, numbers=numbers_for(quiet, with_resources=with_resources))


async def tried(found: Seen, config: Config, proposals: list[Proposal]) -> list[Proposal]:
    """Return *proposals*, whose rules *config* has, with what they would have opened."""
    try:
        result = (await replay(config, found.history, _unheard, lambda until: None)).result
    except EmptyError:
        return proposals
    return [
        replace(
            one,
            opened=tuple(o.started_at for o in result.outages if one.product.id in o.rules),
        )
        for one in proposals
    ]


def _wanted(history: History, rules: tuple[Rule, ...]) -> Wanted:
    assert history.after is not None
    assert history.until is not None
    return Wanted(
        history.names,
        lambda code, level, account: candidates(rules, code, level, account),
        after=history.after,
        until=history.until,
    )


def _unheard(line: int, why: str) -> None:
    """The bridge wrote what is read here: none of it is broken."""
