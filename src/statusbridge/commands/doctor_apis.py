"""What `doctor` asks both APIs: can they be read, what time is it there, what may the key do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing

from statusbridge.adapters.clock import SystemClock
from statusbridge.adapters.incidentio import IncidentIo
from statusbridge.adapters.incidentio_structure import Identity
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.twilio_clock import TOLERANCE, Disbelieved
from statusbridge.bridge.protocols import Source
from statusbridge.commands.check import references
from statusbridge.commands.findings import Finding, fail, ok, warn
from statusbridge.commands.running import bridged
from statusbridge.config.values import Config
from statusbridge.core.coverage import Budget, Coverage
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Structure
from statusbridge.core.model import Instant, Seconds, Stage
from statusbridge.core.rules import Rule
from statusbridge.core.structure import resolve

PUBLISHER = "status_page_publisher"
"""The role that lets a key post (OpenAPI of incident.io: the roles of `/v1/identity`)."""
_ENOUGH = frozenset({PUBLISHER, "status_page_viewer", "viewer"})

ODD: Seconds = 5
"""A difference of clocks that a network and whole seconds don't make."""
_SYNC = "let this machine take its time from the network (NTP)"


async def ask_apis(config: Config, store: SqliteStore) -> AsyncIterator[Finding]:
    """Yield what both APIs answered. Writes to neither."""
    async with bridged(config, store) as parts:
        for source in parts.bridge.sources:
            async for finding in _account(source):
                yield finding
        pages = [(n, p) for n, p in parts.bridge.pages.items() if isinstance(p, IncidentIo)]
        for _, page in pages[:1]:
            yield await _key(page, config)
        for name, page in pages:
            for finding in await _page(name, page, config):
                yield finding
        for _, page in pages[:1]:
            if page.last_date is not None:
                yield clock("incident.io", page.last_date)


async def _account(source: Source) -> AsyncIterator[Finding]:
    name = f"account {source.account}"
    try:
        async with aclosing(source.poll(Coverage(), Budget(pages=1, seconds=20))) as batches:
            async for batch in batches:
                if (said := batch.coverage.heard_until) is not None:
                    yield ok(name, "can be read")
                    yield clock("Twilio", said)
    except (Unavailable, Unauthorized) as error:
        yield unanswered(name, error, "Twilio")


def clock(service: str, said: Instant) -> Finding:
    """Return how this machine's clock stands to that of *service*, which just *said* its time."""
    ahead = SystemClock().now() - said
    what = f"clock, {service}"
    if abs(ahead) <= ODD:
        return ok(what, "this machine's agrees")
    says = f"this machine's is {abs(ahead)} s {'ahead' if ahead > 0 else 'behind'}"
    if abs(ahead) <= TOLERANCE:
        return warn(what, says, _SYNC)
    return fail(what, f"{says}: beyond {TOLERANCE} s nothing is concluded", _SYNC)


async def _key(page: IncidentIo, config: Config) -> Finding:
    try:
        key = await page.identity()
    except (Unavailable, Unauthorized) as error:
        return unanswered("API key", error, "incident.io")
    return judged(key, publishes=any(rule.stage is not Stage.SHADOW for rule in config.rules))


def judged(key: Identity, *, publishes: bool) -> Finding:
    """Return what the roles of *key* are good for. *publishes*: some rule may post."""
    more = sorted(set(key.roles) - _ENOUGH)
    if PUBLISHER not in key.roles:
        says = f"“{key.name}” may not publish: it lacks the role {PUBLISHER}"
        do = "make a key with it in incident.io's settings"
        return fail("API key", says, do) if publishes else warn("API key", says, do)
    if more:
        says = f"“{key.name}” may do more than is needed: {', '.join(more)}"
        return warn("API key", says, f"use a key with {PUBLISHER} alone")
    return ok("API key", f"“{key.name}” may publish, and nothing else that matters")


async def _page(name: str, page: IncidentIo, config: Config) -> list[Finding]:
    try:
        structure = await page.structure()
    except (Unavailable, Unauthorized) as error:
        return [unanswered(f"page {name}", error, "incident.io")]
    says = f"“{structure.name}”, {len(structure.components)} components"
    return [ok(f"page {name}", says), *drift(config.rules, name, structure)]


def unanswered(what: str, error: Unavailable | Unauthorized, service: str) -> Finding:
    """Return that *service* did not say what it was asked, and where to look for the cause."""
    if isinstance(error, Unauthorized):
        do = f"put credentials that {service} takes where the configuration names them"
    elif isinstance(error.__cause__, Disbelieved):
        do = _SYNC
    else:
        do = f"see that this machine reaches {service}: its network, proxy and firewall"
    return fail(what, error.reason, do)


def drift(rules: Sequence[Rule], name: str, structure: Structure) -> Iterator[Finding]:
    """Yield what on page *name* is not, or not any more, as *rules* take it to be."""
    what = f"page {name}"
    for problem in references(rules, name, structure):
        yield fail(what, str(problem), "mend the rule's component, then SIGHUP")
    hidden = {
        component.id: component.full_name for component in structure.components if component.hidden
    }
    for rule in rules:
        for reference in rule.components if rule.page == name else ():
            found = resolve(reference, structure)
            if isinstance(found, str) and found in hidden:
                says = f"rule {rule.id}: “{hidden[found]}” is hidden there"
                yield warn(what, says, "show it on the page, or customers don't see its status")
