"""What the stored past says against a rule: thresholds in its noise, mails that a page refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from statusbridge.config.lint_names import Lint, named
from statusbridge.config.rule_lints import trigger_places
from statusbridge.config.validation import Finding
from statusbridge.core.history import History, RulePast, TriggerPast
from statusbridge.core.model import Instant, Notify, Stage, iso
from statusbridge.core.rules import Rule

LEAST_DAYS = 3
"""Fewer days say nothing of what is usual."""
_NOUNS = (
    ("count", "alerts"),
    ("distinct_resources", "resources"),
    ("distinct_accounts", "accounts"),
)


def noise_lints(past: History) -> Iterator[Finding]:
    """Yield each trigger that *past* reached on more than half of its days: an outage is rarer."""
    if past.days < LEAST_DAYS:
        return
    for rule in past.rules:
        for (place, _), trigger in zip(trigger_places(rule.rule), rule.triggers, strict=True):
            if trigger.days * 2 > past.days:
                yield (
                    ("rules", rule.rule.order, *place),
                    named(Lint.NOISE, _noise(rule, trigger, past.days)),
                )


def _noise(rule: RulePast, trigger: TriggerPast, days: int) -> str:
    asked = trigger.trigger.threshold
    usual = " and ".join(
        f"{int(needed * trigger.usual)} {noun}"
        for name, noun in _NOUNS
        if (needed := getattr(asked, name)) is not None
    )
    return (
        f"rule {rule.rule.id} reached it on {trigger.days} of the {days} days of which alerts are "
        f"stored; the middle one of them comes to {usual}; expected clearly more"
    )


def mail_lints(rules: tuple[Rule, ...], refused: Mapping[str, Instant]) -> Iterator[Finding]:
    """Yield each rule that mails on a page that last *refused* to: when, by page."""
    for rule in rules:
        at = refused.get(rule.page)
        if at is None or rule.notify is Notify.NEVER or rule.stage is Stage.SHADOW:
            continue
        what = (
            f"page {rule.page} refused to mail its subscribers on {iso(at)}, as incident.io does "
            f'over 1,000 of them, so rule {rule.id} posts without; expected "never"'
        )
        yield ("rules", rule.order, "publish", "notify"), named(Lint.UNMAILABLE, what)
