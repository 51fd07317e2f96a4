"""A first configuration as text: every table with a word on it, every number with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from statusbridge.core.model import iso
from statusbridge.starter.proposal import Past, Proposal, Surroundings
from statusbridge.starter.rule_text import left_out_text, rule_text
from statusbridge.starter.toml_text import commented, printable, quoted


def config_text(around: Surroundings, proposals: Sequence[Proposal], past: Past) -> str:
    """Return the configuration of *proposals*; those without a component are commented out."""
    parts = [
        _head(around, past),
        _twilio(around),
        _incidentio(around),
        _DAEMON,
        ["# Rules.", *_introduction(proposals, past)],
        *map(_rule, proposals),
        left_out_text(past),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(around: Surroundings, past: Past) -> list[str]:
    seen = f"{past.alerts:,} alert{'' if past.alerts == 1 else 's'}"
    return [
        "# Configuration of statusbridge, written by `statusbridge init`.",
        f"# Made of {seen} in {_days(past.days)} up to {iso(past.until)}, and of the page",
        f"# {printable(around.page_title)}. It is yours now: change what does not fit.",
        "#",
        "# Every rule is in stage shadow: it is evaluated and shown, and publishes nothing. How",
        "# one becomes a rule that you trust is in docs/guide.md; docs/rules.md has every key.",
        f"# {around.tests} are the rules' tests: `statusbridge test` plays them.",
    ]


def _twilio(around: Surroundings) -> list[str]:
    lines = [
        "# The account is that of $TWILIO_ACCOUNT_SID, with $TWILIO_AUTH_TOKEN, or $TWILIO_API_KEY",
        "# and $TWILIO_API_SECRET. For several accounts write a [[twilio.accounts]] each.",
        "[twilio]",
        'poll_interval = "30s" # how often alerts are read',
    ]
    return lines + _base_url(around.twilio_url)


def _incidentio(around: Surroundings) -> list[str]:
    return [
        "[incidentio]",
        *_base_url(around.incidentio_url),
        "# Where the secret is; a secret itself is never written in here.",
        'api_key = { env = "INCIDENT_API_KEY" }',
        "# Your name for the status page → its id.",
        f"pages = {{ {around.page_name} = {quoted(around.page_id)} }}",
    ]


def _base_url(url: str | None) -> list[str]:
    return [] if url is None else [f"base_url = {quoted(url)} # not the usual one"]


_DAEMON = [
    "# What follows are the defaults: remove the # to change one.",
    "[server]",
    '#listen = "127.0.0.1:9464" # the console, /livez, /readyz and /metrics',
    "",
    "# Who is told what was opened, waits for a person, is held or can't be read.",
    "[operator]",
    '#webhook_url = { env = "STATUSBRIDGE_OPERATOR_WEBHOOK" } # takes JSON as Slack does',
    "",
    "# What holds an opening until a person has looked.",
    "[guards]",
    "#max_open_incidents        = 5     # at once",
    "#max_opens_per_hour        = 3",
    "#max_notifications_per_day = 20    # past it, posts go out without mail",
    "",
    "[text]",
    '#timezone = "UTC" # of the times in public texts, such as "Europe/Berlin"',
]


def _introduction(proposals: Sequence[Proposal], past: Past) -> list[str]:
    if any(proposal.codes for proposal in proposals):
        return [
            "#",
            "# One for each of Twilio's products that failed by Twilio's or a carrier's fault. It",
            "# matches all codes of such a fault, also those not seen yet.",
        ]
    what = "No alert was read" if not past.alerts else "No alert was Twilio's or a carrier's fault"
    return [
        "#",
        f"# {what}, so there is nothing to measure a rule by. Here are",
        "# some to begin with, with usual numbers. Remove the first # of each line to use one.",
    ]


def _rule(proposal: Proposal) -> list[str]:
    lines = rule_text(proposal)
    return list(lines) if proposal.active else commented(lines)


def _days(days: int) -> str:
    return "a day" if days == 1 else f"{days} days"
