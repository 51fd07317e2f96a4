from __future__ import annotations

import random
import re
from base64 import b64encode
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from rehearse.findings import BUCKETS, DAY, END, START, a_curve, a_posted, a_rule_history, an_outage
from rehearse.months import CODES, a_month
from statusbridge.core.model import Fault
from statusbridge.rehearse.comparing import Difference, differences
from statusbridge.rehearse.report.material import Material, Other, Unread
from statusbridge.rehearse.report.page import page
from statusbridge.rehearse.result import CodeCount, Hold, Outage, Result
from statusbridge.rehearse.suggesting import Suggestion

HOSTILE = (
    "</script><script>alert(1)</script><img src=http://x/ onerror=alert(2)>"
    "\" onclick=\"alert(3)\" ' onfocus='alert(4)' {{ 7 * 7 }}"
)


class Document(HTMLParser):
    """What a page is made of: *tags* with their attributes, and all *text* outside of style."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._inside = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside not in {"style", "script"}:
            self.text += data

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] for _, attrs in self.tags if attribute in attrs]

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def full() -> Material:
    """A month with something in every part of the report."""
    month = a_month(gaps=(("prod", START, START + 60, "Twilio keeps 30 days"),))
    other = replace(month, config="other.toml", outages=(an_outage("z", START + DAY),))
    return Material(
        month,
        END,
        other=Other("other.toml", other, differences(month, other)),
        suggested=(
            Suggestion(
                rule="sms-delivery",
                status="degraded_performance",
                measure="count",
                old=25,
                new=160,
                quiet_most=31,
                quiet_usual=11,
                outages=2,
                seen=1,
                least_peak=812,
            ),
            Suggestion(
                rule="voice-calls",
                status="degraded_performance",
                measure="count",
                old=20,
                new=None,
                quiet_most=420,
                quiet_usual=2,
                outages=1,
                seen=0,
                least_peak=None,
                why="no outage stands out from noise",
            ),
        ),
        tried=other,
        unread=Unread(12, ((4, "expected an object"),)),
    )


@cache
def whole() -> bytes:
    return page(full())


def test_every_public_text_stands_in_the_document_itself() -> None:
    shown = Document(whole()).text

    texts = [post.text for outage in full().result.outages for post in outage.posts]
    assert texts
    assert [text for text in texts if text not in shown] == []


@pytest.mark.parametrize(
    "said",
    [
        "1,000,000 alerts, 38,412 of them matched by a rule",
        "Quiet all the time: Verify.",
        "Never matched an alert: verify-codes.",
        "only the other has it",
        "160 alerts instead of 25: in quiet time at most 31, 99.9 % of it 11; "
        "in 1 of 2 outages at least 812",
        "20 alerts, as it is: in quiet time at most 420, 99.9 % of it 2; "
        "no outage stands out from noise",
        "What is suggested rests on 30 days with 4 outages that people posted. False opens (1) "
        "count as quiet time. Tried on the same past: 1 incident, 4 "
        "posts, 2 by mail; 2 of 3 of people's found, 1 false open.",
        "160 suggested",
        "maintenance: Carrier migration",
        "Twilio keeps 30 days",
        "expected an object",
        "12 lines of the recording, the first of them",
        "on components that no rule speaks of",
        "Attempt to send to unsubscribed recipient",
        "degraded: 25 alerts and 15 resources in 10\u00a0min, for 2\u00a0min",
        "Of its 2 openings people posted 1 too; of people's 2 incidents it found 1.",
    ],
)
def test_the_report_tells(said: str) -> None:
    assert said in Document(whole()).text


def test_a_result_of_nothing_is_a_page_without_empty_parts() -> None:
    empty = a_month(
        alerts=0,
        matched=0,
        end=START,
        outages=(),
        rules=(),
        codes=(),
        unmatched=(),
        grades=None,
        volume=replace(a_month().volume, by_fault=(), by_code=()),
    )

    shown = Document(page(Material(empty, END)))

    assert "Nothing: no incident would have been opened." in shown.text
    assert "Held back" not in shown.text
    assert "Matched by no rule" not in shown.text


def hostile(result: Result) -> Result:
    """*result* with every text that others write replaced."""
    outage = an_outage(
        HOSTILE,
        incident=HOSTILE,
        page=HOSTILE,
        title=HOSTILE,
        rules=(HOSTILE,),
        components=(HOSTILE,),
        posts=tuple(
            replace(
                post,
                title=HOSTILE,
                text=HOSTILE,
                components=tuple((HOSTILE, status) for _, status in post.components),
            )
            for post in an_outage().posts
        ),
        holds=(Hold(START, None, HOSTILE, HOSTILE),),
    )
    rule = replace(
        result.rules[0], rule=HOSTILE, page="other", incident=HOSTILE, components=(HOSTILE,)
    )
    assert result.grades is not None
    posted = a_posted(HOSTILE, START, 60, page=HOSTILE, title=HOSTILE, components=(HOSTILE,))
    return replace(
        result,
        config=HOSTILE,
        outages=(outage,),
        rules=(rule, replace(rule, rule=HOSTILE * 2, matched=0)),
        codes=(CodeCount(1, Fault.UNKNOWN, HOSTILE, 1),),
        unmatched=(CodeCount(1, Fault.UNKNOWN, HOSTILE, 1),),
        gaps=((HOSTILE, START, END, HOSTILE),),
        grades=replace(
            result.grades,
            posted=(posted,),
            scores=(replace(result.grades.scores[0], rule=HOSTILE),),
        ),
    )


def test_what_others_wrote_is_text_wherever_it_stands() -> None:
    told = hostile(a_month())
    other = replace(told, outages=(replace(told.outages[0], posts=()),))
    material = Material(
        told,
        END,
        other=Other(HOSTILE, other, (Difference(told.outages[0], None),), HOSTILE),
        suggested=(replace(full().suggested[1], rule=HOSTILE, why=HOSTILE),),
        unread=Unread(1, ((4, HOSTILE),)),
    )

    shown = Document(page(material))

    assert (shown.count("script"), shown.count("img"), shown.count("style")) == (1, 0, 1)
    assert [name for _, attrs in shown.tags for name in attrs if name.startswith("on")] == []
    assert shown.text.count(HOSTILE) > 20


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (an_outage(), None, "only these rules have it"),
        (None, an_outage(), "only the other has it"),
        (an_outage(posts=(), changes=()), an_outage(), "the other publishes it"),
        (an_outage(), an_outage(posts=(), changes=()), "the other publishes nothing"),
        (
            an_outage(),
            an_outage(began=an_outage().started_at + 300),
            "the other opens 5\u00a0min later, the other resolves 5\u00a0min later",
        ),
        (
            an_outage(),
            an_outage(posts=an_outage().posts[:2]),
            "the other does not resolve it, 4 → 2 posts, 2 → 1 mail",
        ),
    ],
)
def test_what_two_configurations_tell_differently_is_said(
    here: Outage | None, there: Outage | None, said: str
) -> None:
    ours = a_month(outages=(here,) if here else ())
    other = a_month(outages=(there,) if there else ())
    material = Material(ours, END, Other("b.toml", other, differences(ours, other)))

    shown = Document(page(material)).text

    assert f"UTC{said}" in shown


def test_half_a_character_does_not_prevent_the_report() -> None:
    assert b"Delays ?" in page(Material(a_month(outages=(an_outage(title="Delays \ud83d"),)), END))


def test_only_the_packages_own_style_and_script_may_be_used() -> None:
    text = whole().decode()
    policy = next(
        attrs["content"]
        for tag, attrs in Document(text.encode()).tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )

    def admitted(tag: str) -> str:
        (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        return f"{tag}-src 'sha256-{b64encode(sha256(inner.encode()).digest()).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        admitted("script"),
        admitted("style"),
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_nothing_in_the_document_is_loaded_from_anywhere() -> None:
    shown = Document(whole())

    assert shown.values("src") == shown.values("style") == []
    assert {href[0] for href in shown.values("href")} == {"#"}
    assert "url(" not in whole().decode()


def test_every_reference_within_the_page_is_to_one_element() -> None:
    shown = Document(whole())
    ids = shown.values("id")

    referred = {href[1:] for href in shown.values("href")}
    referred |= {one for value in shown.values("aria-labelledby") for one in value.split()}
    assert len(ids) == len(set(ids))
    assert referred - set(ids) == set()


def test_headings_go_down_one_level_at_a_time_and_tables_have_captions() -> None:
    shown = Document(whole())

    levels = [int(tag[1]) for tag, _ in shown.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert shown.count("table") == shown.count("caption")
    assert all("scope" in attrs for tag, attrs in shown.tags if tag == "th")


def test_a_month_of_twenty_busy_rules_is_a_page_of_at_most_a_megabyte_and_a_half() -> None:
    dice = random.Random(7)
    busy = tuple(
        a_curve(measure, tuple(dice.randrange(10_000) for _ in range(BUCKETS)))
        for measure in ("count", "distinct_resources", "distinct_accounts")
    )
    month = a_month(
        rules=tuple(a_rule_history(f"rule-{n}", busy) for n in range(20)),
        outages=tuple(an_outage(f"sms-{n}", START + n * 2_000) for n in range(1_290)),
        codes=tuple(replace(CODES[0], code=n) for n in range(10_000, 10_400)),
    )

    assert len(page(Material(month, END))) <= 1_500_000
