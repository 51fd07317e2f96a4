"""What people do in a rule test, as it is written: the words and keys that scenarios have for it.

A key that is left out has the scenarios' default (`simulators.people`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias, cast

from pydantic import Field

from statusbridge.config.durations import parse
from statusbridge.config.fields import Duration, Name, NonEmpty, Table, between
from statusbridge.simulators.notation import Span
from statusbridge.simulators.people import ACTS, Act

Time: TypeAlias = Annotated[Duration, between("0s", "366d")]
ComponentWord: TypeAlias = Literal[
    "operational", "degraded_performance", "partial_outage", "full_outage"
]
StageWord: TypeAlias = Literal["investigating", "identified", "monitoring", "resolved"]
HeldDown: TypeAlias = Annotated[dict[NonEmpty, ComponentWord], Field(min_length=1)]


class ActTable(Table):
    """What every act has."""

    at: Time = "0s"
    """When it is done, counted from the start: before the poll at that time."""


class OpenTable(ActTable):
    """A person opens an incident."""

    act: Literal["open"]
    """The word."""
    name: NonEmpty | None = None
    """The title."""
    message: NonEmpty | None = None
    """The text that is posted with it."""
    status: StageWord | None = None
    """The incident's stage from then on; without it investigating, or as it was."""
    components: HeldDown | None = None
    """Component → its status from then on; of open_maintenance a list of components."""
    page: Name | None = None
    """On which page; without it on the first of the configuration."""


class PostTable(ActTable):
    """A person posts an update."""

    act: Literal["post"]
    """The word."""
    incident: NonEmpty | None = None
    """The key of an incident of ours, the title of a person's, or "latest": the default."""
    message: NonEmpty | None = None
    """The text."""
    status: StageWord | None = None
    """The incident's stage from then on; without it as it was."""
    components: HeldDown | None = None
    """Component → its status from then on."""
    backdated: Time | None = None
    """How much earlier the update is dated."""


class ResolveTable(ActTable):
    """A person resolves an incident."""

    act: Literal["resolve"]
    """The word."""
    incident: NonEmpty | None = None
    """As in post."""
    message: NonEmpty | None = None
    """The text."""


class RenameTable(ActTable):
    """A person renames an incident."""

    act: Literal["rename"]
    """The word."""
    incident: NonEmpty | None = None
    """As in post."""
    name: NonEmpty | None = None
    """Its new title."""


class DeleteUpdateTable(ActTable):
    """A person deletes the last update of an incident."""

    act: Literal["delete_update"]
    """The word."""
    incident: NonEmpty | None = None
    """As in post."""


class DeleteIncidentTable(ActTable):
    """A person deletes an incident, which the API can't."""

    act: Literal["delete_incident"]
    """The word."""
    incident: NonEmpty | None = None
    """As in post."""


class OpenMaintenanceTable(ActTable):
    """A maintenance window begins."""

    act: Literal["open_maintenance"]
    """The word."""
    components: Annotated[list[NonEmpty], Field(min_length=1)]
    """The components under maintenance."""
    name: NonEmpty | None = None
    """Its title."""
    message: NonEmpty | None = None
    """Its text."""
    lasts: Time | None = None
    """When it is planned to end; without it after 1h."""
    page: Name | None = None
    """As in open."""


class CompleteMaintenanceTable(ActTable):
    """The newest maintenance window is completed."""

    act: Literal["complete_maintenance"]
    """The word."""


ACT_TABLES: Mapping[str, type[ActTable]] = {
    "open": OpenTable,
    "post": PostTable,
    "resolve": ResolveTable,
    "rename": RenameTable,
    "delete_update": DeleteUpdateTable,
    "delete_incident": DeleteIncidentTable,
    "open_maintenance": OpenMaintenanceTable,
    "complete_maintenance": CompleteMaintenanceTable,
}
"""The table of each act, by its word."""


def act_of(table: ActTable) -> Act:
    """Return what a person does by *table*, as the page's simulator knows it."""
    told = table.model_dump(exclude={"at", "act"}, exclude_none=True)
    for key in ("backdated", "lasts"):
        if key in told:
            told[key] = Span(parse(told[key]))
    if "components" in told and isinstance(told["components"], list):
        told["components"] = tuple(told["components"])
    (word,) = (word for word, kind in ACT_TABLES.items() if isinstance(table, kind))
    return cast(Act, ACTS[word](**told))
