"""Whatever the status page answers: a value, or one of the declared errors; never another end."""

from __future__ import annotations

from typing import get_args

import pytest
from answers import DATES, FAILURES, JSON, TEXT, Ending, Said, no_time, objects, replies
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.adapters.incidentio import IncidentIo, list_pages
from statusbridge.adapters.incidentio_bodies import (
    Post,
    create_body,
    retrospective_body,
    update_body,
)
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import IncidentId, IncidentStatus, PageId, iso
from statusbridge.core.outcome import Applied, Outcome

PAGE, ID = PageId("01PAGE"), IncidentId("01INC")
OVER = Post("It is over.", IncidentStatus.RESOLVED)
CREATE = create_body(PAGE, "Delays", OVER, "sb-1", notify=True)
UPDATE = update_body(ID, OVER, notify=True)
RETROSPECTIVE = retrospective_body(PAGE, "Delays", ((0, OVER),), "sb-1")

IDS = st.sampled_from(["01INC", "01U1", "01PAGE", "01A"])
LINES = st.lists(
    objects({"component_id": IDS, "component_status": TEXT, "start_at": DATES, "end_at": DATES})
)
UPDATES = objects(
    {
        "id": IDS,
        "status_page_incident_id": IDS,
        "message": TEXT,
        "incident_status": TEXT,
        "published_at": DATES,
        "component_statuses": LINES,
    }
)
INCIDENTS = objects(
    {
        "id": IDS,
        "status_page_id": IDS,
        "name": TEXT,
        "incident_status": TEXT,
        "updates": st.lists(UPDATES, max_size=3),
        "component_impacts": LINES,
    }
)
COMPONENTS = objects({"component_id": IDS, "name": TEXT, "hidden": st.booleans()})
ITEMS = st.recursive(
    COMPONENTS.map(lambda c: {"component": c}),
    lambda items: st.sampled_from(["group", "sub_page"]).flatmap(
        lambda kind: objects({"name": TEXT, "items": st.lists(items, max_size=2)}).map(
            lambda inside: {kind: inside}
        )
    ),
    max_leaves=4,
)
WINDOWS = objects({"id": IDS, "status_page_id": IDS, "component_maintenance_periods": LINES})
ANSWERS = objects(
    {
        "status_page_incident": INCIDENTS,
        "status_page_incident_update": UPDATES,
        "status_page_incidents": st.lists(INCIDENTS, max_size=3),
        "status_page_maintenances": st.lists(WINDOWS, max_size=3),
        "status_page": objects({"id": IDS, "name": TEXT, "public_url": TEXT}),
        "status_pages": st.lists(objects({"id": IDS, "name": TEXT}), max_size=3),
        "current_structure": objects({"items": st.lists(ITEMS, max_size=3)}),
        "identity": objects({"name": TEXT, "roles": st.lists(TEXT | JSON)}),
        "pagination_meta": objects({"after": IDS | st.just("x" * 70_000)}),
    }
)
ERRORS = objects(
    {
        "type": TEXT,
        "request_id": TEXT,
        "errors": st.lists(objects({"code": TEXT, "message": TEXT, "source": JSON}), max_size=3),
        "rate_limit": objects({"retry_after": DATES}),
    }
)
ENDINGS = st.lists(replies(ANSWERS | ERRORS) | FAILURES, min_size=1, max_size=4)

READS = {
    "show": lambda page: page.incident(ID),
    "list": lambda page: page.incidents(),
    "structure": lambda page: page.structure(),
    "maintenances": lambda page: page.maintenances(),
    "identity": lambda page: page.identity(),
    "pages": lambda page: list_pages(page._wire, sleep=no_time),
}
WRITES = {
    "create": lambda page: page.create(CREATE),
    "update": lambda page: page.update(UPDATE),
    "retrospective": lambda page: page.retrospective(RETROSPECTIVE),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@given(ENDINGS)
async def test_any_answer_to_a_read_is_a_value_or_a_declared_error(
    read: object, endings: list[Ending]
) -> None:
    page = IncidentIo(Said(endings), PAGE, sleep=no_time)

    try:
        found = await read(page)
    except (Unavailable, Unauthorized) as error:
        presentable(error.reason)
    else:
        storable(found)
    if page.last_date is not None:
        assert iso(page.last_date)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@given(ENDINGS)
async def test_any_answer_to_a_write_is_an_outcome_and_it_is_sent_once(
    write: object, endings: list[Ending]
) -> None:
    said = Said(endings)

    outcome = await write(IncidentIo(said, PAGE, sleep=no_time))

    assert isinstance(outcome, get_args(Outcome))
    assert len(said.asked) == 1
    if isinstance(outcome, Applied):
        storable(outcome)
    else:
        presentable(outcome.reason)


def presentable(reason: str) -> None:
    """A reason is logged, stored and shown: one line, of bounded length, no control characters."""
    assert reason.isprintable(), reason
    assert len(reason) < 700


def storable(value: object) -> None:
    """What was read can be written as UTF-8, and its times as dates."""
    assert repr(value).encode()
