"""The metrics that tell whether the bridge works at all: what a person is woken by.

What it counts and publishes is `metrics`'. Each label is of a set that the configuration bounds.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from statusbridge.bridge.parts import Bridge
from statusbridge.core.model import IncidentStatus, Stage
from statusbridge.daemon import Daemon

_WATCHED = 1
"""What `statusbridge_incident_status` says of an incident whose components are operational."""


def vitals(daemon: Daemon) -> Iterator[Metric]:
    """Yield what alerting rules ask of *daemon*, each series also while it has nothing to say."""
    bridge = daemon.parts.bridge
    yield from _reads(bridge)
    yield from _never_again(bridge)
    yield from _cycles(daemon)
    yield from _configuration(daemon)
    yield _incidents(bridge)
    yield from _heartbeats(daemon)


def _reads(bridge: Bridge) -> Iterator[Metric]:
    labels = ("kind", "name")
    up = GaugeMetricFamily(
        "statusbridge_source_up",
        "1 while an account or page can be read; 0 also before its first answer.",
        labels=labels,
    )
    refused = GaugeMetricFamily(
        "statusbridge_credentials_refused",
        "1 while an account or page refuses the credentials for reading or writing.",
        labels=labels,
    )
    last = GaugeMetricFamily(
        "statusbridge_last_successful_read_timestamp_seconds",
        "When an account or page last answered with all it was asked; 0: not since the start.",
        labels=labels,
    )
    names = [("account", source.account) for source in bridge.sources]
    for kind, name in (*names, *(("page", page) for page in bridge.pages)):
        whole = f"{kind} {name}"
        up.add_metric((kind, name), whole in bridge.read_at and whole not in bridge.trouble)
        refusing = {whole, f"writing to {whole}"} & bridge.refused
        refused.add_metric((kind, name), bool(refusing))
        last.add_metric((kind, name), bridge.read_at.get(whole, 0))
    yield from (up, refused, last)


def _never_again(bridge: Bridge) -> Iterator[Metric]:
    """Yield what should never rise."""
    gaps = CounterMetricFamily(
        "statusbridge_gaps_recorded",
        "Stretches of alerts found since the start that can never be read.",
        labels=["account"],
    )
    for source in bridge.sources:
        gaps.add_metric([source.account], bridge.gaps_recorded[source.account])
    yield gaps
    yield CounterMetricFamily(
        "statusbridge_duplicates_seen",
        "Posts of the bridge's found twice on a page since the start.",
        value=bridge.duplicates,
    )
    oldest = min(bridge.doubted_at.values(), default=None)
    yield GaugeMetricFamily(
        "statusbridge_oldest_doubt_age_seconds",
        "How long the oldest write of unknown outcome has been so in this process; 0: none is.",
        value=0 if oldest is None else max(0, bridge.clock.now() - oldest),
    )


def _cycles(daemon: Daemon) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "statusbridge_last_cycle_timestamp_seconds",
        "When the last cycle was finished; 0: none since the start.",
        value=daemon.ended_at,
    )
    yield GaugeMetricFamily(
        "statusbridge_poll_interval_seconds",
        "How often accounts are read, by the configuration.",
        value=daemon.config.twilio.poll_interval,
    )


def _configuration(daemon: Daemon) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "statusbridge_config_last_reload_successful",
        "1 where the configuration file could be read the last time it was.",
        value=daemon.refused_since is None,
    )
    yield GaugeMetricFamily(
        "statusbridge_config_last_reload_success_timestamp_seconds",
        "When the configuration in force was read.",
        value=daemon.configured_at,
    )


def _heartbeats(daemon: Daemon) -> Iterator[Metric]:
    heart = daemon.parts.heartbeat
    yield CounterMetricFamily(
        "statusbridge_heartbeats_sent",
        "Pings that the heartbeat's receiver took since the start.",
        value=0 if heart is None else heart.sent,
    )
    yield CounterMetricFamily(
        "statusbridge_heartbeats_failed",
        "Pings that the heartbeat's receiver did not take since the start.",
        value=0 if heart is None else heart.failed,
    )
    yield GaugeMetricFamily(
        "statusbridge_heartbeat_last_success_timestamp_seconds",
        "When the heartbeat's receiver last took a ping; 0: not since the start.",
        value=0 if heart is None else heart.last,
    )


def _incidents(bridge: Bridge) -> Metric:
    found = GaugeMetricFamily(
        "statusbridge_incident_status",
        "What the public reads of an incident key: 0 nothing open, 1 open with all operational, "
        "2 degraded performance, 3 partial outage, 4 full outage.",
        labels=["page", "incident"],
    )
    shown = {(r.page, r.incident): 0 for r in bridge.policy.rules if r.stage is not Stage.SHADOW}
    for case in bridge.store.cases():
        page, incident, stage = case.episode.group
        said = case.ledger.said
        if stage is Stage.SHADOW or said is None:
            continue
        if said.incident_status is not IncidentStatus.RESOLVED:
            worst = max((int(line.status) for line in said.components), default=0)
            shown[page, incident] = max(shown.get((page, incident), 0), worst + _WATCHED)
    for key, value in sorted(shown.items()):
        found.add_metric(key, value)
    return found
