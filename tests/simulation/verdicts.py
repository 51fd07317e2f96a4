"""What must be true once a run is over: of the page, of the store, and between the two.

Each function yields what is wrong, in words; nothing where all is well.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

from simulation.configured import PAGES
from simulation.setting import Setting
from statusbridge.core.episodes import Episode, episode_id
from statusbridge.core.model import Alert, PageId, Stage
from statusbridge.core.operations import QUIET
from statusbridge.simulators.page_state import Incident

Row: TypeAlias = dict[str, Any]
BEHIND_ANOTHER = ("earlier_outage_not_resolved", "later_outage_not_over")
"""Reasons for which an outage waits for another one."""
Rows: TypeAlias = Callable[[str], list[tuple[Any, ...]]]
"""What a query finds in the state file."""


def of_the_page(
    setting: Setting, left: Mapping[str, Incident], written: list[Row]
) -> Iterator[str]:
    """Judge all that was ever *written* to the page, by what is *left* on it."""
    keys = Counter(
        key.removesuffix(QUIET)
        for entry in written
        # What a person deleted before we had read it may be opened once more.
        if (key := entry.get("idempotency_key")) and _shows(left, entry)
    )
    for key, times in keys.items():
        if times > 1:
            yield f"{times} incidents were opened with the key {key}"
    stories: dict[str, list[Row]] = defaultdict(list)
    for entry in written:
        stories[incident_of(entry)].append(entry)
    for incident, story in stories.items():
        # Where a person deleted a post, what is left need not make sense.
        if all(_shows(left, entry) for entry in story):
            yield from _of_story(setting, incident, story)


def _of_story(setting: Setting, incident: str, story: list[Row]) -> Iterator[str]:
    if "updates" in story[0]:
        # Unless its end was deleted and a state file put back that had it open.
        if len(story) > 1 and not setting.restores:
            yield f"something was posted on the past outage {incident}"
        return
    said = [(entry["incident_status"], _lines(entry)) for entry in story]
    if said[0][0] != "investigating":
        yield f"{incident} began as {said[0][0]}"
    for before, after in pairwise(said):
        if before[0] == "resolved":
            yield f"posted on {incident} after its resolve: {said}"
        if before == after:
            yield f"the same was posted twice on {incident}: {said}"
        if before[0] == after[0] == "investigating" and not _rose(before[1], after[1]):
            yield f"a status fell within {incident}: {before} {after}"
    if len(story) > setting.page.update_cap:
        yield f"{len(story)} updates on {incident}"


def of_the_receipts(
    setting: Setting, left: Mapping[str, Incident], written: list[Row], rows: Rows
) -> Iterator[str]:
    """Judge that a receipt means one post, and that each post has a receipt or was in doubt.

    A restored store has lost some, and may have taken what it found for what it meant to say.
    """
    restored = bool(setting.restores)

    def _public(body: str) -> str:
        """Return *body* as the page shows it: one of another key reads as before."""
        return json.dumps({k: v for k, v in json.loads(body).items() if k != "idempotency_key"})

    done: Counter[str] = Counter()
    doubted: Counter[str] = Counter()
    for state, facts in rows("SELECT state, facts FROM operation"):
        operation = json.loads(facts)
        episode = operation["draft"]["episode"]
        body = b64decode(operation["body"]).decode()
        key = json.loads(body).get("idempotency_key", episode)
        if key.removesuffix(QUIET) != episode:
            yield f"an opening of {episode} had the key {key}"
        if state == "done":
            done[_public(body)] += 1
        elif operation["unknowns"]:
            doubted[_public(body)] += 1
    applied = Counter(_public(entry["raw"]) for entry in written)
    gone = Counter(_public(entry["raw"]) for entry in written if not _shows(left, entry))
    for body in sorted(applied.keys() | done.keys()):
        most = done[body] + doubted[body] + gone[body]
        if not restored and not done[body] <= applied[body] <= most:
            counts = f"{done[body]} receipts and {doubted[body]} doubts"
            yield f"applied {applied[body]} times, with {counts}: {body}"


def of_the_alerts(
    setting: Setting, truth: Iterable[tuple[str, str, int, int]], rows: Rows
) -> Iterator[str]:
    """Judge the stored alerts by *truth*: account, sid, when generated, when created."""
    stored = Counter(rows("SELECT account, sid FROM alert"))
    times = dict(rows("SELECT account || sid, at_s FROM alert"))
    gaps = rows("SELECT account, lo_s, hi_s FROM gap")
    for account, sid, at, created in truth:
        if stored[account, sid] > 1:
            yield f"alert {sid} of {account} is stored {stored[account, sid]} times"
        if not stored[account, sid]:
            lie = ((lo, hi) for a, lo, hi in gaps if a == account)
            if not any(lo < at <= hi or lo < created <= hi for lo, hi in lie):
                yield f"alert {sid} of {account} at {at} is lost"
        elif not 0 <= at - times[account + sid] <= max(0, -setting.twilio.date_skew):
            yield f"alert {sid} happened at {at}, stored as {times[account + sid]}"


def of_the_ids(rows: Rows) -> Iterator[str]:
    """Judge that an episode's id follows from its oldest alert: a lost store finds it again."""
    for id_, facts in rows("SELECT id, facts FROM episode"):
        episode = msgspec.json.decode(facts, type=Episode)
        at = episode.started_at
        # One that was approved keeps the name that it was proposed by.
        proposed = id_.startswith("sb-review-")
        group = episode.group._replace(stage=Stage.REVIEW) if proposed else episode.group
        derived = {
            episode_id(PageId(PAGES[group.page]), group, episode.opened_by, _bare(*alert))
            for alert in rows(f"SELECT account, sid, at_s FROM alert WHERE at_s = {at}")
        }
        if id_ not in derived:
            yield f"the id {id_} does not follow from an alert at {at}"


