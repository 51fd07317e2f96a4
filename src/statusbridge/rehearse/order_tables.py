"""What whoever operates the bridge does in a rule test: the commands of the person's side.

A key that is left out is as in the command.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from statusbridge.config.durations import parse
from statusbridge.config.fields import NonEmpty
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.model import Status
from statusbridge.rehearse.act_tables import ActTable, ComponentWord, Time


class OrderTable(ActTable):
    """What every order has."""


class ApproveTable(OrderTable):
    """Approves what the incident's rules in review propose."""

    act: Literal["approve"]
    """The word."""
    incident: NonEmpty
    """The incident's key, or page/key."""
    title: NonEmpty | None = None
    """Another title."""
    text: NonEmpty | None = None
    """Another text."""
    as_: Annotated[ComponentWord | None, Field(alias="as")] = None
    """Another status."""


class RejectTable(OrderTable):
    """Rejects what is proposed, for the rest of its outage."""

    act: Literal["reject"]
    """The word."""
    incident: NonEmpty
    """As in approve."""
    lasts: Annotated[Time | None, Field(alias="for")] = None
    """For how long it holds."""


class ReleaseTable(OrderTable):
    """Hands back an incident that is a person's."""

    act: Literal["release"]
    """The word."""
    incident: NonEmpty
    """As in approve."""


class PauseTable(OrderTable):
    """Stops publishing."""

    act: Literal["pause"]
    """The word."""
    incident: NonEmpty | None = None
    """As in approve; of pause and resume it may be left out: then of everything."""
    lasts: Annotated[Time | None, Field(alias="for")] = None
    """As in reject."""


class ResumeTable(OrderTable):
    """Starts publishing again."""

    act: Literal["resume"]
    """The word."""
    incident: NonEmpty | None = None
    """As in pause."""


ORDER_TABLES: Mapping[str, type[OrderTable]] = {
    "approve": ApproveTable,
    "reject": RejectTable,
    "release": ReleaseTable,
    "pause": PauseTable,
    "resume": ResumeTable,
}
"""The table of each order, by its word."""


def order_of(table: OrderTable) -> Order:
    """Return what a person orders by *table*."""
    lasts, status = getattr(table, "lasts", None), getattr(table, "as_", None)
    return Order(
        ActKind(getattr(table, "act", "")),
        getattr(table, "incident", None) or "",
        seconds=None if lasts is None else parse(lasts),
        title=getattr(table, "title", None) or "",
        text=getattr(table, "text", None) or "",
        status=None if status is None else Status[status.upper()],
    )
