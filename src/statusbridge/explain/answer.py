"""The document that answers a question: what `explain --json` prints, version 1."""

from __future__ import annotations

from typing import assert_never

from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_lookups import Outage, first_alert, incident_keys, reader
from statusbridge.bridge.parts import Bridge
from statusbridge.config.errors import did_you_mean
from statusbridge.core.evaluate import Standing
from statusbridge.core.history import ratio
from statusbridge.core.model import IncidentStatus, Instant, Phase
from statusbridge.core.rules import Rule
from statusbridge.documents import Document
from statusbridge.explain import code as codes
from statusbridge.explain import incident as incidents
from statusbridge.explain.alert import alert_document
from statusbridge.explain.question import OfAlert, OfAll, OfCode, OfName, Question
from statusbridge.explain.rule import rule_document
from statusbridge.explain.rule import verdict as rule_verdict
from statusbridge.explain.view import View, stamp, view
from statusbridge.explain.words import clock, counted, nearest


class NothingNamedError(Exception):
    """Neither a rule nor an incident has the name; the message says what has one like it."""


def explained(
    bridge: Bridge, store: SqliteStore, question: Question, at: Instant | None = None
) -> Document:
    """Return the answer to *question*, now or as of *at*. Raises NothingNamedError."""
    seen = view(bridge, store, at)
    document: Document = {
        "version": 1,
        "now": stamp(seen.now),
        "at": stamp(at),
        "as_of": stamp(seen.as_of),
    }
    match question:
        case OfAlert(sid):
            return {**document, "kind": "alert", "asked": sid, **alert_document(sid, seen)}
        case OfCode(number):
            found = codes.code_document(number, seen)
            found["answer"] = codes.answer(found)
            return {**document, "kind": "code", "asked": str(number), **found}
        case OfName(name):
            rules, keys = _named(name, seen)
            return {**document, "kind": "name", "asked": name, **_of_rules(rules, keys, seen)}
        case OfAll():
            keys = list(dict.fromkeys((rule.page, rule.incident) for rule in seen.rules))
            found = _of_rules(seen.rules, keys, seen)
            answer = _unknown(seen) or _overview(found)
            return {**document, "kind": "all", "asked": None, **found, "answer": answer}
        case _:
            assert_never(question)


def explained_beside(
    bridge: Bridge, store: SqliteStore, question: Question, at: Instant | None = None
) -> Document:
    """Return the answer as `explained` does, from another thread than the one that runs cycles."""
    with reader(store) as beside:
        return explained(bridge, beside, question, at)


Key = tuple[str, str]
Told = tuple[Outage, Document]


def _named(name: str, view: View) -> tuple[tuple[Rule, ...], list[Key]]:
    """Return the rules that *name* means, and the pages with incident keys that it means."""
    page, slash, incident = name.rpartition("/")
    keys = [
        key
        for key in dict.fromkeys([*((r.page, r.incident) for r in view.rules), *_told(view)])
        if key[1] == (incident if slash else name) and (not slash or key[0] == page)
    ]
    rules = tuple(r for r in view.rules if r.id == name or (r.page, r.incident) in keys)
    if not rules and not keys:
        known = [*(r.id for r in view.rules), *(r.incident for r in view.rules)]
        raise NothingNamedError(
            f"No rule and no incident is called “{name}”"
            f"{did_you_mean(name, known) or '; an alert is explained by its SID (NO…)'}"
        )
    own = [(rule.page, rule.incident) for rule in rules]
    return rules, list(dict.fromkeys([*keys, *own]))


def _told(view: View) -> list[Key]:
    return incident_keys(view.store)


def _of_rules(rules: tuple[Rule, ...], keys: list[Key], view: View) -> Document:
    wanted = {rule.id for rule in rules}
    standings = [one for one in view.standings if one.rule.id in wanted]
    outages = [outage for key in keys for outage in incidents.outages(view, *key)]
    documents = [incidents.incident_document(outage, view) for outage in outages]
    told = list(zip(outages, documents, strict=True))
    return {
        "answer": _unknown(view) or _answer(standings, told, view),
        "rules": [
            {**rule_document(one, view), "verdict": _verdict(one, told, view)} for one in standings
        ],
        "incidents": documents,
    }


def _answer(standings: list[Standing], outages: list[Told], view: View) -> str:
    """Return the answer in a sentence: the incident there is, else why there is none."""
    if not standings:
        said = [found for found in (incidents.verdict(*one) for one in outages) if found]
        return f"{said[0]}; no rule has this key any more." if said else "No incident and no rule."
    # What the public reads comes before what a rule that does not speak in it would say.
    loudest = max(standings, key=lambda one: (_is_told(one, outages), _loudness(one)))
    if not _is_told(loudest, outages) and (told := _open(outages)):
        return f"{told[0]}; no rule speaks in it any more."
    return _verdict(loudest, outages, view) + _doubt(loudest, view)


def _own(standing: Standing, outages: list[Told]) -> list[Told]:
    """Return those of *outages* in which the rule of *standing* speaks."""
    return [one for one in outages if one[0].case.episode.takes(standing.rule)]


def _is_told(standing: Standing, outages: list[Told]) -> bool:
    """Whether the rule of *standing* speaks in an incident that is on the page, and not over."""
    return bool(_open(_own(standing, outages)))


def _open(outages: list[Told]) -> list[str]:
    """Return what there is to say of those of *outages* that are on the page, and not over."""
    said = (
        incidents.verdict(*one) for one in outages if one[1]["state"] != IncidentStatus.RESOLVED
    )
    return [one for one in said if one is not None]


def _unknown(view: View) -> str | None:
    """Say that nothing is known of the view's time; None: something is."""
    first = first_alert(view.store)
    if view.as_of is None or first is None:
        return "Nothing is known yet: no alert was ever read."
    if view.as_of < first:
        return f"Nothing is known of then: the oldest stored alert is of {stamp(first)}."
    return None


def _overview(found: Document) -> str:
    firing = sum(1 for rule in found["rules"] if rule["phase"] == Phase.FIRING)
    states = [str(one["state"]) for one in found["incidents"]]
    open_ = sum(1 for state in states if state in ("investigating", "monitoring"))
    rules = counted(len(found["rules"]), "rule")
    return f"{firing} of {rules} firing, {counted(open_, 'incident')} open."


_LOUD = ("inactive", "recovering", "pending", "firing")


def _loudness(standing: Standing) -> tuple[int, float]:
    trigger = nearest(standing.rule, standing.measures)
    return _LOUD.index(standing.detector.phase), ratio(trigger.threshold, standing.measures)


def _verdict(standing: Standing, outages: list[Told], view: View) -> str:
    own = _own(standing, outages)
    held = (incidents.held_of(view, outage.case.episode.id) for outage, _ in own)
    return rule_verdict(
        standing, view, next(filter(None, held), None), next(iter(_open(own)), None)
    )


def _doubt(standing: Standing, view: View) -> str:
    """Say which accounts may have more to tell; "" where all that the rule hears were read."""
    if view.past:
        return ""
    heard = standing.rule.match.accounts
    blind = [
        f"account {account} is read only up to {clock(known.covered_until, view.now)}"
        if known.covered_until
        else f"account {account} was never read whole"
        for account, known in view.coverage().items()
        if account in (heard or (account,)) and f"account {account}" in view.bridge.trouble
    ]
    return f" There may be more: {', '.join(blind)}." if blind else ""
