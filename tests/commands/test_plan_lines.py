from __future__ import annotations

from builders import a_rule
from statusbridge.bridge.planning import draw
from statusbridge.commands.plan_text import draft_lines, text
from statusbridge.core.model import ComponentId, ComponentStatus, IncidentStatus, Stage, Status
from statusbridge.core.operations import Action, Draft, Reason, Said
from statusbridge.core.restrain import Guards
from world import World


def a_draft(*components: ComponentStatus) -> Draft:
    return Draft(
        action=Action.UPDATE,
        reason=Reason.QUIETED,
        episode="e",
        incident="sms",
        incident_id=None,
        rules=("sms-delivery", "mms"),
        name="Delays",
        said=Said(IncidentStatus.MONITORING, components),
        message="First line.\n\nSecond line.",
        notify=False,
    )


async def test_plan_shows_public_text_and_evidence_under_keys_and_titles_in_columns() -> None:
    quiet = a_rule("fax", stage=Stage.SHADOW, order=1)
    voice = a_rule("voice-calls", components=("Calls",), order=2)
    world = World(a_rule("sms"), quiet, voice, guards=Guards(max_opens_per_hour=1))
    world.storm(4)
    world.clock.time += 10

    (survey,) = await draw(world.bridge)

    assert text(world.bridge, survey) == [
        "page public (01PAGE)   as of 14:13:30Z (0 s ago)",
        "  + open    sms         “Delays sending SMS”   rule sms",
        "            investigating · Messaging / SMS  operational → degraded_performance",
        "            “Some text messages are failing.”",
        "            4 alerts in 1m (3 needed) · 30008 ×4",
        "            notifies subscribers",
        "  ! held    voice-calls 1 were opened in the last hour  [too_many_opens_this_hour]",
        "  ? open    fax         “Delays sending SMS”   rule fax   (shadow: not published)",
        "            investigating · Messaging / SMS  operational → degraded_performance",
        "            “Some text messages are failing.”",
        "            4 alerts in 1m (3 needed) · 30008 ×4",
    ]


def test_components_of_one_incident_stand_under_each_other() -> None:
    lines = [
        ComponentStatus(ComponentId(name), Status.FULL_OUTAGE) for name in ("01SMS", "01CALLS")
    ]

    assert draft_lines(a_draft(*lines), None)[1:3] == [
        "            monitoring · 01SMS    full_outage",
        "            monitoring · 01CALLS  full_outage",
    ]


def test_draft_alone_shows_each_line_of_its_text_and_no_change_where_there_is_none() -> None:
    draft = a_draft(ComponentStatus(ComponentId("01SMS"), Status.OPERATIONAL))

    assert draft_lines(draft, None) == [
        "  ~ update  sms      “Delays”   rule sms-delivery, mms",
        "            monitoring · 01SMS  operational",
        "            “First line.”",
        "            “Second line.”",
    ]


def test_draft_without_components_still_says_its_stage() -> None:
    assert draft_lines(a_draft(), None)[1] == "            monitoring"
