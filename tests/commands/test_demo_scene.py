from __future__ import annotations

from dataclasses import replace

from demo_scenes import AT

from statusbridge.commands.demo_scene import PULSE, Component, face, tally, worst
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.notation import Span
from statusbridge.simulators.page_layout import PageEntry
from statusbridge.simulators.page_state import Post
from statusbridge.simulators.people import OpenIncident
from statusbridge.simulators.twilio import TwilioSimulator


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = AT

    def __call__(self) -> float:
        return self.time


def test_tally_counts_by_code_what_twilio_shows_and_no_alert_before_it_is_stored() -> None:
    clock = Hand()
    twilio = TwilioSimulator(now=clock)
    twilio.add(AlertEntry(code=30008, every=Span(1), times=3), start=AT - 2)
    twilio.add(AlertEntry(code=None, times=1), AlertEntry(code=11200, late=Span(60)), start=AT)

    found = tally(twilio.visible(), AT)

    assert [(one.code, one.count) for one in found] == [(30008, 3), (None, 1)]
    assert found[0].pulse == (*(0,) * (PULSE - 3), 1, 1, 1)


def test_codes_keep_the_order_in_which_they_appeared() -> None:
    twilio = TwilioSimulator(now=lambda: AT)
    twilio.add(AlertEntry(code=21610), start=AT - 5)
    twilio.add(AlertEntry(code=30008, times=9), start=AT - 1)

    assert [one.code for one in tally(twilio.visible(), AT)] == [21610, 30008]


def test_face_is_the_page_as_customers_see_it() -> None:
    structure = (
        {"group": "Messaging", "components": ["SMS", {"component": "Old", "hidden": True}]},
        {"component": "Dashboard"},
    )
    page = PageEntry(structure=structure)
    simulator = IncidentioSimulator((page,), now=lambda: AT)
    before = face(simulator)

    simulator.act(OpenIncident(name="Slow", components={"SMS": "partial_outage"}))

    after = face(simulator)
    assert before.components == (
        Component("Messaging", "SMS", "operational"),
        Component("", "Dashboard", "operational"),
    )
    assert after.components == (
        replace(before.components[0], status="partial_outage"),
        before.components[1],
    )
    assert (before.name, before.incidents) == ("Example Status", ())
    assert [incident.name for incident in after.incidents] == ["Slow"]


def test_worst_status_of_a_post_is_that_of_its_worst_component() -> None:
    components = (("a", "operational"), ("b", "partial_outage"), ("c", "degraded_performance"))

    assert worst(Post("p", AT, "", "investigating", components)) == "partial_outage"
    assert worst(Post("p", AT, "", "resolved")) == "operational"