def _bare(account: str, sid: str, at: int) -> Alert:
    return Alert(account, sid, at, None, "", None, None, None, ())


def of_the_rest(rows: Rows) -> Iterator[str]:
    """Judge that nothing is left to do, but what a person must decide."""
    waits = dict(rows("SELECT episode, reason FROM held"))
    ledgers = {
        id_: json.loads(facts)
        for id_, facts in rows("SELECT id, ledger FROM episode WHERE closed = 0")
    }
    given_up = {id_ for id_, known in ledgers.items() if known["parked"] or known["stuck"]}
    theirs = {id_ for id_, reason in waits.items() if reason == "person_has_open_incident"}
    behind = {id_ for id_, reason in waits.items() if reason in BEHIND_ANOTHER}
    for id_ in ledgers.keys() - given_up - theirs:
        if id_ not in behind or not given_up | theirs:
            yield f"the outage {id_} never came to rest: {ledgers[id_]}"
    query = "SELECT episode, state FROM operation WHERE state IN ('ready', 'sent', 'doubt')"
    for id_, state in rows(query):
        if state != "ready" or id_ not in theirs | behind:
            yield f"an operation of {id_} is still {state}"


def incident_of(entry: Row) -> str:
    return str(entry.get("status_page_incident_id", entry["subject"]))


def _shows(left: Mapping[str, Incident], entry: Row) -> bool:
    """Whether the post of *entry* is still there."""
    incident = left.get(incident_of(entry))
    if incident is None:
        return False
    if "status_page_incident_id" in entry:
        return any(post.id == entry["subject"] for post in incident.posts)
    shown = {post.message for post in incident.posts}
    return shown >= {said["message"] for said in entry.get("updates", (entry,))}


def _lines(entry: Row) -> dict[str, str]:
    return {x["component_id"]: x["component_status"] for x in entry.get("component_statuses") or ()}


_BADNESS = ("operational", "degraded_performance", "partial_outage", "full_outage")


def _rose(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return all(
        _BADNESS.index(after.get(component, "full_outage")) >= _BADNESS.index(status)
        for component, status in before.items()
    )
