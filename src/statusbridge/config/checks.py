"""What is wrong between keys that are each right in themselves: names that mean nothing, numbers
that contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from statusbridge.config import durations, texts
from statusbridge.config.rule_settings import BelowTable, LevelTable, RuleTable, threshold
from statusbridge.config.settings import AccountTable
from statusbridge.config.toml_lines import Loc
from statusbridge.config.validation import Finding, unknown
from statusbridge.core.rules import Threshold

MEASURES = tuple(field.name for field in fields(Threshold))
LEVELS = ("degraded_performance", "partial_outage", "full_outage")


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may refer to. None: that table is itself broken, so nothing is said about it."""

    poll_interval: str | None
    accounts: tuple[str, ...] | None
    pages: tuple[str, ...] | None
    lists: tuple[str, ...] | None


def account_findings(accounts: tuple[AccountTable, ...]) -> Iterator[Finding]:
    """Yield what is wrong with *accounts*; only an only one may leave its secret to the usual
    variables.
    """
    names: dict[str, int] = {}
    sids: dict[str, int] = {}
    for index, account in enumerate(accounts):
        place: Loc = ("twilio", "accounts", index)
        first = names.setdefault(account.name, index)
        if first != index:
            yield (*place, "name"), _taken(account.name, f"twilio.accounts[{first}]")
        first = sids.setdefault(account.account_sid or str(index), index)
        if first != index:
            yield (
                (*place, "account_sid"),
                f"the same account as twilio.accounts[{first}]; its alerts would count twice",
            )
        for key, wrong in _credential_findings(account, is_only=len(accounts) == 1):
            yield (*place, *key), wrong


def _credential_findings(account: AccountTable, *, is_only: bool) -> Iterator[Finding]:
    has_key = account.api_key_sid is not None, account.api_key_secret is not None
    if account.auth_token is not None and any(has_key):
        yield (), "has two credentials; expected auth_token, or api_key_sid with api_key_secret"
    elif has_key == (True, False):
        yield ("api_key_sid",), "api_key_secret is missing beside it"
    elif has_key == (False, True):
        yield ("api_key_secret",), "api_key_sid is missing beside it"
    elif account.auth_token is None and not any(has_key) and not is_only:
        yield (), "has no secret; expected auth_token, or api_key_sid with api_key_secret"
    if account.account_sid is None and not is_only:
        yield (), "account_sid is missing; only an only account may take it from the environment"


def page_findings(pages: Mapping[str, str]) -> Iterator[Finding]:
    """Yield each page that an earlier name stands for: either would take the other's incidents for
    a person's.
    """
    first: dict[str, str] = {}
    for name, id in pages.items():  # noqa: A001
        earlier = first.setdefault(id, name)
        if earlier != name:
            place: Loc = ("incidentio", "pages", name)
            yield place, f"the same page as incidentio.pages.{earlier}; expected one name for it"


def id_findings(rules: tuple[tuple[int, RuleTable], ...]) -> Iterator[Finding]:
    """Yield each rule whose id an earlier one has."""
    first: dict[str, int] = {}
    for index, rule in rules:
        earlier = first.setdefault(rule.id, index)
        if earlier != index:
            yield ("rules", index, "id"), _taken(rule.id, f"rules[{earlier}]")


def rule_findings(rule: RuleTable, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with *rule*, places relative to it."""
    yield from _reference_findings(rule, known)
    yield from _page_findings(rule, known.pages)
    yield from _window_findings(rule, known.poll_interval)
    yield from _recover_findings(rule)
    yield from _order_findings(rule)
    for key, wrong in texts.refusals(rule.text):
        yield ("text", key), wrong


def _reference_findings(rule: RuleTable, known: Known) -> Iterator[Finding]:
    match = rule.match
    for key, codes in (("codes", match.codes), ("codes_not", match.codes_not)):
        for index, code in enumerate(codes or ()):
            if isinstance(code, str) and code.startswith("@"):
                yield from _named(("match", key, index), "list", code[1:], known.lists)
    for index, account in enumerate(match.accounts or ()):
        yield from _named(("match", "accounts", index), "account", account, known.accounts)


def _page_findings(rule: RuleTable, pages: tuple[str, ...] | None) -> Iterator[Finding]:
    if rule.page is not None:
        yield from _named(("page",), "page", rule.page, pages)
    elif pages == ():
        yield (
            ("page",),
            "no page is configured; expected one in [incidentio] pages "
            "(`statusbridge pages` prints them)",
        )
    elif pages is not None and len(pages) > 1:
        yield ("page",), f"required, as there are several pages: {', '.join(pages)}"


def _window_findings(rule: RuleTable, poll_interval: str | None) -> Iterator[Finding]:
    if poll_interval is not None and durations.parse(rule.window) < durations.parse(poll_interval):
        yield (
            ("window",),
            f'"{rule.window}" is shorter than twilio.poll_interval; '
            f'expected at least "{poll_interval}"',
        )


def _recover_findings(rule: RuleTable) -> Iterator[Finding]:
    """A number that is recovered and triggered at once would open and close for ever."""
    below = rule.recover.below or BelowTable()
    for measure in MEASURES:
        number = getattr(threshold(below), measure)
        for place, level in _levels(rule):
            needed = getattr(threshold(level), measure)
            if number is not None and needed is not None and number >= needed:
                yield (
                    ("recover", "below", measure),
                    f"{number} is not under the {needed} of trigger.{place}; "
                    f"expected at most {needed - 1}",
                )
                break


def _order_findings(rule: RuleTable) -> Iterator[Finding]:
    """A worse status that asks for less would be reached before the milder one."""
    levels = tuple(_levels(rule))
    for place, worse in levels:
        for other, milder in levels:
            if LEVELS.index(other) < LEVELS.index(place):
                measure = _falls(threshold(milder), threshold(worse))
                if measure is not None:
                    yield (
                        ("trigger", place, measure),
                        f"{getattr(worse, measure)} is under the {getattr(milder, measure)} of "
                        f"trigger.{other}; expected at least as much for the worse status",
                    )
                    break


def _falls(milder: Threshold, worse: Threshold) -> str | None:
    """The measure by which *worse* asks for less, unless it asks for another measure besides."""
    if any(getattr(worse, m) is not None and getattr(milder, m) is None for m in MEASURES):
        return None
    for measure in MEASURES:
        less, more = getattr(worse, measure), getattr(milder, measure)
        if less is not None and more is not None and less < more:
            return measure
    return None


def _levels(rule: RuleTable) -> Iterator[tuple[str, LevelTable]]:
    for name in LEVELS:
        for level in getattr(rule.trigger, name) or ():
            yield name, level


def _named(place: Loc, what: str, name: str, known: tuple[str, ...] | None) -> Iterator[Finding]:
    if known is not None and name not in known:
        yield place, unknown(f'{what} "{name}"', name, known)


def _taken(name: str, by: str) -> str:
    return f'"{name}" is already {by}; expected a name of its own'
