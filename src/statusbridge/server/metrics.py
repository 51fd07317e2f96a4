"""The daemon's metrics, read from what it knows at the moment they are asked for.

Names and units as Prometheus wants them. No label holds anything of an alert; each is of a set that
the configuration bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from platform import python_version

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from statusbridge import __version__
from statusbridge.adapters.exchanges import BOUNDS
from statusbridge.adapters.sqlite_lookups import file_size
from statusbridge.core.coverage import Coverage
from statusbridge.core.history import ratio
from statusbridge.core.model import Fault, Stage
from statusbridge.core.operations import HeldReason
from statusbridge.daemon import Daemon
from statusbridge.server.vitals import vitals
from statusbridge.status import unready_reasons

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition(daemon: Daemon) -> bytes:
    """Return all metrics of *daemon* in Prometheus text."""
    registry = CollectorRegistry()
    registry.register(_Facts(daemon))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Facts(Collector):
    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def collect(self) -> Iterator[Metric]:
        info = InfoMetricFamily("statusbridge_build", "The program that is running.")
        info.add_metric((), {"version": __version__, "python": python_version()})
        yield info
        yield from vitals(self._daemon)
        yield from self._sources()
        yield from self._alerts()
        yield from self._rules()
        yield from self._publishing()
        yield self._requests()
        yield from self._notices()
        yield from self._state_file()
        reasons = unready_reasons(self._daemon.parts.bridge, self._daemon.liveness())
        yield GaugeMetricFamily(
            "statusbridge_ready",
            "1 while every account and page can be read.",
            value=float(not reasons),
        )
        yield GaugeMetricFamily(
            "statusbridge_paused",
            "1 while the state file can't be written and nothing is read or published.",
            value=float(bool(self._daemon.failed)),
        )
        yield self._pauses()
        yield CounterMetricFamily(
            "statusbridge_cycles", "Cycles that were finished.", value=self._daemon.cycles
        )

    def _state_file(self) -> Iterator[Metric]:
        whole, free = file_size(self._daemon.parts.store)
        yield GaugeMetricFamily(
            "statusbridge_state_file_bytes", "Size of the state file, without its log.", value=whole
        )
        yield GaugeMetricFamily(
            "statusbridge_state_file_free_bytes",
            "What of the state file is free to be used again.",
            value=free,
        )

    def _pauses(self) -> Metric:
        pauses = self._daemon.parts.bridge.pauses()
        paused = GaugeMetricFamily(
            "statusbridge_publishing_paused",
            "How many pauses a person has ordered: of all publishing, or of one incident key each.",
            labels=["scope"],
        )
        paused.add_metric(["all"], sum(1 for pause in pauses if not pause.incident))
        paused.add_metric(["incident"], sum(1 for pause in pauses if pause.incident))
        return paused

    def _sources(self) -> Iterator[Metric]:
        bridge = self._daemon.parts.bridge
        now, coverage = bridge.clock.now(), bridge.store.coverage()
        age = GaugeMetricFamily(
            "statusbridge_watermark_age_seconds",
            "Time since an account was last read without a gap, or since the start.",
            labels=["account"],
        )
        gaps = GaugeMetricFamily(
            "statusbridge_gap_seconds",
            "Length of what could never be read of an account.",
            labels=["account"],
        )
        lost = bridge.store.gaps(0)
        for source in bridge.sources:
            covered = coverage.get(source.account, Coverage()).covered_until
            read = bridge.began if covered is None else covered
            age.add_metric([source.account], max(0, now - read))
            missing = sum(gap.hi - gap.lo for account, gap in lost if account == source.account)
            gaps.add_metric([source.account], missing)
        yield from (age, gaps)

    def _alerts(self) -> Iterator[Metric]:
        counters = self._daemon.parts.store.counters()
        counters["unmatched"] = counters.get("seen", 0) - counters.get("matched", 0)
        for name, help_ in (
            ("seen", "Alerts that were stored."),
            ("matched", "Alerts that counted for at least one rule."),
            ("unmatched", "Alerts that counted for no rule."),
            ("malformed", "Entries that could not be read as an alert."),
        ):
            yield CounterMetricFamily(
                f"statusbridge_alerts_{name}", help_, value=counters.get(name, 0)
            )

    def _rules(self) -> Iterator[Metric]:
        bridge = self._daemon.parts.bridge
        counted = CounterMetricFamily(
            "statusbridge_rule_alerts",
            "Alerts that counted for a rule since the start.",
            labels=["rule"],
        )
        ratio_ = GaugeMetricFamily(
            "statusbridge_rule_trigger_ratio",
            "How much of its nearest trigger a rule has; 1: reached.",
            labels=["rule"],
        )
        unmatched = CounterMetricFamily(
            "statusbridge_alerts_unmatched_by_fault",
            "Alerts that counted for no rule since the start, by whose fault their code is.",
            labels=["fault"],
        )
        for rule in bridge.policy.rules:
            counted.add_metric([rule.id], bridge.counted[rule.id])
        for standing in bridge.standings:
            triggers = standing.rule.triggers
            nearest = max(ratio(t.threshold, standing.measures) for t in triggers)
            ratio_.add_metric([standing.rule.id], nearest)
        for fault in Fault:
            unmatched.add_metric([fault], bridge.unmatched[fault])
        yield from (counted, ratio_, unmatched)

    def _requests(self) -> Metric:
        requests = HistogramMetricFamily(
            "statusbridge_api_request_duration_seconds",
            "How long requests to an API took, by how they ended.",
            labels=["service", "outcome"],
        )
        bounds = [*map(str, BOUNDS), "+Inf"]
        for service, exchanges in self._daemon.parts.exchanges.items():
            for outcome, found in sorted(exchanges.by_outcome.items()):
                buckets = list(zip(bounds, accumulate(found.by_class), strict=True))
                requests.add_metric([service, outcome], buckets, found.seconds)
        return requests

    def _notices(self) -> Iterator[Metric]:
        told = CounterMetricFamily(
            "statusbridge_notices_told", "Notices that a receiver took.", labels=["receiver"]
        )
        failed = CounterMetricFamily(
            "statusbridge_notices_failed",
            "Attempts at telling a receiver that failed.",
            labels=["receiver"],
        )
        waiting = GaugeMetricFamily(
            "statusbridge_notices_pending",
            "Notices that a receiver is still to be told.",
            labels=["receiver"],
        )
        if (teller := self._daemon.parts.teller) is not None:
            for line in teller.lines:
                told.add_metric([line.name], line.told)
                failed.add_metric([line.name], line.failed)
                waiting.add_metric([line.name], len(teller.waiting(line)))
        yield from (told, failed, waiting)

    def _publishing(self) -> Iterator[Metric]:
        store = self._daemon.parts.store
        operations = CounterMetricFamily(
            "statusbridge_operations", "Operations by how they ended.", labels=["action", "state"]
        )
        for action, state, count in store.operations_by_state():
            operations.add_metric([action, state], count)
        held = GaugeMetricFamily("statusbridge_held", "What is held, by reason.", labels=["reason"])
        reasons = Counter(entry.reason for _, entry, _ in store.held())
        for reason in HeldReason:
            held.add_metric([reason], reasons[reason])
        public = [case for case in store.cases() if case.episode.group.stage is Stage.AUTO]
        published = sum(1 for case in public if case.ledger.said is not None)
        doubts = sum(1 for case in public if case.operation and case.operation.unknowns)
        yield from (operations, held)
        yield GaugeMetricFamily(
            "statusbridge_incidents_open", "Incidents that the bridge has open.", value=published
        )
        yield GaugeMetricFamily(
            "statusbridge_operations_in_doubt", "Writes of unknown outcome.", value=doubts
        )
        yield GaugeMetricFamily(
            "statusbridge_operations_parked", "Writes given up.", value=len(store.parked())
        )
