"""What one seed draws: rules, outages, people, switches of both services, and what goes wrong.

Times are scaled down, so that a life is short: a poll every 10 s, windows of 20 s. What
the protocol assumes is kept in proportion, and is stated in docs/simulation.md: a lost request is
applied, and what was applied is seen by reads, within `DOUBT_WAIT` of the loss.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TypeVar

from simulation.configured import SMS, VOICE, Reloads, the_reloads, the_rules
from simulation.ordering import Orders, is_staffed, the_orders, under_review
from statusbridge.core.plan import Manners
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import Rule
from statusbridge.simulators import faults as f
from statusbridge.simulators import people as p
from statusbridge.simulators.alerts_query import TwilioSwitches
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.notation import Span
from statusbridge.simulators.page_payloads import PageSwitches
from statusbridge.simulators.strikes import Rule as Ordered
from statusbridge.simulators.strikes import Strike

T = TypeVar("T")

INTERVAL = 10
DOUBT_WAIT = 30
LATEST_APPLIED = 22.0
LONGEST_STALE = 6.0
"""Both together under `DOUBT_WAIT`: the assumption that the protocol rests on."""
OVERLAP = 30
CAP = 12
PAGE_SIZE = 5
UPDATE_CAP = 4
LEFT_FOR_RESOLVE = 3

CANARIES = ("canary-text-5f1d", "+14155550199", "%2B14155550199", "canary-url-77aa")
"""Private values planted in every alert."""

_PLAIN_TWILIO = TwilioSwitches(cap=CAP)
_PLAIN_PAGE = PageSwitches(update_cap=UPDATE_CAP, rate_limit=0)
_ROOMY = Guards(9, 30, 99)
_PLAIN = Manners()

Acts = tuple[tuple[float, p.Act | p.PageAct], ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One run, but for the dice thrown while it goes on. Times are seconds from its start."""

    seed: int
    rules: tuple[Rule, ...]
    accounts: tuple[str, ...]
    alerts: tuple[AlertEntry, ...]
    acts: Acts = ()
    twilio: TwilioSwitches = _PLAIN_TWILIO
    page: PageSwitches = _PLAIN_PAGE
    twilio_faults: tuple[Ordered, ...] = ()
    page_faults: tuple[Ordered, ...] = ()
    unsent: float = 0.0
    slowest: float = 0.5
    crashes: float = 0.0
    """The share of effects at which the process dies."""
    steps: tuple[tuple[float, float], ...] = ()
    """When the wall clock is set, and by how much it is then off."""
    reloads: Reloads = ()
    """When the configuration is changed, and the rules that hold from then on."""
    restores: tuple[tuple[float, float], ...] = ()
    """When the state file is copied, and when the copy is put back."""
    naps: tuple[tuple[float, float], ...] = ()
    """When the machine is asleep, and for how long; or a scheduler that comes late."""
    orders: Orders = ()
    """What people order at the bridge itself, and when."""
    guards: Guards = _ROOMY
    manners: Manners = _PLAIN
    span: float = 150.0
    """How long the first phase lasts."""
    real_wire: bool = False
    """Requests go through the product's own wire, down to its connections."""
    roomy: bool = True
    """Guards don't stand in the way of an outage."""


