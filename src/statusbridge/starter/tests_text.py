"""Rule tests for a first configuration, as text: an outage, a usual day, and others' doings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from statusbridge.core.codes import fault_of
from statusbridge.core.model import Fault
from statusbridge.starter.proposal import UNMEASURED, Past, Proposal
from statusbridge.starter.toml_text import quoted

_OTHERS = 3
_STAGE = 'stage = "auto"'
_USUAL_OTHERS = ((30003, 0), (21610, 0))


def tests_text(config: str, proposals: Sequence[Proposal], past: Past) -> str:
    """Return the tests of the configuration whose file is called *config*."""
    rules = [one for one in proposals if one.active]
    parts = [_head(config), *(part for one in rules for part in _of_rule(one))]
    parts.append(list(_others(rules, past)))
    if not rules:
        parts.append(list(_NOTHING))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(config: str) -> list[str]:
    return [
        f"# What the rules of {config} would tell the public, and when. Play it with",
        "#",
        "#   statusbridge test",
        "#",
        '# docs/rule-tests.md has every key. stage = "auto": what a rule would do by itself,',
        "# whether it is in shadow, in review or in auto by now.",
    ]


def _of_rule(proposal: Proposal) -> Iterator[list[str]]:
    yield list(_outage(proposal))
    if proposal.quiet is not None and proposal.quiet.usual:
        yield list(_usual(proposal))


def _outage(proposal: Proposal) -> Iterator[str]:
    incident = quoted(proposal.product.id)
    yield "[[test]]"
    yield f'name = "{proposal.product.id}: an outage is told, watched and resolved, each once"'
    yield _STAGE
    yield f"feed = [{_alerts(proposal, 2 * proposal.numbers.degraded, '6m')}]"
    yield "expect = ["
    yield f'  {{ at = "1m", incident = {incident}, posts = 0 }},'
    yield (
        f'  {{ at = "10m", incident = {incident}, state = "investigating", '
        'status = "degraded_performance", posts = 1, notified = 1 },'
    )
    yield f'  {{ at = "30m", incident = {incident}, state = "monitoring", posts = 2 }},'
    yield (
        f'  {{ at = "1h", incident = {incident}, state = "resolved", posts = 3, notified = 2, '
        "incidents = 1 },"
    )
    yield "]"


def _usual(proposal: Proposal) -> Iterator[str]:
    assert proposal.quiet is not None
    yield "[[test]]"
    yield f'name   = "{proposal.product.id}: what happens on usual days is nobody\'s outage"'
    yield 'stage  = "auto"'
    yield f"feed   = [{_alerts(proposal, proposal.quiet.usual, '8m')}]"
    yield 'expect = [{ at = "30m", posts = 0, held = false }]'


def _alerts(proposal: Proposal, times: int, spread: str) -> str:
    code = proposal.codes[0][0] if proposal.codes else proposal.product.code
    resource = quoted(f"{proposal.product.resource}{{n}}")
    return f'{{ times = {times}, spread = "{spread}", code = {code}, resource = {resource} }}'


def _others(rules: Sequence[Proposal], past: Past) -> Iterator[str]:
    """Yield a test of the most frequent codes that are the recipients' or the owner's doing."""
    ours = Fault.RECIPIENT, Fault.APPLICATION
    seen = [one for one in past.left_out if one[0] is not None and fault_of(one[0]) in ours]
    times = 2 * max((one.numbers.degraded for one in rules), default=UNMEASURED.degraded)
    yield "[[test]]"
    yield 'name = "what recipients and our own webhooks do is nobody\'s outage"'
    yield _STAGE
    yield "feed = ["
    for code, _ in seen[:_OTHERS] or _USUAL_OTHERS:
        yield f'  {{ times = {times}, spread = "6m", code = {code}, resource = "SM{{n}}x{code}" }},'
    yield "]"
    yield 'expect = [{ at = "30m", posts = 0, held = false }]'


_NOTHING = (
    "[[test]]",
    'name   = "without a rule nothing is published"',
    'feed   = [{ times = 100, spread = "6m", code = 30008, resource = "SM{n}" }]',
    'expect = [{ at = "30m", posts = 0 }]',
)
