"""What of Twilio's products customers can notice: how its components are called, what to tell.

A product is the first word of a family in the code table. Knows no page and no alert.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from statusbridge.core.code_ranges import RANGES
from statusbridge.core.codes import FIRST_CODE, LAST_CODE, describe, entries, faults_between
from statusbridge.core.model import Fault
from statusbridge.core.rules import CodeRange

TELLABLE = frozenset({Fault.TWILIO, Fault.CARRIER})
"""Faults that customers are told of: neither their own doing nor yours."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product of Twilio's. *id* names its rule."""

    id: str
    names: tuple[str, ...]
    """As families of the code table begin."""
    words: tuple[str, ...]
    """What the name of a component of it may hold, the surest first; lower case."""
    title: str
    investigating: str
    monitoring: str
    resolved: str
    resource: str = "SM"
    """How the SIDs of what its alerts are about begin."""
    code: int = 0
    """A code of Twilio's or a carrier's fault, for where none was seen; 0: none comes to mind."""
    ranges: tuple[CodeRange, ...] = field(init=False)
    """Its ranges of codes that hold one of Twilio's or a carrier's fault."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ranges", tuple(_ranges(self.names)))


def _ranges(names: tuple[str, ...]) -> list[CodeRange]:
    return [
        CodeRange(first, last)
        for first, last, family, _ in RANGES
        if _name(family) in names and _tellable_here(first, last, names)
    ]


def _tellable_here(first: int, last: int, names: tuple[str, ...]) -> bool:
    """Whether a code from *first* to *last* is tellable, and of *names* and not of another range
    inside.
    """
    if not TELLABLE & faults_between(first, last):
        return False
    return any(
        entry.fault in TELLABLE and _name(entry.family) in names for entry in entries(first, last)
    )


def _name(family: str) -> str:
    return family.partition(":")[0]


def _of_messages(what: str) -> tuple[str, str, str]:
    return (
        f"Some {what} are failing or delayed. We are investigating, and will post an update here "
        "as soon as we know more.",
        f"Delivery of {what} has been normal since {{{{ quiet_since }}}}. We are watching it "
        "before we close this incident.",
        f"Delivery of {what} is back to normal. The impact lasted {{{{ duration }}}}.",
    )


KNOWN = (
    Product(
        "messaging",
        ("Messaging",),
        ("sms", "text message", "messag", "mms", "notification"),
        "Delays sending text messages",
        *_of_messages("text messages"),
        code=30008,
    ),
    Product(
        "channels",
        ("Channels",),
        ("whatsapp", "rcs", "messenger", "channel", "messag", "chat"),
        "Delays sending WhatsApp messages",
        *_of_messages("WhatsApp messages"),
        code=63012,
    ),
    Product(
        "voice",
        ("Voice", "Voice SDK"),
        ("outbound call", "call", "voice", "phone", "telephon", "pstn"),
        "Problems with phone calls",
        "Some phone calls are failing or being cut off. We are investigating, and will post an "
        "update here as soon as we know more.",
        "Phone calls have been normal since {{ quiet_since }}. We are watching them before we "
        "close this incident.",
        "Phone calls are back to normal. The impact lasted {{ duration }}.",
        resource="CA",
        code=31503,
    ),
    Product(
        "verify",
        ("Verify",),
        ("verif", "otp", "2fa", "two-factor", "login", "log in", "sign-in", "sign in", "auth"),
        "Problems with verification codes",
        "Some verification codes do not arrive, so that signing in may fail. We are "
        "investigating, and will post an update here as soon as we know more.",
        "Verification has been normal since {{ quiet_since }}. We are watching it before we "
        "close this incident.",
        "Verification is back to normal. The impact lasted {{ duration }}.",
        resource="VE",
        code=60005,
    ),
    Product(
        "video",
        ("Video",),
        ("video", "meeting", "room"),
        "Problems with video calls",
        "Some video calls are failing. We are investigating, and will post an update here as "
        "soon as we know more.",
        "Video calls have been normal since {{ quiet_since }}. We are watching them before we "
        "close this incident.",
        "Video calls are back to normal. The impact lasted {{ duration }}.",
        resource="RM",
        code=53006,
    ),
)
_BY_NAME = {name: product for product in KNOWN for name in product.names}


def product_of(code: int) -> Product:
    """Return the product of *code*; of one without texts of its own, with general ones."""
    name = _name(describe(code).family)
    return _BY_NAME.get(name) or _general(name)


def _general(name: str) -> Product:
    words = tuple(re.findall(r"\w{3,}", name.casefold()))
    return Product(
        "-".join(words) or "other",
        (name,),
        words,
        "Problems with {{ components }}",
        "We are seeing problems with {{ components }}, and are investigating. We will post an "
        "update here as soon as we know more.",
        "{{ components }}: normal since {{ quiet_since }}. We are watching it before we close this "
        "incident.",
        "{{ components }}: back to normal. The impact lasted {{ duration }}.",
    )


def is_code(code: int | None) -> bool:
    """Whether a rule can name *code*."""
    return code is not None and FIRST_CODE <= code <= LAST_CODE
