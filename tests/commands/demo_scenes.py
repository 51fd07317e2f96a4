"""Scenes of a demonstration, made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from statusbridge.commands.demo_scene import PULSE, Component, Document, Face, Scene, Tally
from statusbridge.simulators.page_state import Incident, Post

AT = 1_774_742_400.0
"""2026-03-29T00:00:00Z."""

OPENED = ("investigating", "degraded_performance")
WORSE = ("investigating", "partial_outage")
WATCHED = ("monitoring", "operational")
RESOLVED = ("resolved", "operational")
STORY = (OPENED, WORSE, WATCHED, RESOLVED)


def a_page(*posts: tuple[str, str], sms: str = "operational") -> Face:
    components = (
        Component("Messaging", "SMS", sms),
        Component("Messaging", "WhatsApp", "operational"),
        Component("", "Dashboard", "operational"),
    )
    return Face("Example Status", components, (an_incident(*posts),) if posts else ())


def an_incident(*posts: tuple[str, str], id_: str = "01I") -> Incident:
    made = tuple(
        Post(f"p{n}", AT + 4 * n, f"Message {n}.", status, (("01SMS", worst),), notified=n == 0)
        for n, (status, worst) in enumerate(posts)
    )
    return Incident(id_, "01PAGE", "Delays sending SMS", AT, posts[-1][0], made)


def a_status(count: int = 0, phase: str = "inactive", **changes: Any) -> Document:
    rule = {
        "id": "sms-delivery",
        "phase": phase,
        "measures": {"count": count},
        "needed": [
            {"status": "degraded_performance", "count": 25},
            {"status": "partial_outage", "count": 150},
        ],
    }
    status: Document = {
        "daemon": {"running": True, "ready": True, "reasons": []},
        "sources": [{"account": "default", "covered_until": "2026-03-28T23:59:58Z"}],
        "rules": [rule],
        "alerts": {"seen": 142, "matched": 81, "malformed": 0},
    }
    return status | changes


def a_scene(**changes: Any) -> Scene:
    quiet = (0,) * PULSE
    scene = Scene(AT, 7.4, (Tally(30008, 72, (*quiet[3:], 1, 30, 60)),), a_page(), a_status())
    return replace(scene, **changes)
