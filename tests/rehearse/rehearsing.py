"""Rehearsals for tests: the small rule of `builders`, told by a file, and alerts as they arrive."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from builders import an_alert
from statusbridge.config.load import load_to_rehearse
from statusbridge.config.values import Config
from statusbridge.core.model import Alert
from statusbridge.rehearse.replay import Arrival
from statusbridge.rehearse.world import Rehearsal

START = 1_774_746_000
"""2026-03-29T01:00:00Z, when clocks in Berlin go from 02:00 to 03:00."""

FILE = """
[twilio]
poll_interval = "10s"
[[twilio.accounts]]
name = "prod"
[[twilio.accounts]]
name = "other"
[incidentio.pages]
public = "01PAGE"
[[rules]]
id        = "sms"
component = "Messaging / SMS"
window    = "60s"
stage     = "auto"
match     = { codes = [30008] }
trigger.degraded_performance = { count = 3 }
trigger.partial_outage       = { count = 6, hold = "20s" }
recover   = { after = "60s", settle = "60s" }
[rules.text]
title         = "Delays sending SMS"
investigating = "Some text messages are failing."
worsened      = "More text messages are failing."
returned      = "Text messages are failing again."
monitoring    = "Delivery is normal since {{ quiet_since }}."
resolved      = "Delivery is back to normal after {{ duration }}."
"""

ACCOUNT = """account_sid = "AC00000000000000000000000000000000"
auth_token = { env = "TOKEN" }
"""


def configuration(folder: Path, text: str = FILE) -> Config:
    """Return the configuration of *text*, each account of it with an id and a secret's place."""
    path = folder / "config.toml"
    told = text
    for number, name in enumerate(("prod", "other"), 1):
        line = f'name = "{name}"\n'
        told = told.replace(line, line + ACCOUNT.replace("AC0", f"AC{number}"))
    path.write_text(told)
    return load_to_rehearse(path, {"HOME": str(folder)})


def arriving(alerts: Iterable[Alert], late: int = 0) -> list[Arrival]:
    return sorted(Arrival(alert.at + late, alert) for alert in alerts)


def storm(at: int, count: int, account: str = "prod") -> list[Alert]:
    """Alerts of *account* from START + *at* on, one a second."""
    return [an_alert(START + at + n, account=account) for n in range(count)]


async def run(world: Rehearsal, until: int) -> list[int]:
    """Run *world* to START + *until*; return when its cycles were, counted from START."""
    return [world.clock.time - START async for _ in world.run_to(START + until)]


def read(world: Rehearsal) -> list[tuple[int, str, str]]:
    """What was posted: when, counted from START, the stage and the text."""
    (page,) = world.pages.values()
    return [
        (one.at - START, str(one.draft.said.incident_status), one.draft.message)
        for one in page.publications
    ]
