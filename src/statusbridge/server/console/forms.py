"""What the forms of the console bring: read, and understood as orders. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from statusbridge.core.acts import ActKind, Order, Refused
from statusbridge.core.model import Status
from statusbridge.server.bodies import body

Form = dict[str, str]

_LARGEST = 200_000
"""Bytes of a form: 4,096 characters, twice, of which one may take twelve."""
_LONGEST_PAUSE = 1440
"""Minutes."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person wrote about what waits under *key*; *title* and *text* "" where unchanged."""

    key: str
    title: str
    text: str
    status: str
    reason: str


async def form_of(request: Request) -> Form:
    """Return the fields of the form that *request* brings; none where it is none, or too long.

    Lines end with a line feed alone: browsers send two characters.
    """
    brought = await body(request, _LARGEST)
    try:
        text = (brought or b"").decode()
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return {name: value.replace("\r\n", "\n") for name, value in fields}


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page sent *request*."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def written(form: Form) -> Words | None:
    """Return what a person wrote about what waits; None: nothing that would be a pity to lose."""
    if "look" not in form:
        return None
    found = Words(
        form.get("key", ""),
        _changed(form, "title"),
        _changed(form, "text"),
        form.get("status", ""),
        form.get("reason", ""),
    )
    return found if found.title or found.text or found.status or found.reason else None


def order_of(form: Form) -> Order | None:
    """Return the order of *form*; None: it is none. Raises Refused for words that are missing."""
    minutes, wanted = form.get("minutes", ""), form.get("status", "")
    try:
        kind = ActKind(form.get("kind", ""))
        seconds = min(int(minutes), _LONGEST_PAUSE) * 60 if minutes else None
        status = Status[wanted.upper()] if wanted else None
    except (ValueError, KeyError):
        return None
    if not form.get("key") and kind not in (ActKind.PAUSE, ActKind.RESUME):
        return None
    if seconds is not None and (kind is not ActKind.PAUSE or seconds <= 0):
        return None
    order = Order(kind, form.get("key", ""), form.get("reason", ""), seconds, form.get("look", ""))
    return _worded(order, form, status) if kind is ActKind.APPROVE else order


def _worded(order: Order, form: Form, status: Status | None) -> Order:
    """Return *order*, an approval, with the words and the status of *form*."""
    for name in ("title", "text"):
        if form.get(name, "-").strip() == "":
            raise Refused(f"The {name} can't be empty: nothing was approved.")
    return Order(
        order.kind,
        order.key,
        order.reason,
        look=order.look,
        title=_changed(form, "title"),
        text=_changed(form, "text"),
        status=status,
    )


def _changed(form: Form, name: str) -> str:
    """Return what a person made of field *name*; "": it is as it was, or there is none."""
    now = form.get(name, "").strip()
    return "" if now == form.get(f"{name}_was", "").strip() else now
