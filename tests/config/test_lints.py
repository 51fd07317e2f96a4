"""Each warning, in a file that earns it and in the nearest one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_texts import ENVIRON, load_text

from builders import T0, a_rule, a_trigger, an_alert
from statusbridge.config.lint_names import Lint
from statusbridge.config.load import load
from statusbridge.config.past_lints import mail_lints, noise_lints
from statusbridge.core.history import history
from statusbridge.core.model import Notify, Stage, Status

DAY = 86_400
HEAD = '[incidentio]\npages = { public = "01PAGE" }\n[lists]\nfaults = [30008]\n'
TEXT = '[rules.text]\ntitle = "Delays"\ninvestigating = "Messages are late."\n'


def a_file(*rules: str, head: str = HEAD) -> str:
    return head + "".join(rules)


def a_table(
    id: str = "sms",
    match: str = 'codes = ["@faults"]',
    trigger: str = "degraded_performance = { count = 25 }",
    more: str = "",
    text: str = TEXT,
    component: str = "SMS",
    window: str = "10m",
    stage: str = "auto",
) -> str:
    return (
        f'[[rules]]\nid = "{id}"\ncomponent = "{component}"\nwindow = "{window}"\n'
        f'stage = "{stage}"\n{more}\nmatch = {{ {match} }}\ntrigger = {{ {trigger} }}\n{text}'
    )


def warned(text: str, directory: Path) -> list[str]:
    """The warnings of *text*, the directory left out."""
    warnings = load_text(text, directory).warnings
    return [str(problem).removeprefix(f"{directory}/config.toml:") for problem in warnings]


def names(text: str, directory: Path) -> list[str]:
    return [line.rsplit("[", 1)[1].removesuffix("]") for line in warned(text, directory)]


FIRING: dict[Lint, tuple[str, ...]] = {
    Lint.NO_RULES: ('[incidentio]\npages = { public = "01PAGE" }\n',),
    Lint.UNUSED_LIST: (a_file(a_table(match="codes = [30008]")),),
    Lint.UNKNOWN_CODE: (
        a_file(a_table(match='codes = ["@faults", 300080]')),
        a_file(a_table(match='codes = ["@faults"], codes_not = ["700000-700100"]')),
        a_file(a_table(), head=HEAD.replace("30008", "30008, 999")),
    ),
    Lint.MATCHES_EVERYTHING: (
        a_file(a_table(match="", stage="review"), a_table("b", component="Calls")),
    ),
    Lint.MATCHES_NOTHING: (
        a_file(a_table(match='codes = ["@faults"], codes_not = ["30000-30010"]')),
        a_file(a_table(match='codes = ["@faults"], faults = ["recipient"]')),
    ),
    Lint.OTHERS_FAULT: (
        a_file(a_table(match='codes = ["@faults", 21610]')),
        a_file(a_table(match='codes = ["@faults", "11200-11210"]')),
        a_file(a_table(), a_table("b", match='levels = ["error"]', component="Calls")),
        a_file(a_table(), a_table("b", match='faults = ["recipient"]', component="Calls")),
    ),
    Lint.HOLD_OVER_WINDOW: (
        a_file(a_table(trigger='degraded_performance = { count = 25, hold = "11m" }')),
    ),
    Lint.UNREACHABLE_TRIGGER: (
        a_file(a_table(trigger="degraded_performance = { count = 25, distinct_accounts = 2 }")),
    ),
    Lint.IDLE_TRIGGER: (
        a_file(
            a_table(trigger="degraded_performance = { count = 25 }, full_outage = { count = 25 }")
        ),
        a_file(a_table(trigger="degraded_performance = [{ count = 25 }, { count = 30 }]")),
        a_file(
            a_table(
                trigger="degraded_performance = { distinct_resources = 25 }, "
                "partial_outage = { count = 25 }"
            )
        ),
        a_file(a_table(trigger="degraded_performance = [{ count = 25 }, { count = 25 }]")),
    ),
    Lint.CAPPED_TRIGGER: (
        a_file(
            a_table(
                trigger="partial_outage = { count = 25 }",
                more='publish = { max_status = "degraded_performance" }',
            )
        ),
    ),
    Lint.IDLE_RULE: (
        a_file(
            a_table(more='incident = "x"'),
            a_table("b", more='incident = "x"', trigger="degraded_performance = { count = 30 }"),
        ),
        a_file(
            a_table(more='incident = "x"', match='codes = ["@faults"], levels = ["error"]'),
            a_table("b", more='incident = "x"'),
        ),
    ),
    Lint.SAME_ALERTS: (
        a_file(
            a_table(more='incident = "x"'),
            a_table("b", more='incident = "x"', trigger="full_outage = { count = 300 }"),
        ),
    ),
    Lint.TWO_INCIDENTS: (
        a_file(a_table(), a_table("b")),
        a_file(a_table(), a_table("b", match="codes = [30008, 30017]", stage="review")),
    ),
    Lint.DEFAULT_TEXT: (a_file(a_table(text='[rules.text]\ntitle = "Delays"\n')),),
    Lint.EARLY_TEXT: (
        a_file(a_table(text='[rules.text]\ntitle = "Delays"\ninvestigating = "{{ duration }}"\n')),
    ),
    Lint.INTERNAL_TEXT: tuple(
        a_file(a_table(text=f'[rules.text]\ntitle = "Delays"\ninvestigating = "{words}"\n'))
        for words in (
            "Twilio is down.",
            "We see error 30008.",
            "Code: 411",
            "Failures (30008) rise.",
            "Our webhook is slow.",
            "The call's SID is lost.",
            "A subaccount is suspended.",
            "We answer HTTP 502.",
            "TwiML can't be read.",
            "Posted by statusbridge.",
        )
    ),
}
BESIDE: dict[Lint, tuple[str, ...]] = {
    Lint.NO_RULES: (a_file(a_table()),),
    Lint.UNUSED_LIST: (a_file(a_table(match='codes = [30017], codes_not = ["@faults"]')),),
    Lint.UNKNOWN_CODE: (a_file(a_table(match='codes = ["@faults", 30099, "30020-30021"]')),),
    Lint.MATCHES_EVERYTHING: (
        a_file(a_table(), a_table("b", match="", stage="shadow", component="Calls")),
    ),
    Lint.MATCHES_NOTHING: (
        a_file(a_table(match='codes = ["@faults", 30017], codes_not = [30008]')),
        a_file(a_table(match='codes = ["@faults"], faults = ["carrier", "recipient"]')),
    ),
    Lint.OTHERS_FAULT: (
        a_file(a_table(match='codes = ["@faults", 21610], codes_not = [21610]')),
        a_file(a_table(match='codes = ["@faults", 21610], faults = ["carrier"]')),
        a_file(a_table(), a_table("b", match='faults = ["twilio"]', component="Calls")),
        a_file(a_table(match='codes = ["@faults", 11200], faults = ["carrier", "application"]')),
        a_file(a_table(match='codes = ["@faults", 21610]', stage="shadow")),
        a_file(a_table(match='codes = ["@faults", 21610]', stage="review")),
    ),
    Lint.HOLD_OVER_WINDOW: (
        a_file(a_table(trigger='degraded_performance = { count = 25, hold = "10m" }')),
    ),
    Lint.UNREACHABLE_TRIGGER: (
        a_file(a_table(trigger="degraded_performance = { count = 25, distinct_accounts = 1 }")),
    ),
    Lint.IDLE_TRIGGER: (
        a_file(
            a_table(
                trigger="degraded_performance = { count = 25 }, "
                'full_outage = { count = 25, hold = "1m" }'
            )
        ),
        a_file(
            a_table(
                trigger="degraded_performance = [{ count = 25 }, { distinct_resources = 15 }], "
                "full_outage = { count = 25, distinct_accounts = 1 }"
            )
        ),
        a_file(
            a_table(
                trigger="partial_outage = { count = 150 }, full_outage = { count = 600 }",
                more='publish = { max_status = "partial_outage" }',
            )
        ),
    ),
    Lint.CAPPED_TRIGGER: (
        a_file(
            a_table(
                trigger="degraded_performance = { count = 2 }, full_outage = { count = 25 }",
                more='publish = { max_status = "degraded_performance" }',
            )
        ),
    ),
    Lint.IDLE_RULE: (
        a_file(
            a_table(more='incident = "x"', window="5m"),
            a_table("b", more='incident = "x"', trigger="degraded_performance = { count = 30 }"),
        ),
        a_file(
            a_table(more='incident = "x"'),
            a_table(
                "b",
                more='incident = "x"',
                match="codes = [30008, 30017]",
                trigger="degraded_performance = { count = 30 }",
            ),
        ),
    ),
    Lint.SAME_ALERTS: (
        a_file(
            a_table(more='incident = "x"'),
            a_table("b", more='incident = "x"', match="codes = [30017]"),
        ),
        a_file(
            a_table(more='incident = "x"'),
            a_table(
                "b",
                more='incident = "x"',
                component="Calls",
                trigger="full_outage = { count = 99 }",
            ),
        ),
    ),
    Lint.TWO_INCIDENTS: (
        a_file(a_table(), a_table("b", component="Calls")),
        a_file(a_table(), a_table("b", match="codes = [30017]")),
        a_file(a_table(), a_table("b", stage="shadow")),
    ),
    Lint.DEFAULT_TEXT: (a_file(a_table(text='[rules.text]\ntitle = "Delays"\n', stage="shadow")),),
    Lint.EARLY_TEXT: (a_file(a_table(text=TEXT + 'resolved = "It lasted {{ duration }}."\n')),),
    Lint.INTERNAL_TEXT: tuple(
        a_file(a_table(text=f'[rules.text]\ntitle = "Delays"\ninvestigating = "{words}"\n'))
        for words in (
            "Carriers fail to deliver about 30,008 messages.",
            "The promo code 5 off is late, as are 25000 texts.",
            "Besides, our hooks are fine.",
            "Open 24/7 since 2026.",
        )
    ),
}
BY_PAST = {Lint.NOISE, Lint.UNMAILABLE, Lint.FILE_EXPOSED}


def test_every_warning_is_tested_both_ways() -> None:
    assert FIRING.keys() == BESIDE.keys() == set(Lint) - BY_PAST


@pytest.mark.parametrize(
    ("lint", "text"),
    [(lint, text) for lint, texts in FIRING.items() for text in texts],
)
def test_what_is_hardly_meant_is_warned_of_and_nothing_else(
    tmp_path: Path, lint: Lint, text: str
) -> None:
    found = names(text, tmp_path)

    assert set(found) == {lint}


@pytest.mark.parametrize(
    ("lint", "text"),
    [(lint, text) for lint, texts in BESIDE.items() for text in texts],
)
def test_what_is_nearly_so_is_not_warned_of(tmp_path: Path, lint: Lint, text: str) -> None:
    assert lint not in names(text, tmp_path)


def test_example_file_is_warned_of_nothing() -> None:
    example = Path(__file__).parents[2] / "config.example.toml"

    assert load(example, ENVIRON).warnings == ()


def test_warnings_name_place_rule_and_what_mends_it(tmp_path: Path) -> None:
    text = a_file(
        a_table(
            match='codes = ["@faults", 21610, 11200, 11205, 300080]',
            trigger="degraded_performance = [{ count = 25 }, { count = 30, hold = '20m' }], "
            "full_outage = { count = 25, distinct_accounts = 3 }",
        )
    )

    assert warned(text, tmp_path) == [
        "11: rules[0].match.codes[4]: 300080 is in no table of codes; see `statusbridge codes` for "
        "what there is [unknown-code]",
        "11: rules[0].match.codes: rule sms publishes by itself and can match codes whose fault is "
        "usually application or recipient (21610, 11200, 11205); narrow codes or faults, or name "
        "the fault in faults beside codes if it is meant [others-fault]",
        "12: rules[0].trigger.degraded_performance[1].hold: 20m is longer than the window of 10m "
        "of rule sms: only new alerts all the time can hold it; expected at most the window "
        "[hold-over-window]",
        "12: rules[0].trigger.full_outage.distinct_accounts: 3 is never reached: rule sms hears 1 "
        "account; expected at most 1 [unreachable-trigger]",
        "12: rules[0].trigger.degraded_performance[1]: changes nothing: whenever it is reached, so "
        "is trigger.degraded_performance[0], for a status no milder; let it ask for less, or "
        "remove it from rule sms [idle-trigger]",
    ]


def test_two_rules_are_named_where_they_contradict_each_other(tmp_path: Path) -> None:
    idle = a_table("b", more='incident = "x"', trigger="degraded_performance = { count = 30 }")

    assert warned(a_file(a_table(more='incident = "x"'), idle), tmp_path) == [
        "16: rules[1]: rule b changes nothing: rule sms counts its alerts too and asks for no "
        "more; let it ask for less, or remove it [idle-rule]"
    ]
    assert warned(a_file(a_table(), a_table("b")), tmp_path) == [
        "16: rules[1].incident: rules sms and b count the same alerts and speak of SMS in two "
        "incidents, so that one outage opens both; give them the same incident [two-incidents]"
    ]


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        ("codes = [30008]", "codes = ['30000-30099']", True),
        ("codes = ['30000-30099']", "codes = [30008]", False),
        ("codes = [30008, 30017]", "codes = [30008, 30017], codes_not = [30017]", False),
        ("codes = [30008]", "faults = ['carrier']", True),
        ("codes = [30008]", "faults = ['recipient']", False),
        ("faults = ['carrier']", "codes = [30008]", False),
        ("levels = ['error']", "levels = ['error', 'warning']", True),
        ("levels = ['error']", "", True),
        ("", "levels = ['error']", False),
        ("resource_prefix = ['SMa']", "resource_prefix = ['SM']", True),
        ("resource_prefix = ['S']", "resource_prefix = ['SM']", False),
        ("text_contains = ['a']", "text_contains = ['a', 'b']", True),
        ("text_contains = ['a', 'b']", "text_contains = ['a']", False),
        ("text_contains = ['a']", "fields = { a = ['a'] }", False),
        ("services = ['MG1']", "services = ['MG1', 'MG2']", True),
        ("request_hosts = ['a.example.com']", "request_hosts = ['b.example.com']", False),
        ("accounts = ['default']", "", True),
    ],
)
def test_alerts_of_one_rule_are_known_to_be_anothers(
    tmp_path: Path, inner: str, outer: str, expected: bool
) -> None:
    rules = (
        a_table("heard", match=outer, stage="review", more='incident = "x"'),
        a_table("idle", match=inner, stage="review", more='incident = "x"', window="5m"),
    )

    found = [line for line in warned(a_file(*rules), tmp_path) if "[idle-rule]" in line]

    assert bool(found) is expected


# What the stored past says


def storms(*counts: int) -> list[object]:
    """So many alerts each day, one a second."""
    return [
        an_alert(T0 // DAY * DAY + day * DAY + n, sid=f"NO{day}-{n}")
        for day, count in enumerate(counts)
        for n in range(count)
    ]


RULE = a_rule(window=600, triggers=(a_trigger(count=5), a_trigger(Status.FULL_OUTAGE, count=50)))


def noise(*counts: int) -> list[tuple[object, str]]:
    end = T0 // DAY * DAY + len(counts) * DAY - 1
    return list(noise_lints(history((RULE,), storms(*counts), end)))  # type: ignore[arg-type]


def test_threshold_that_most_days_reach_is_noise() -> None:
    assert noise(4, 31, 30, 32, 6) == [
        (
            ("rules", 0, "trigger", "degraded_performance"),
            "rule sms reached it on 4 of the 5 days of which alerts are stored; the middle one of "
            "them comes to 30 alerts; expected clearly more [noise]",
        )
    ]


@pytest.mark.parametrize("counts", [(31, 30), (4, 31, 4, 30), (31, 0, 0, 30), (4, 4, 4)])
def test_threshold_that_few_days_or_too_short_a_past_reach_is_no_noise(
    counts: tuple[int, ...],
) -> None:
    assert noise(*counts) == []


@pytest.mark.parametrize(
    ("changes", "warns"),
    [
        ({}, True),
        ({"notify": Notify.NEVER}, False),
        ({"stage": Stage.SHADOW}, False),
        ({"page": "other"}, False),
    ],
)
def test_rule_that_mails_on_a_page_that_refuses_to_is_warned_of(
    changes: dict[str, object], warns: bool
) -> None:
    found = list(mail_lints((a_rule(**changes),), {"public": T0}))

    assert bool(found) is warns
    assert all(
        one
        == (
            ("rules", 0, "publish", "notify"),
            "page public refused to mail its subscribers on 2026-09-21T14:13:20Z, as incident.io "
            'does over 1,000 of them, so rule sms posts without; expected "never" [unmailable]',
        )
        for one in found
    )
