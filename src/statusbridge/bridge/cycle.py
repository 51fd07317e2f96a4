"""One cycle, from alerts to posts. This list is what `run_cycle` does, in its order:

1. poll      every account's alerts since the last poll, and a stretch before, into the store
2. evaluate  match, measure, step every detector, tell the episodes
3. settle    what was sent with unknown outcome: read back after a wait, only then decide
4. survey    the live page: what is due on it, and what of that must wait
5. publish   one operation at a time an incident: intent, write, receipt
6. report    one value with all counts

`run`, `run --once`, `run --dry-run`, `plan` and `demo` are this cycle with other parts plugged in.
A step that fails leaves the next ones to work with what is stored.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from statusbridge.bridge.evaluating import evaluate
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.polling import poll
from statusbridge.bridge.publishing import publish
from statusbridge.bridge.settling import settle
from statusbridge.bridge.survey import survey
from statusbridge.core.operations import Action


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What one cycle did."""

    alerts: int = 0
    malformed: int = 0
    transitions: int = 0
    opened: int = 0
    updated: int = 0
    resolved: int = 0
    held: int = 0
    doubts: int = 0
    trouble: int = 0

    @property
    def published(self) -> int:
        return self.opened + self.updated + self.resolved

    def facts(self) -> dict[str, int]:
        """Return the counts by name, as the cycle's log line has them."""
        return asdict(self)


async def run_cycle(bridge: Bridge) -> CycleReport:
    """Run the steps of this module's list once."""
    bridge.note_pauses()
    alerts, malformed = await poll(bridge)
    transitions = await evaluate(bridge)
    settled = await settle(bridge)
    surveys = await survey(bridge)
    published = await publish(bridge, surveys)
    done = [operation.draft.action for operation in (*settled, *published)]
    return CycleReport(
        alerts=alerts,
        malformed=malformed,
        transitions=transitions,
        opened=done.count(Action.OPEN),
        updated=done.count(Action.UPDATE),
        resolved=done.count(Action.RESOLVE),
        held=sum(len(each.plan.held) for each in surveys),
        doubts=bridge.note_doubts(),
        trouble=len(bridge.trouble),
    )
