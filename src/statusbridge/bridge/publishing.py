"""Carry out what a survey found: intent, write, receipt.

Every step commits before the next begins, so that the process may end anywhere. What to do is
decided in `core.delivery`; here it is done.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Page
from statusbridge.bridge.settling import ECHO_DRIFTS
from statusbridge.bridge.sighting import forgotten_by, recall_on, structure_of
from statusbridge.bridge.survey import Survey, is_taken
from statusbridge.core.canonical import same_text
from statusbridge.core.delivery import (
    after_write,
    is_silent_twin,
    mistaken,
    sent,
    superseded,
    wants_silent_twin,
)
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import IncidentId
from statusbridge.core.operations import (
    QUIET,
    Action,
    Draft,
    Ledger,
    Operation,
    OperationState,
    Owner,
)
from statusbridge.core.outcome import Applied, Gone, Outcome
from statusbridge.core.outcome import Unauthorized as NotAllowed
from statusbridge.core.ownership import recognised
from statusbridge.core.plan import Case
from statusbridge.core.readback import not_new
from statusbridge.core.receipts import parked, receipted, unopened

log = structlog.get_logger()


async def publish(bridge: Bridge, surveys: list[Survey]) -> list[Operation]:
    """Carry out the drafts of *surveys*, in order; return the operations that were applied."""
    done = []
    attempted = False
    for survey in surveys:
        desk = _Desk(bridge, survey.page)
        cases = {case.episode.id: case for case in survey.cases}
        for draft in survey.plan.shadow:
            _note_shadow(bridge, draft, survey, cases[draft.episode])
        for draft in survey.plan.drafts:
            if desk.shut:
                break
            desk.late = attempted
            operation = await desk.carry_out(draft, cases[draft.episode], survey.incidents)
            attempted = attempted or operation is not None
            if operation is not None and operation.state is OperationState.DONE:
                done.append(operation)
        desk.forget_old_trouble()
    return done


def _note_shadow(bridge: Bridge, draft: Draft, survey: Survey, case: Case) -> None:
    """Tell what a rule on trial would have said, once for each change."""
    log.info(
        "rule.shadowed",
        incident=draft.incident,
        rules=list(draft.rules),
        action=str(draft.action),
        status=str(draft.said.incident_status),
    )
    bridge.tell_shadow(draft, survey.structure)
    bridge.store.commit_ledger(replace(case.ledger, said=draft.said))


class _Desk:
    """The writing side of one page."""

    def __init__(self, bridge: Bridge, page: str) -> None:
        self._bridge = bridge
        self._page_name = page
        self.page: Page = bridge.pages[page]
        self.name = f"page {page}"
        self.writes = f"writing to page {page}"
        self.shut = False
        """The page refused our credentials: nothing more is written in this cycle."""
        self.late = False
        """Something was written since the page was looked at, which may have taken long."""

    def forget_old_trouble(self) -> None:
        """A refusal to write is no news any more once nothing waits to be written."""
        cases = self._bridge.store.cases()
        if all(c.operation is None for c in cases if c.episode.group.page == self._page_name):
            self._bridge.clear_trouble(self.writes)

    def commit(self, operation: Operation, ledger: Ledger | None) -> Operation:
        now = self._bridge.clock.now()
        return self._bridge.store.commit_operation(self._page_name, operation, ledger, now)

    async def carry_out(
        self, draft: Draft, case: Case, incidents: tuple[Incident, ...]
    ) -> Operation | None:
        """Write *draft*. None: it was found that it must not be written after all."""
        ledger = case.ledger
        baseline = frozenset[str](incident.id for incident in incidents)
        if draft.action is not Action.OPEN:
            live = await self._last_look(case)
            if live is None:
                return None
            baseline = frozenset(update.id for update in live.updates)
        elif self.late and await is_taken(self._bridge, self._page_name, draft, baseline):
            return None
        else:
            baseline |= self._bridge.store.own_incidents(self._page_name)
        # By now somebody may have stopped it, and nothing was sent yet.
        if self._bridge.pause_of(self._page_name, draft.incident) is not None:
            return None
        operation = self._intent(draft, case, baseline)
        return await self._write(operation, ledger)

    async def _last_look(self, case: Case) -> Incident | None:
        """Read the incident right before writing. None: not ours to write to, or unreadable."""
        ledger = case.ledger
        if ledger.incident_id is None:
            return None
        bridge = self._bridge
        try:
            live = await self.page.incident(ledger.incident_id)
            recall = recall_on(bridge, await structure_of(bridge, self._page_name, self.page))
        except (Unavailable, Unauthorized) as error:
            bridge.note_trouble(self.name, error)
            return None
        given_up = bridge.store.given_up(case.episode.id)
        forgotten = forgotten_by(case, recall)
        sight = recognised(ledger, live, given_up, bridge.clock.now(), forgotten)
        if sight.ledger != ledger:
            bridge.note_owner(case, sight.ledger)
            bridge.store.commit_ledger(sight.ledger)
        if sight.ledger.said != ledger.said:
            # The page tells something else than what this was planned by.
            return None
        if sight.live is None or sight.ledger.owner is Owner.OURS:
            return sight.live
        taken_over = ledger.owner is Owner.OURS
        # Whoever has ended it once may have opened it again: it is theirs to end.
        over = sight.live.resolved or sight.ledger.ended_by_person
        return None if taken_over or over else sight.live

    def _intent(self, draft: Draft, case: Case, baseline: frozenset[str]) -> Operation:
        """Return the operation that says *draft*: with the same bytes if it was tried before.

        One that says the same in other words, of another time or another configuration, gives way:
        it is known not to be applied.
        """
        waiting = case.operation
        key = draft.episode if draft.action is Action.OPEN else ""
        if waiting is not None and is_silent_twin(waiting, draft):
            draft, key = replace(draft, notify=False), waiting.key
        if waiting is not None and waiting.draft == draft:
            log.warning("operation.repeated", incident=draft.incident, why=waiting.why)
            return waiting
        if waiting is not None:
            self.commit(superseded(waiting, self._bridge.clock.mark()), None)
        body = self.page.compose(draft, key)
        retries = 0 if waiting is None else waiting.retries
        now = self._bridge.clock.now()
        return Operation(draft, key, body, baseline, retries=retries, composed_at=now)

    async def _write(self, operation: Operation, ledger: Ledger) -> Operation:
        """Commit the intent, write once, commit what became of it."""
        operation = self.commit(sent(operation, self._bridge.clock.mark()), None)
        outcome = await self.page.send(operation)
        after = after_write(operation, outcome, self._bridge.clock.mark())
        _tell(after, outcome)
        match outcome:
            case Applied():
                self._bridge.clear_trouble(self.writes)
                return await self._receipt(after, ledger, outcome)
            case Gone(reason):
                gone = replace(ledger, owner=Owner.DETACHED, why=reason)
                return self.commit(after, parked(gone, after))
            case NotAllowed(status, reason):
                self.shut = True
                self._bridge.note_trouble(self.writes, Unauthorized(status, reason))
            case _ if wants_silent_twin(operation, outcome):
                return await self._write_silently(after, ledger)
        given_up = after.state is OperationState.PARKED
        return self.commit(after, parked(ledger, after) if given_up else None)

    async def _write_silently(self, refused: Operation, ledger: Ledger) -> Operation:
        """Say the same again without mailing anyone: the page may have refused only the mails."""
        self.commit(replace(refused, state=OperationState.ABANDONED), None)
        draft = replace(refused.draft, notify=False)
        key = f"{refused.key}{QUIET}"
        body = self.page.compose(draft, key)
        repeated = Operation(
            draft, key, body, refused.baseline, composed_at=self._bridge.clock.now()
        )
        if self._bridge.pause_of(self._page_name, draft.incident) is not None:
            return self.commit(repeated, None)
        twin = await self._write(repeated, ledger)
        if twin.state is OperationState.DONE:
            log.warning(
                "subscribers.unreachable",
                incident=draft.incident,
                why=refused.why,
                consequence="posted without mailing the subscribers",
            )
        return twin

    async def _receipt(self, operation: Operation, ledger: Ledger, applied: Applied) -> Operation:
        incident, update = applied.incident, applied.update
        if incident is not None and (
            why := not_new(operation, incident) or self._taken(operation, incident)
        ):
            operation = replace(operation, state=OperationState.PARKED, why=why)
            log.error("operation.parked", incident=operation.draft.incident, why=why)
            return self.commit(operation, parked(ledger, operation))
        posts = incident.updates if incident is not None else (update,) if update else ()
        self._note_echo(operation, posts)
        target = incident.id if incident is not None else ledger.incident_id
        if target is None:
            raise AssertionError("an update was applied to no incident")
        name = None if incident is None else incident.name
        operation = replace(operation, receipt=tuple(post.id for post in posts))
        ledger = receipted(ledger, operation, target, operation.receipt, name)
        operation = self.commit(operation, ledger)
        if incident is not None:
            await self._read_again(operation, ledger, target)
        return operation

    def _taken(self, operation: Operation, answer: Incident) -> str:
        """Return why *answer* is not what *operation* opened; "": it is, and no other's any more.

        A page that knows the key tells by it whose an incident is. Of two openings in doubt that
        read alike, the other one may have been taken to have made it.
        """
        store, posts = self._bridge.store, frozenset(post.id for post in answer.updates)
        if answer.id not in store.own_incidents(self._page_name):
            return ""
        for case in store.cases():
            openings = store.done(case.episode.id)
            if openings and (case.ledger.incident_id, case.ledger.updates) == (answer.id, posts):
                for opening in openings:
                    self.commit(mistaken(opening), unopened(case.ledger))
                key = operation.draft.incident
                log.warning("incident.reassigned", incident=key, incident_id=answer.id)
                return ""
        return f"the page answered with incident {answer.id}, which is another outage's"

    async def _read_again(self, operation: Operation, ledger: Ledger, target: IncidentId) -> None:
        """Read what a create made: a replayed key answers with how the incident once was."""
        try:
            live = await self.page.incident(target)
        except (Unavailable, Unauthorized) as error:
            self._bridge.note_trouble(self.name, error)
            return
        sight = recognised(ledger, live, (operation,), self._bridge.clock.now())
        if sight.ledger != ledger:
            if sight.ledger.owner is not ledger.owner:
                log.error("incident.touched", incident_id=target, why=sight.ledger.why)
            self._bridge.store.commit_ledger(sight.ledger)

    def _note_echo(self, operation: Operation, posts: tuple[Update, ...]) -> None:
        timeline = operation.draft.retrospective
        wanted = [text for _, _, text in timeline] or [operation.draft.message]
        survived = all(same_text(p.message, w) for p, w in zip(posts, wanted, strict=False))
        if not survived and self._bridge.store.fact(ECHO_DRIFTS) is None:
            log.error("echo.drifted", incident=operation.draft.incident)
            self._bridge.store.note_fact(ECHO_DRIFTS, operation.draft.incident)


def _tell(operation: Operation, outcome: Outcome) -> None:
    """Log what became of a write: what was posted at info, what a person must look at at error."""
    draft = operation.draft
    facts = {"incident": draft.incident, "rules": list(draft.rules), "reason": str(draft.reason)}
    past = {Action.OPEN: "opened", Action.UPDATE: "updated", Action.RESOLVE: "resolved"}
    match operation.state:
        case OperationState.DONE:
            log.info(f"incident.{past[draft.action]}", **facts, notified=draft.notify)
            if draft.simplified:
                log.warning("text.simplified", **facts, why=draft.simplified)
        case OperationState.DOUBT:
            log.warning("operation.doubted", **facts, action=str(draft.action), why=operation.why)
        case OperationState.PARKED:
            log.error("operation.parked", **facts, action=str(draft.action), why=operation.why)
        case _:
            log.warning(
                "operation.delayed",
                **facts,
                action=str(draft.action),
                why=operation.why,
                outcome=type(outcome).__name__,
            )