def draw(seed: int) -> Setting:
    """Return the setting of *seed*."""
    dice = random.Random(seed)
    two = dice.random() < 0.3
    accounts = ("prod", "backup") if two else ("prod",)
    # Thrown apart, so that what was drawn before this was is drawn as ever.
    owner = random.Random(f"{seed}/owner")
    rules = the_rules(dice, owner)
    staff = random.Random(f"{seed}/staff")
    staffed = is_staffed(staff)
    rules = under_review(staff, rules) if staffed else rules
    span = dice.choice((70.0, 100.0, 130.0, 200.0))
    calm = dice.random() < 0.15
    tight = dice.random() < 0.12
    setting = Setting(
        seed=seed,
        rules=rules,
        accounts=accounts,
        alerts=_alerts(dice, accounts, span),
        acts=_acts(dice, span),
        twilio=_twilio_switches(dice),
        page=_page_switches(dice),
        twilio_faults=() if calm else _some(dice, _TWILIO_FAULTS, 0.16),
        page_faults=()
        if calm
        else (*_some(dice, _PAGE_FAULTS, 0.8, "POST"), *_some(dice, _CONNECTION, 0.15)),
        unsent=dice.choice((0.0, 0.0, 0.05, 0.15)),
        slowest=dice.choice((0.0, 0.5, 2.0)),
        crashes=dice.choice((0.0, 0.005, 0.01, 0.03)),
        steps=_steps(dice, span),
        reloads=the_reloads(owner, rules, span),
        naps=_naps(owner, span),
        restores=_restores(owner, span),
        guards=Guards(1, 2, 1) if tight else _ROOMY,
        manners=Manners(
            missed=dice.choice(("skip", "skip", "retrospective")),
            after_touch=dice.choice(("hands_off", "hands_off", "resolve_only")),
        ),
        span=span,
        roomy=not tight,
        real_wire=seed % 8 == 7,
    )
    if staffed:
        touched = [at for at, _ in setting.acts]
        setting = replace(setting, orders=the_orders(staff, rules, span, touched))
    # What a restored file has forgotten is not known again on a page that drops digits, nor where
    # its rule says something else by now, nor, until a restart, by a clock that is wrong.
    unfit = setting.page.echo == "lossy" or setting.reloads or setting.steps
    return replace(setting, restores=()) if unfit else setting


def _alerts(dice: random.Random, accounts: tuple[str, ...], span: float) -> tuple[AlertEntry, ...]:
    waves = dice.choice((1, 1, 2, 3, 5))
    found = []
    for _ in range(waves):
        late = dice.choice((0, 0, 0, 4, 25)) if dice.random() < 0.9 else dice.choice((90, 3000))
        found.append(
            wave(
                at=int(dice.random() * (span - 40)) - dice.choice((0, 0, 30)),
                times=dice.choice((2, 4, 4, 8, 16)),
                every=dice.choice((0, 0.25, 1, 2)),
                code=dice.choice((30008, 30008, 30008, 30410, 11200)),
                account=dice.choice(accounts),
                late=late,
                level=dice.choice(("error", "error", "warning")),
            )
        )
    return tuple(found)


def wave(at: float, times: int, every: float = 1, late: float = 0, **more: object) -> AlertEntry:
    """Return *times* alerts whose text and address hold the canaries."""
    return AlertEntry(
        at=Span(at),
        times=times,
        every=Span(every),
        late=Span(late),
        resource="SM",
        text=f"Msg={CANARIES[0]}&To=%2B14155550199&LogLevel=ERROR",
        request_url=f"https://hooks.example.com/sms?token={CANARIES[3]}",
        **({"code": 30008} | more),
    )


def _acts(dice: random.Random, span: float) -> Acts:
    if dice.random() < 0.45:
        return ()
    kinds = (
        p.PostUpdate(),
        p.PostUpdate(status="identified"),
        p.PostUpdate(backdated=Span(30)),
        p.ResolveIncident(),
        p.RenameIncident(),
        p.DeleteUpdate(),
        p.DeleteIncident(),
        p.OpenIncident(components={SMS: "partial_outage"}),
        p.OpenMaintenance(components=(SMS,), lasts=Span(40)),
        p.RemoveComponent(VOICE),
        p.Subscribers(5000),
    )
    count = dice.choice((1, 1, 2, 3))
    return tuple(
        sorted(((dice.random() * span, dice.choice(kinds)) for _ in range(count)), key=_at)
    )


def _at(act: tuple[float, p.Act | p.PageAct]) -> float:
    return act[0]


def _twilio_switches(dice: random.Random) -> TwilioSwitches:
    return TwilioSwitches(
        sort_by=dice.choice(("generated", "created")),
        tokens=dice.choice(("keyset", "offset")),
        token_lifetime=dice.choice((None, None, Span(1))),
        cap=CAP,
        at_cap=dice.choice(("end", "error")),
        visible_after=Span(dice.choice((0, 0, 2, 12))),
        date_skew=Span(dice.choice((0, 0, 0, 5, -5, 100))),
    )


