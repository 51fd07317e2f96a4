"""A month that was replayed, as a result: three outages, a false alarm, noise by day and night."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from builders import a_trigger
from rehearse.findings import (
    BUCKETS,
    DAY,
    END,
    START,
    WIDTH,
    a_curve,
    a_posted,
    a_rule_history,
    an_outage,
)
from statusbridge.core.model import Fault, Stage, Status
from statusbridge.rehearse.result import (
    CodeCount,
    Grades,
    Hit,
    Hold,
    Outage,
    Result,
    RuleScore,
    Volume,
)

_DEGRADED, _PARTIAL = Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE


def noise(dice: random.Random, level: float) -> list[int]:
    """A measure in quiet time: more by day than by night."""
    hours = [0.5 + 0.5 * (8 <= place * WIDTH // 3600 % 24 < 20) for place in range(BUCKETS)]
    return [max(0, round(dice.gauss(level * hour, level * 0.3))) for hour in hours]


def with_peak(values: Sequence[int], outage: Outage, peak: int) -> tuple[int, ...]:
    """*values* with *outage* in them."""
    first = (outage.started_at - START) // WIDTH
    last = (outage.changes[-2].at - START) // WIDTH
    shape = [0.4, 0.9, 1.0, 0.8, 0.6]
    storm = {
        place: shape[(place - first) * 5 // (last - first + 1)] for place in range(first, last + 1)
    }
    return tuple(
        max(value, round(peak * storm.get(place, 0))) for place, value in enumerate(values)
    )


def outages() -> tuple[Outage, ...]:
    """Carriers, a false alarm, our own webhook, calls, and one that was held all along."""
    calls = START + 23 * DAY + 72_000
    sms = an_outage()
    text = "Some phone calls are failing or being cut off. We are investigating."
    voice = an_outage(
        "voice-1",
        calls,
        incident="voice-calls",
        title="Problems with phone calls",
        rules=("voice-calls",),
        components=("Voice / Calls",),
        codes=((31005, 9_870), (13224, 120)),
    )
    voice = replace(
        voice,
        posts=tuple(
            replace(
                post,
                title=voice.title,
                components=tuple(("Voice / Calls", status) for _, status in post.components),
                text=text if post.action == "open" else post.text.replace("text messages", "calls"),
            )
            for post in voice.posts
        ),
    )
    false = an_outage("sms-2", START + 11 * DAY + 50_000, worst=_DEGRADED, codes=((30008, 41),))
    false = replace(
        false,
        changes=(false.changes[0], *false.changes[2:]),
        posts=(false.posts[0], *false.posts[2:]),
    )
    webhook = an_outage(
        "webhook-1",
        START + 15 * DAY + 51_600,
        incident="webhook-answers",
        title="Slow replies to messages and calls",
        rules=("webhook-answers",),
        stages=(Stage.SHADOW,),
        components=("Messaging / SMS", "Voice / Calls"),
        codes=((11200, 5_961),),
    )
    held = an_outage(
        "voice-2",
        START + 27 * DAY + 30_000,
        incident="voice-calls",
        title="Problems with phone calls",
        rules=("voice-calls",),
        components=("Voice / Calls",),
        changes=(),
        posts=(),
        holds=(
            Hold(
                START + 27 * DAY + 30_240,
                START + 27 * DAY + 36_900,
                "maintenance",
                "Carrier migration",
            ),
        ),
    )
    return (sms, false, webhook, voice, held)


def a_month(**changes: Any) -> Result:
    """The month, graded against three incidents of people, of which one is missed."""
    dice = random.Random(1)
    sms, false, webhook, voice, _held = outages()
    seen = with_peak(with_peak(noise(dice, 7), sms, 812), false, 31)
    resources = with_peak(with_peak(noise(dice, 6), sms, 640), false, 22)
    calls = with_peak(with_peak(noise(dice, 1), voice, 420), voice, 420)
    hooks = with_peak(noise(dice, 2), webhook, 391)
    people = (
        a_posted("p1", sms.changes[0].at + 900, 7200),
        a_posted(
            "p2",
            voice.changes[0].at + 420,
            5400,
            title="Calls drop",
            components=("Voice / Calls",),
            worst=_PARTIAL,
        ),
        a_posted("p3", START + 19 * DAY, 4000, title="Late delivery receipts", worst=None),
        a_posted("p4", START + 3 * DAY, 9000, title="Dashboard is slow", components=("Dashboard",)),
    )
    hits = (Hit(people[0], sms, 900), Hit(people[1], voice, 420))
    fields: dict[str, Any] = {
        "config": "config.toml",
        "start": START,
        "end": END,
        "interval": 30,
        "alerts": 1_000_000,
        "matched": 38_412,
        "outages": outages(),
        "rules": (
            a_rule_history(
                "sms-delivery",
                (a_curve("count", seen), a_curve("distinct_resources", resources)),
                fired=2,
            ),
            a_rule_history(
                "voice-calls",
                (a_curve("count", calls),),
                components=("Voice / Calls",),
                triggers=(a_trigger(count=20, hold=60), a_trigger(_PARTIAL, count=100)),
                fired=2,
            ),
            a_rule_history(
                "webhook-answers",
                (a_curve("count", hooks),),
                stage=Stage.SHADOW,
                components=("Messaging / SMS", "Voice / Calls"),
                window=300,
                triggers=(a_trigger(count=30, hold=60),),
            ),
            a_rule_history(
                "verify-codes",
                (a_curve("count", (0,) * BUCKETS),),
                components=("Verify",),
                fired=0,
            ),
        ),
        "codes": CODES,
        "unmatched": tuple(one for one in CODES if one.code not in {30008, 30017, 31005}),
        "volume": Volume(WIDTH, _by_fault(dice, sms, webhook, voice), _by_code(dice, sms, voice)),
        "grades": Grades(
            people,
            hits,
            (people[2],),
            (false,),
            (people[3],),
            (RuleScore("sms-delivery", 2, 1, 2, 1), RuleScore("voice-calls", 1, 1, 1, 1)),
        ),
    }
    return Result(**(fields | changes))


CODES = (
    CodeCount(30003, Fault.RECIPIENT, "Unreachable destination handset", 330_480),
    CodeCount(21610, Fault.RECIPIENT, "Attempt to send to unsubscribed recipient", 213_840),
    CodeCount(30005, Fault.RECIPIENT, "Unknown destination handset", 155_520),
    CodeCount(63016, Fault.APPLICATION, "Failed to send freeform message", 116_640),
    CodeCount(11200, Fault.APPLICATION, "HTTP retrieval failure", 79_872),
    CodeCount(60200, Fault.APPLICATION, "Invalid parameter", 38_880),
    CodeCount(30008, Fault.CARRIER, "Unknown error", 27_552),
    CodeCount(
        13224, Fault.APPLICATION, "Dial: Twilio does not support calling this number", 24_300
    ),
    CodeCount(31005, Fault.TWILIO, "Connection error", 12_916),
    CodeCount(30017, Fault.CARRIER, "Carrier network congestion", 391),
    CodeCount(98765, Fault.UNKNOWN, None, 12),
    CodeCount(None, Fault.UNKNOWN, None, 9),
)


def _by_fault(
    dice: random.Random, sms: Outage, webhook: Outage, voice: Outage
) -> tuple[tuple[Fault, tuple[int, ...]], ...]:
    return (
        (Fault.RECIPIENT, tuple(noise(dice, 400))),
        (Fault.APPLICATION, with_peak(noise(dice, 150), webhook, 1_700)),
        (Fault.CARRIER, with_peak(noise(dice, 8), sms, 2_900)),
        (Fault.TWILIO, with_peak(noise(dice, 2), voice, 1_900)),
        (Fault.UNKNOWN, (0,) * (BUCKETS - 21) + (1,) * 21),
    )


def _by_code(
    dice: random.Random, sms: Outage, voice: Outage
) -> tuple[tuple[int | None, tuple[int, ...]], ...]:
    return (
        (30003, tuple(noise(dice, 200))),
        (21610, tuple(noise(dice, 120))),
        (30005, tuple(noise(dice, 90))),
        (63016, tuple(noise(dice, 70))),
        (11200, tuple(noise(dice, 50))),
        (60200, tuple(noise(dice, 25))),
        (30008, with_peak(noise(dice, 8), sms, 2_900)),
        (31005, with_peak(noise(dice, 2), voice, 1_900)),
    )
