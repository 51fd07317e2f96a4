"""Plays a scenario on a pair of simulators as their clock goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.notation import NotationError
from statusbridge.simulators.scenario import PersonEntry, Scenario
from statusbridge.simulators.strikes import Rule
from statusbridge.simulators.twilio import TwilioSimulator
from statusbridge.simulators.webhook import WebhookSimulator


class Player:
    """The simulators of *scenario*, begun at *now()*.

    Alerts and faults know their own times and are told at once; what people do waits for
    `advance`, and so do requests that are applied late. *missed*: acts that found nothing to act
    on, and why.
    """

    def __init__(self, scenario: Scenario, now: Callable[[], float]) -> None:
        self.started_at = now()
        self.scenario = scenario
        self.twilio = TwilioSimulator(
            scenario.accounts, switches=scenario.twilio, now=now, seed=scenario.seed
        )
        self.incidentio = IncidentioSimulator(
            scenario.pages,
            api_key=scenario.api_key,
            roles=scenario.roles,
            switches=scenario.incidentio,
            now=now,
            seed=scenario.seed,
        )
        self.incidentio.alert_sources = scenario.alert_sources
        self.webhook = WebhookSimulator(now, scenario.seed)
        self.missed: list[tuple[PersonEntry, str]] = []
        self._to_do = sorted(scenario.people, key=lambda entry: entry.at)
        self._begin()

    def advance(self, now: float) -> None:
        """Carry out what is due by *now*, in order."""
        self.twilio.front.settle()
        self.incidentio.front.settle()
        self.webhook.front.settle()
        while self._to_do and self.started_at + self._to_do[0].at <= now:
            entry = self._to_do.pop(0)
            try:
                self.incidentio.act(entry.act)
            except NotationError as error:
                self.missed.append((entry, str(error)))

    def _begin(self) -> None:
        self.twilio.add(*self.scenario.alerts, start=self.started_at)
        sides = {
            "twilio": self.twilio.faults,
            "incidentio": self.incidentio.faults,
            "webhook": self.webhook.faults,
        }
        for fault in self.scenario.faults:
            sides[fault.side].add(_started(fault.rule, self.started_at))


def _started(rule: Rule, start: float) -> Rule:
    return replace(rule, since=rule.since + start, until=rule.until + start)
