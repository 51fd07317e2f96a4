"""All that can be said against a configuration at once, even where parts of it are broken."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from statusbridge.config import checks, texts
from statusbridge.config.codes import code_range
from statusbridge.config.lint_names import Lint, named
from statusbridge.config.rule_settings import RuleTable
from statusbridge.config.settings import AccountTable, IncidentIoTable, Settings, TwilioTable
from statusbridge.config.toml_lines import Loc
from statusbridge.config.validation import Finding, findings, known_keys, unknown
from statusbridge.core.codes import entries

_Table = TypeVar("_Table", bound=BaseModel)

# Without these a rule still says enough for its other keys to be checked.
_SPARE = frozenset({"summary", "incident", "stage", "match", "recover", "publish"})
_ALL = frozenset(TwilioTable.model_fields) | frozenset(IncidentIoTable.model_fields)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The tables that are right in themselves, for checks between them; rules by their place."""

    known: checks.Known
    accounts: tuple[AccountTable, ...]
    pages: Mapping[str, str]
    rules: tuple[tuple[int, RuleTable], ...]


def judge(values: Mapping[str, object]) -> tuple[Settings | None, tuple[Finding, ...]]:
    """Return *values* as settings and what is wrong with them; usable only without findings."""
    # Keyword arguments of this shape steer pydantic-settings itself, so they can't be keys.
    reserved = {key for key in values if key.startswith("_")}
    found: list[Finding] = [
        ((key,), unknown("key", key, known_keys(Settings, ()))) for key in sorted(reserved)
    ]
    given = {key: value for key, value in values.items() if key not in reserved}
    settings = None
    try:
        settings = Settings.model_validate(given)
        parts = _whole(settings)
    except ValidationError as error:
        found += findings(error, Settings, given)
        parts = _salvaged(given)
    found += _between(parts)
    return settings, tuple(found)


def warnings(settings: Settings) -> tuple[Finding, ...]:
    """Return what is allowed in *settings* but hardly meant."""
    return tuple(_warnings(settings))


def _warnings(settings: Settings) -> Iterator[Finding]:
    used = {code for rule in settings.rules for code in _codes(rule)}
    for name, listed in settings.lists.items():
        if f"@{name}" not in used:
            what = f'no rule uses the list; expected "@{name}" in the codes of one'
            yield ("lists", name), named(Lint.UNUSED_LIST, what)
        yield from _unknown_codes(("lists", name), listed)
    if not settings.rules:
        what = "there are no rules, so nothing is ever published"
        yield ("rules",), named(Lint.NO_RULES, what)
    for index, rule in enumerate(settings.rules):
        for place, what in _rule_warnings(rule):
            yield ("rules", index, *place), what


def _rule_warnings(rule: RuleTable) -> Iterator[Finding]:
    published = rule.stage != "shadow"
    if published and not rule.match.model_dump(exclude_none=True):
        what = "absent or empty, so every alert counts for this rule"
        yield ("match",), named(Lint.MATCHES_EVERYTHING, what)
    if published and rule.text.investigating is None:
        what = (
            f"rule {rule.id} has none, so its first post is a general one; say what your "
            "customers notice"
        )
        yield ("text", "investigating"), named(Lint.DEFAULT_TEXT, what)
    for key, lint, doubt in texts.doubts(rule.text):
        yield ("text", key), named(lint, doubt)
    yield from _unknown_codes(("match", "codes"), rule.match.codes or ())
    yield from _unknown_codes(("match", "codes_not"), rule.match.codes_not or ())


def _unknown_codes(place: Loc, written: Iterable[int | str]) -> Iterator[Finding]:
    for index, one in enumerate(written):
        if isinstance(one, str) and one.startswith("@"):
            continue
        found = code_range(one)
        if not entries(found.first, found.last):
            what = f"{one} is in no table of codes; see `statusbridge codes` for what there is"
            yield (*place, index), named(Lint.UNKNOWN_CODE, what)


def _codes(rule: RuleTable) -> list[int | str]:
    return [*(rule.match.codes or ()), *(rule.match.codes_not or ())]


def _whole(settings: Settings) -> _Parts:
    known = checks.Known(
        poll_interval=settings.twilio.poll_interval,
        accounts=_names(settings.twilio),
        pages=tuple(settings.incidentio.pages),
        lists=tuple(settings.lists),
    )
    return _Parts(
        known,
        tuple(settings.twilio.accounts),
        settings.incidentio.pages,
        tuple(enumerate(settings.rules)),
    )


def _salvaged(given: Mapping[str, object]) -> _Parts:
    twilio, lost = _mended(TwilioTable, given.get("twilio", {}), _ALL)
    incidentio, lost_there = _mended(IncidentIoTable, given.get("incidentio", {}), _ALL)
    lists, rules = given.get("lists", {}), given.get("rules")
    known = checks.Known(
        poll_interval=twilio.poll_interval if twilio and "poll_interval" not in lost else None,
        accounts=_names(twilio) if twilio and "accounts" not in lost else None,
        pages=tuple(incidentio.pages) if incidentio and "pages" not in lost_there else None,
        lists=tuple(lists) if isinstance(lists, dict) else None,
    )
    sound = [
        (index, _mended(RuleTable, rule, _SPARE)[0])
        for index, rule in enumerate(rules if isinstance(rules, list) else ())
    ]
    return _Parts(
        known,
        tuple(twilio.accounts) if twilio else (),
        incidentio.pages if incidentio else {},
        tuple((index, rule) for index, rule in sound if rule is not None),
    )


def _names(twilio: TwilioTable) -> tuple[str, ...]:
    return tuple(account.name for account in twilio.accounts or [AccountTable()])


def _mended(
    table: type[_Table], written: object, spare: Container[str]
) -> tuple[_Table | None, frozenset[str]]:
    """*written* without its unknown keys and those of *spare* that are broken, and which were
    broken; None where it says too little then.
    """
    try:
        return table.model_validate(written), frozenset()
    except ValidationError as error:
        details = error.errors(include_input=False)
    if not isinstance(written, dict):
        return None, frozenset()
    broken = frozenset(str(detail["loc"][0]) for detail in details if detail["loc"])
    kept = {
        key: value
        for key, value in written.items()
        if key in table.model_fields and not (key in broken and key in spare)
    }
    try:
        return table.model_validate(kept), broken
    except ValidationError:
        return None, broken


def _between(parts: _Parts) -> Iterator[Finding]:
    yield from checks.account_findings(parts.accounts)
    yield from checks.page_findings(parts.pages)
    yield from checks.id_findings(parts.rules)
    for index, rule in parts.rules:
        for place, wrong in checks.rule_findings(rule, parts.known):
            yield ("rules", index, *place), wrong
