"""What a rule test says of its configuration: whether what it names is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from statusbridge.config.durations import parse
from statusbridge.config.errors import did_you_mean, one_of
from statusbridge.config.toml_lines import Loc
from statusbridge.config.validation import Finding
from statusbridge.config.values import Config
from statusbridge.core.live import Structure
from statusbridge.core.structure import Ambiguous, Missing, resolve
from statusbridge.rehearse.act_tables import ActTable, OpenTable
from statusbridge.rehearse.acting import LATEST
from statusbridge.rehearse.order_tables import OrderTable
from statusbridge.rehearse.structure import structures
from statusbridge.rehearse.tables import AlertTable, ExpectTable, PollErrorTable, RuleTestTable

_OF_AN_INCIDENT = ("state", "status", "statuses", "title", "text", "text_contains", "frozen")
"""Keys of an expectation that say nothing of a whole page."""


def findings_between(
    config: Config, test: RuleTestTable, feed: Sequence[object], at: Loc
) -> list[Finding]:
    """Return where *test*, whose table is at *at*, names what *config* does not have."""
    known = _Known(config, test, feed)
    end = max(parse(one.at) for one in test.expect)
    found: list[Finding] = []
    for place, entry in enumerate(feed):
        found += [((*at, "feed", place, *key), what) for key, what in known.of_entry(entry, end)]
    for place, one in enumerate(test.expect):
        found += [((*at, "expect", place, *key), what) for key, what in known.of_expectation(one)]
    return found


class _Known:
    """What a test may refer to."""

    def __init__(self, config: Config, test: RuleTestTable, feed: Sequence[object]) -> None:
        self._accounts = [account.name for account in config.twilio.accounts]
        self._pages = structures(config, test.components)
        self._keys: dict[str, set[str]] = {}
        for rule in config.rules:
            self._keys.setdefault(rule.incident, set()).add(rule.page)
        self._titles = [e.name for e in feed if isinstance(e, OpenTable) and e.name]

    def of_entry(self, entry: object, end: int) -> Iterator[Finding]:
        if isinstance(entry, AlertTable | PollErrorTable | ActTable) and parse(entry.at) > end:
            yield ("at",), "later than the last expectation, so no expectation can depend on it"
        match entry:
            case AlertTable() | PollErrorTable():
                yield from _one_of(entry.account, self._accounts, "account")
            case ActTable():
                yield from _one_of(getattr(entry, "page", None), self._pages, "page")
                yield from self._incident_of(entry)
                yield from self._components_of(entry)

    def _incident_of(self, entry: ActTable) -> Iterator[Finding]:
        wanted = getattr(entry, "incident", None)
        if isinstance(entry, OrderTable):
            known = [*self._keys, *(f"{p}/{key}" for key, on in self._keys.items() for p in on)]
            what = "no rule has this incident"
        else:
            known = [LATEST, *self._keys, *self._titles]
            what = "no rule has this incident, and nobody opens one of this title"
        if wanted is not None and wanted not in known:
            yield ("incident",), what + (did_you_mean(wanted, known) or f"; {one_of(known)}")

    def _components_of(self, entry: ActTable) -> Iterator[Finding]:
        named = getattr(entry, "components", None) or ()
        page = getattr(entry, "page", None)
        pages = [self._pages[page]] if page in self._pages else list(self._pages.values())
        # An act on an incident is on that incident's page; "latest" may be on any.
        yield from _on_one_of(pages[:1] if isinstance(entry, OpenTable) else pages, named)

    def of_expectation(self, one: ExpectTable) -> Iterator[Finding]:
        given = one.model_dump(exclude_none=True).keys() - {"at", "incident", "page"}
        if not given:
            yield (), "expects nothing; write what is to be true, such as state or posts"
        yield from _one_of(one.page, self._pages, "page")
        if one.incident is None:
            for key in _OF_AN_INCIDENT:
                if key in given:
                    yield (key,), "is said of an incident; name it with incident"
            return
        pages = self._keys.get(one.incident)
        if pages is None:
            known = list(self._keys)
            hint = did_you_mean(one.incident, known) or f"; {one_of(known)}"
            yield ("incident",), f"no rule has this incident{hint}"
        elif one.page is None and len(pages) > 1:
            yield ("incident",), f"is on several pages; name one: page, {one_of(sorted(pages))}"
        elif one.page in self._pages and one.page not in pages:
            yield ("page",), f"the incident is on another page; {one_of(sorted(pages))}"
        elif (page := one.page or min(pages)) in self._pages:
            yield from _on_one_of([self._pages[page]], one.statuses or (), "statuses")


def _one_of(wanted: str | None, known: Iterable[str], key: str) -> Iterator[Finding]:
    names = list(known)
    if wanted is not None and wanted not in names:
        hint = did_you_mean(wanted, names) or f"; {one_of(names)}"
        yield (key,), f"the configuration has no {key} of this name{hint}"


def _on_one_of(
    pages: Sequence[Structure], named: Iterable[str], key: str = "components"
) -> Iterator[Finding]:
    for place, name in enumerate(named):
        answers = [resolve(name, page) for page in pages]
        if all(isinstance(answer, Ambiguous | Missing) for answer in answers):
            yield (key, place if isinstance(named, list) else name), _said(answers[0])


def _said(answer: object) -> str:
    if isinstance(answer, Missing):
        near = " or ".join(f'"{name}"' for name in answer.nearest)
        hint = f"; did you mean {near}?" if near else "; name it in the test's components"
        return f"no rule names this component{hint}"
    return str(answer)
