"""What may never be seen of a run, whatever was done to it.

Looks on from outside, with ground truth that the bridge has not: what both services hold, who wrote
what, and which of it the bridge has been given to read. What is wrong is collected in `found`.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from simulation import verdicts
from simulation.refusals import Refusals
from simulation.setting import CANARIES, Setting
from simulation.verdicts import Row, Rows, incident_of
from statusbridge.adapters.http import Reply, server_time
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.canonical import same_text
from statusbridge.core.operations import QUIET
from statusbridge.simulators.exchange import Request, Written
from statusbridge.simulators.page_state import World

_REFUSALS = (400, 404, 413, 422)


class Oracle:
    """Told of everything that passes; `found` is empty as long as all promises hold."""

    def __init__(
        self, setting: Setting, world: Callable[[], World], hosts: Mapping[str, str]
    ) -> None:
        self._setting = setting
        self._world = world
        self._hosts = hosts
        """Account, or "page", by the authorization that opens it."""
        self.found: list[str] = []
        self.written: list[Row] = []
        """Bodies of applied writes, oldest first, with `endpoint`, `subject` and `refused`."""
        self.posts = 0
        self._theirs: set[str] = set()
        self._taken_back: set[str] = set()
        self._names: dict[str, str] = {}
        self._read_names: dict[str, str] = {}
        self._touched: dict[str, str] = {}
        self._listed: dict[str, list[Row]] = {}
        """What the bridge was last shown, by page."""
        self.heard: dict[str, int] = {}
        self._ended: set[str] = set()
        self._approved: set[str] = set()
        """Episodes of rules in review that a person may have approved."""
        self._released: set[str] = set()
        """Incidents that a person may have handed back."""
        self._paused = False
        """Everything is, for good."""
        self._leaving: set[bytes] = set()
        """What was on its way when that was ordered."""
        self._refusals = Refusals()

    # What passes

    def sends(self, host: str, request: Request) -> None:
        """Judge a request that leaves."""
        if request.method != "POST":
            return
        self.posts += 1
        if self._paused and not (request.body in self._leaving or self._setting.restores):
            self._note(f"written while everything was paused: {request.body.decode()}")
        body = json.loads(request.body)
        # To hand an incident back is to ask for what was given up, too; and of a person's, where
        # only the resolve is ours to post, nothing that waits is kept from one look to the next.
        incident = body.get("status_page_incident_id")
        asked_for = incident in self._released or incident in self._touched
        again = self._refusals.sends(request.body)
        if again and not (asked_for or self._setting.restores):
            self._note(f"sent again what the page had refused: {request.body.decode()}")
        for canary in CANARIES:
            if canary in request.body.decode():
                self._note(f"public text holds {canary!r}")
        if incident is not None:
            self._judge_update(incident, body)
        elif "updates" not in body:
            self._judge_opening(body)

    def _judge_update(self, incident: str, body: Row) -> None:
        why = self._touched.get(incident)
        if why is None or (incident in self._released and why != "resolved"):
            return
        closing = body["incident_status"] == "resolved"
        allowed = self._setting.manners.after_touch == "resolve_only" and closing
        if not allowed or why == "resolved":
            self._note(f"posted on {incident} after reading that a person {why} it: {body}")

    def _judge_opening(self, body: Row) -> None:
        key = body["idempotency_key"].removesuffix(QUIET)
        timed = any(rule.review.publishes for rule in self._setting.rules)
        approved = key in self._approved or (timed and key.startswith("sb-review-"))
        if key.startswith(("sb-shadow-", "sb-review-")) and not approved:
            self._note(f"a rule that may not was public: {body}")
        wanted = {line["component_id"] for line in body["component_statuses"]}
        for incident in chain(*self._listed.values()):
            if incident["incident_status"] == "resolved" or not self._by_person(incident):
                continue
            if wanted & components_of(incident):
                self._note(f"opened beside a person's {incident['id']}: {body['name']}")

    def _by_person(self, incident: Row) -> bool:
        return bool(incident["updates"]) and all(
            u["id"] in self._theirs for u in incident["updates"]
        )

    def reads(self, host: str, request: Request, reply: Reply) -> None:
        """Note what the bridge has been given to know."""
        full = request.method == "POST" and b"too_many_updates" in reply.body
        if full and not self._theirs:
            self._note("there was no room left on the page for an update")
        if request.method == "POST" and reply.status in _REFUSALS:
            self._refusals.reads(request.body)
        if request.method != "GET" or reply.status != 200:
            return
        who = self._hosts[request.headers["authorization"]]
        if who != "page":
            self.heard[who] = max(self.heard.get(who, 0), server_time(reply) or 0)
            return
        if "/v2/status_page_incidents" not in request.path:
            return
        if "html" in reply.headers["content-type"]:
            return  # which the bridge reads nothing from, whatever it holds
        try:
            shown = json.loads(reply.body)
        except ValueError:
            return
        if not isinstance(shown, dict):
            return
        if "status_page_incidents" in shown:
            self._listed[request.query["status_page_id"]] = shown["status_page_incidents"]
        one = shown.get("status_page_incident")
        for incident in shown.get("status_page_incidents") or ([one] if one else ()):
            if "updates" in incident:
                self._see(incident)

    def strays(self, host: str, headers: Mapping[str, str]) -> None:
        """Judge a request to somewhere else."""
        if headers.get("authorization") in self._hosts:
            self._note(f"credentials were sent to {host}")

    def _see(self, incident: Row) -> None:
        """Note a person's act that the bridge was shown on *incident*."""
        key = incident["id"]
        shown = {u["id"] for u in incident["updates"]}
        theirs = shown & self._theirs - self._taken_back
        if theirs or self._touched.get(key) == "resolved":
            over = incident["incident_status"] == "resolved"
            self._touched[key] = "resolved" if over else "posted on"
        elif not same_text(incident["name"], self._names.get(key, incident["name"])):
            self._touched.setdefault(key, "renamed")
        self._read_names.setdefault(key, incident["name"])

    def cycle_done(self, rows: Rows) -> None:
        """Note that what was read is committed: from now on names and refusals are known."""
        self._names = self._read_names | self._names
        self._read_names = {}
        self._refusals.settle()
        self._look_at(rows)

    def died(self, rows: Rows) -> None:
        """Forget what was read and may not have been committed."""
        self._refusals.lose()
        self._look_at(rows)

    def _look_at(self, rows: Rows) -> None:
        if self._setting.reloads:
            # An outage that a reload gave up is asked for anew by a later one that carries it.
            given_up = "closed AND json_extract(facts, '$.orphaned') != ''"
            found = rows(f"SELECT id FROM episode WHERE {given_up}")
            self._refusals.forget({id_ for (id_,) in found})
        self._check_ends(rows)

    def acted(self) -> None:
        """Note what a person has just done."""
        world = self._world().incidents
        there = {p.id for i in world.values() for p in i.posts if p.by == "person"}
        self._theirs |= there
        self._taken_back = self._theirs - there
        for key, how in list(self._touched.items()):
            posts = world[key].posts if key in world else ()
            # What they took back while our write was in doubt, nobody need have noticed.
            if how != "renamed" and not any(post.by == "person" for post in posts):
                del self._touched[key]

    def hears(self, order: Order, rows: Rows) -> None:
        """Note what *order* will allow, if it is heeded."""
        if order.kind is ActKind.APPROVE:
            found = rows("SELECT id FROM episode WHERE closed = 0 AND stage = 'review'")
            self._approved |= {id_ for (id_,) in found}
        if order.kind is ActKind.RELEASE:
            query = "SELECT json_extract(ledger, '$.incident_id') FROM episode WHERE closed = 0"
            self._released |= {id_ for (id_,) in rows(query) if id_}
        if order.kind is ActKind.PAUSE:
            query = "SELECT json_extract(facts, '$.body') FROM operation WHERE state = 'sent'"
            self._leaving = {b64decode(body) for (body,) in rows(query)}
        if order.kind is ActKind.RESUME and not order.key:
            # It may die right after it was recorded.
            self._paused = False

    def heeds(self, order: Order) -> None:
        """Note what *order* forbids, now that it was."""
        if order.kind is ActKind.PAUSE and not order.key:
            self._paused = order.seconds is None

    def wrote(self, entry: Written) -> None:
        """Note a write that was applied."""
        body = json.loads(entry.body)
        self.written.append(
            {"raw": entry.body, "endpoint": entry.endpoint, "subject": entry.subject, **body}
        )

    def _note(self, what: str) -> None:
        self.found.append(what)

    # After each cycle, and after each death

    def _check_ends(self, rows: Rows) -> None:
        """Judge the outages that came to an end since the last time."""
        for id_, facts in rows("SELECT id, facts FROM episode"):
            if id_ in self._ended or '"ended_at":null' in facts:
                continue
            episode = json.loads(facts)
            self._ended.add(id_)
            if id_ not in self._ended_by_word(rows):
                self._judge_end(episode, rows)

    def _ended_by_word(self, rows: Rows) -> set[str]:
        """Return the episodes that a person's word ended: released, or joined to another one."""
        query = (
            "SELECT json_extract(facts, '$.episode') FROM act WHERE kind IN ('release', 'approve')"
        )
        return {id_ for (id_,) in rows(query)} if self._setting.orders else set()

    def _judge_end(self, episode: Row, rows: Rows) -> None:
        ended = episode["ended_at"]
        for account in episode["accounts"]:
            if self.heard.get(account, 0) < ended:
                self._note(
                    f"an outage ended at {ended} although {account} was last heard of at "
                    f"{self.heard.get(account)}"
                )
        if len(episode["members"]) > 1:
            return
        rule = next(r for r in self._setting.rules if r.id == episode["opened_by"])
        begin = ended - rule.recovery.settle
        times = sorted(
            at
            for (at,) in rows(
                f"SELECT at_s FROM alert WHERE code = {rule.match.codes[0].first} AND "
                f"at_s > {begin - rule.window} AND at_s <= {ended}"
            )
        )
        most = max(
            (_within(times, at, rule.window) for at in [begin, *times] if at >= begin), default=0
        )
        if most > (rule.recovery.below.count or 0):
            self._note(f"an outage ended at {ended} with {most} alerts in a window of its settling")

    # At the end

    def check_written(self, rows: Rows) -> None:
        """Judge all that was ever written to the page, and what the store knows of it."""
        left = self._world().incidents
        written = [entry for entry in self.written if incident_of(entry) not in self._released]
        self.found += verdicts.of_the_page(self._setting, left, written)
        self.found += verdicts.of_the_receipts(self._setting, left, self.written, rows)

    def check_stored(self, truth: Iterable[tuple[str, str, int, int]], rows: Rows) -> None:
        """Judge the state file, given all alerts that there are (`verdicts.of_the_alerts`)."""
        self.found += verdicts.of_the_alerts(self._setting, truth, rows)
        self.found += verdicts.of_the_rest(rows)
        self.found += verdicts.of_the_ids(rows)

    def check_private(self, where: str, text: str) -> None:
        """Judge that *text*, of *where*, holds nothing private."""
        for canary in (*CANARIES, *self._hosts):
            if canary in text:
                self._note(f"{where} holds {canary!r}")


def components_of(incident: Row) -> set[str]:
    return {
        line["component_id"]
        for update in incident["updates"]
        for line in update.get("component_statuses") or ()
    }


def _within(times: list[int], at: int, window: int) -> int:
    return sum(1 for time in times if at - window < time <= at)
