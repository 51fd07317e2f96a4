"""One proposed rule as text, and the codes that none was made for with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from statusbridge.core.codes import describe
from statusbridge.core.model import Fault, Instant, iso
from statusbridge.starter.products import Product
from statusbridge.starter.proposal import Counts, Past, Proposal
from statusbridge.starter.toml_text import listed, quoted

_SHOWN = 6
_NOBODYS = "fault not known: read what it is, then match it by number if customers notice"
_WHY = {
    Fault.RECIPIENT: "the recipient's own doing: no outage",
    Fault.APPLICATION: "your own webhook, request or account: for you to mend",
    Fault.UNKNOWN: _NOBODYS,
}


def rule_text(proposal: Proposal) -> Iterator[str]:
    """Yield the lines of the rule."""
    product = proposal.product
    yield from _seen(proposal)
    yield "[[rules]]"
    yield f"id        = {quoted(product.id)}"
    yield "# What is said to be in trouble."
    yield f"component = {_components(proposal.components)}"
    yield "# Alerts are counted over this long."
    yield 'window    = "10m"'
    yield "# shadow: publish nothing · review: a person approves the opening · auto: publish"
    yield 'stage     = "shadow"'
    yield ""
    yield "# Which alerts count: codes of this product, but never those of recipients or yourself."
    yield "[rules.match]"
    yield from _codes(product)
    yield 'faults = ["twilio", "carrier"]'
    yield ""
    yield from _numbers(proposal)
    yield "# Which posts mail subscribers: never | open | open-and-close | all."
    yield "[rules.publish]"
    yield 'notify = "open-and-close"'
    yield ""
    yield "# What your customers read: put it in your own words."
    yield "[rules.text]"
    yield f"title         = {quoted(product.title)}"
    yield f"investigating = {quoted(product.investigating)}"
    yield f"monitoring    = {quoted(product.monitoring)}"
    yield f"resolved      = {quoted(product.resolved)}"


def _numbers(proposal: Proposal) -> Iterator[str]:
    """Yield what opens the incident, and what ends it."""
    numbers = proposal.numbers
    yield f"# Opens the incident: so many alerts{_times(proposal)}, for two minutes."
    yield "[rules.trigger.degraded_performance]"
    yield f"count = {numbers.degraded}"
    if numbers.resources is not None:
        yield f"distinct_resources = {numbers.resources} # about so many different ones"
    yield 'hold = "2m"'
    yield "# Makes it worse."
    yield "[rules.trigger.partial_outage]"
    yield f"count = {numbers.partial}"
    yield ""
    yield '# At or under this, for 10 minutes: "monitoring"; for 15 minutes more: "resolved".'
    yield "[rules.recover]"
    yield f"below  = {{ count = {numbers.below} }}"
    yield 'after  = "10m"'
    yield 'settle = "15m"'
    yield ""


def _seen(proposal: Proposal) -> Iterator[str]:
    """Say what the rule rests on."""
    if not proposal.codes:
        yield "# Nothing of it was seen yet: usual numbers."
        return
    for code, count in proposal.codes[:_SHOWN]:
        yield f"# {_code(code, count)}"
    if len(proposal.codes) > _SHOWN:
        yield f"# and {len(proposal.codes) - _SHOWN} codes more"
    yield from _measured(proposal)
    if not proposal.active:
        yield "# Left out, as no component was named. Remove the first # of each line to use it."


def _measured(proposal: Proposal) -> Iterator[str]:
    quiet = proposal.quiet
    if quiet is None:
        return
    if quiet.days == 1:
        yield f"# In any 10 minutes of the one day that was seen: at most {_alerts(quiet.usual)}."
    else:
        yield (
            f"# In any 10 minutes: at most {_alerts(quiet.usual)} on most days; "
            f"{quiet.days} days were seen."
        )
    if quiet.most_at is not None and quiet.most > quiet.usual:
        yield f"# The most was {_alerts(quiet.most)}, about {iso(quiet.most_at)}."
    if proposal.opened is not None:
        yield f"# With these numbers the rule {_opened(proposal.opened)}."


def _opened(times: tuple[Instant, ...]) -> str:
    if not times:
        return "would have opened nothing in that time"
    what = "one incident" if len(times) == 1 else f"{len(times)} incidents"
    shown = ", ".join(map(iso, times[:2])) + (", …" if len(times) > 2 else "")
    return f"would have opened {what}: {shown}"


def _alerts(count: int) -> str:
    return f"{count:,} alert{'' if count == 1 else 's'}"


def _times(proposal: Proposal) -> str:
    quiet = proposal.quiet
    if quiet is None or not quiet.usual:
        return ""
    return f", {proposal.numbers.degraded // quiet.usual} times what is usual"


def _components(names: tuple[str, ...]) -> str:
    if not names:
        return quoted("Group / Name")
    if len(names) == 1:
        return quoted(names[0])
    return f"[{', '.join(map(quoted, names))}]"


def _codes(product: Product) -> list[str]:
    return listed("codes", (quoted(f"{one.first}-{one.last}") for one in product.ranges))


def left_out_text(past: Past) -> list[str]:
    """Return the codes that no rule was made for, each with the reason, all as comments."""
    if not past.left_out:
        return []
    lines = [
        "# Alerts that no rule was made for. `statusbridge explain CODE` says what one is, and",
        "# docs/recipes.md has rules for those that your customers notice all the same.",
    ]
    for fault, why in _WHY.items():
        counts = tuple(one for one in past.left_out if _fault(one[0]) is fault)
        if counts:
            lines += ["#", f"# {why[:1].upper()}{why[1:]}:", *_table(counts)]
    return lines


def _table(counts: Counts) -> Iterator[str]:
    for code, count in counts[: 2 * _SHOWN]:
        yield f"#   {_code(code, count)}"
    if len(counts) > 2 * _SHOWN:
        more = counts[2 * _SHOWN :]
        yield f"#   and {len(more)} codes more, {sum(n for _, n in more):,} alerts"


def _code(code: int | None, count: int) -> str:
    if code is None:
        return f"without a code: {count:,}"
    info = describe(code)
    return f"{code}: {count:,}, {info.title or info.family}"


def _fault(code: int | None) -> Fault:
    return Fault.UNKNOWN if code is None else describe(code).fault