def _page_switches(dice: random.Random) -> PageSwitches:
    return PageSwitches(
        updates_order=dice.choice(("newest_first", "oldest_first")),
        echo=dice.choice(("verbatim", "verbatim", "rerendered", "lossy")),
        name_echo=dice.choice(("verbatim", "retouched")),
        partial_components=dice.choice(("patch", "replace")),
        after_resolved=dice.choice(("refuse", "allow")),
        unknown_component=dice.choice((422, 0)),
        notify_refused=dice.choice((400, 422)),
        update_cap=UPDATE_CAP,
        keys=dice.choice(("honoured", "honoured", "ignored")),
        keys_forgotten_after=dice.choice((None, Span(15))),
        key_other_body=dice.choice(("replay", "conflict")),
        end_at=dice.choice(("absent", "null")),
        stale_reads=Span(dice.choice((0, 0, 2, LONGEST_STALE))),
        rate_limit=dice.choice((0, 0, 1200)),
        date_skew=Span(dice.choice((0, 0, 7))),
    )


def _steps(dice: random.Random, span: float) -> tuple[tuple[float, float], ...]:
    if dice.random() < 0.8:
        return ()
    return ((dice.random() * span, dice.choice((-3600.0, -20.0, 20.0, 3600.0))),)


def _naps(dice: random.Random, span: float) -> tuple[tuple[float, float], ...]:
    if dice.random() < 0.85:
        return ()
    return ((dice.random() * span, dice.choice((15.0, 40.0, 120.0))),)


def _restores(dice: random.Random, span: float) -> tuple[tuple[float, float], ...]:
    if dice.random() < 0.9:
        return ()
    copied = dice.random() * span
    return ((copied, copied + dice.random() * (span - copied)),)


def _some(
    dice: random.Random, kinds: tuple[f.Fault, ...], most: float, method: str | None = None
) -> tuple[Ordered, ...]:
    """Return a few of *kinds*, each with a rate of its own, in any order."""
    chosen = dice.sample(kinds, dice.choice((1, 2, 4)))
    return tuple(
        Ordered(Strike(method=method, probability=dice.random() * most), kind) for kind in chosen
    )


_SECONDS = Span(7)
_CONNECTION: tuple[f.Fault, ...] = (
    f.LostBefore(),
    f.LostBefore(),
    f.Status(500),
    f.Status(503, retry_after="seconds", seconds=_SECONDS),
    f.Status(429),
    f.Status(429, retry_after="seconds", seconds=_SECONDS),
    f.Status(429, retry_after="date", seconds=_SECONDS),
    f.Status(400),
    f.Status(401),
    f.Status(403),
    f.Status(404),
    f.Status(408),
    f.Garbage(applied=False),
    f.Garbage(applied=True, text="null"),
    f.WrongType(),
    f.Truncated(),
    f.Gzip(),
    f.Slow(Span(4)),
    f.Hang(),
    f.Drip(Span(5)),
    f.Redirect("https://evil.example/"),
)
_TWILIO_FAULTS = (*_CONNECTION, f.OtherOrigin("http://evil.example"), f.OtherOrigin("file://x"))
_PAGE_FAULTS = (
    *_CONNECTION,
    f.LostAfter(),
    f.LostAfter(),
    f.LostAfter(),
    f.AppliedLate(Span(LATEST_APPLIED)),
    f.AppliedLate(Span(12)),
    f.AppliedLate(Span(LATEST_APPLIED)),
    f.Status(429, retry_after="body", seconds=_SECONDS),
    f.Status(409),
    f.Status(409, applied=True),
    f.Status(408, applied=True),
    f.Status(422),
    f.Status(500, applied=True),
    f.Status(503, applied=True),
    f.Hang(applied=True),
    f.Garbage(applied=True),
    f.Garbage(applied=True, text='{"status_page_incident": {"id": "01OTHER"}}'),
)
EVERY_FAULT = tuple(dict.fromkeys((*_PAGE_FAULTS, *_TWILIO_FAULTS)))
