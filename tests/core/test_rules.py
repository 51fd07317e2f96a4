from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from builders import a_rule, a_trigger, an_alert
from statusbridge.core.model import Alert, Fault
from statusbridge.core.rules import (
    CodeRange,
    Match,
    Matcher,
    Probe,
    Recovery,
    Threshold,
    candidates,
    longest_reach,
    matches,
    mismatches,
    probes,
)

TIMEOUT, BAD, WORSE = Probe("Timeout"), Probe("502", "httpResponse"), Probe("503", "httpResponse")


@pytest.mark.parametrize(
    ("match", "passes", "fails"),
    [
        ({"codes": (CodeRange(30003, 30008), CodeRange(5, 5))}, {"code": 5}, {"code": 30009}),
        ({"codes": (CodeRange(30003, 30008),)}, {"code": 30003}, {"code": None}),
        ({"codes_not": (CodeRange(21610, 21610),)}, {"code": None}, {"code": 21610}),
        ({"levels": frozenset({"error"})}, {"level": "error"}, {"level": ""}),
        ({"faults": frozenset({Fault.CARRIER})}, {"code": 30008}, {"code": 11200}),
        ({"faults": frozenset({Fault.UNKNOWN})}, {"code": None}, {"code": 11200}),
        ({"accounts": frozenset({"prod"})}, {"account": "prod"}, {"account": "test"}),
        ({"services": frozenset({"MG1"})}, {"service": "MG1"}, {"service": None}),
        ({"resource_prefixes": ("SM", "MM")}, {"resource": "MM1"}, {"resource": "CA1"}),
        ({"resource_prefixes": ("SM",)}, {"resource": "SM1"}, {"resource": None}),
        ({"request_hosts": frozenset({"a.example"})}, {"host": "a.example"}, {"host": None}),
        ({"texts": ((TIMEOUT,),)}, {"traits": (TIMEOUT.trait,)}, {"traits": ()}),
        ({"texts": ((BAD, WORSE),)}, {"traits": (WORSE.trait,)}, {"traits": (TIMEOUT.trait,)}),
        (
            {"texts": ((TIMEOUT,), (BAD, WORSE))},
            {"traits": (BAD.trait, TIMEOUT.trait)},
            {"traits": (BAD.trait,)},
        ),
    ],
)
def test_a_key_passes_what_it_names_and_nothing_else(
    match: dict[str, Any], passes: dict[str, Any], fails: dict[str, Any]
) -> None:
    rule = a_rule(match=Match(**match))

    assert matches(rule, an_alert(**passes))
    assert not matches(rule, an_alert(**fails))


def test_every_key_that_fails_is_named_as_the_file_names_it() -> None:
    match = Match(
        codes=(CodeRange(5, 5),),
        codes_not=(CodeRange(30008, 30008),),
        levels=frozenset({"warning"}),
        faults=frozenset({Fault.RECIPIENT}),
        accounts=frozenset({"test"}),
        services=frozenset({"MG1"}),
        resource_prefixes=("CA",),
        request_hosts=frozenset({"a.example"}),
        texts=((TIMEOUT,),),
    )

    assert mismatches(a_rule(match=match), an_alert()) == (
        "codes", "codes_not", "levels", "faults", "accounts", "services", "resource_prefix",
        "request_hosts", "text",
    )  # fmt: skip


def test_a_rule_measures_what_it_asks_about_and_the_count() -> None:
    by_accounts = Recovery(60, 60, below=Threshold(distinct_accounts=1))
    triggers = (a_trigger(distinct_resources=3),)

    assert a_rule().measures == {"count"}
    assert a_rule(triggers=triggers, recovery=by_accounts).measures == {
        "count", "distinct_resources", "distinct_accounts",
    }  # fmt: skip


def test_keys_are_anded_and_every_one_that_fails_is_named() -> None:
    rule = a_rule(
        match=Match(
            codes=(CodeRange(1, 2),), levels=frozenset({"warning"}), accounts=frozenset({"prod"})
        )
    )

    assert mismatches(rule, an_alert()) == ("codes", "levels")


def test_a_rule_without_keys_passes_everything() -> None:
    assert matches(a_rule(match=Match()), an_alert(code=None, level="", resource=None))


def test_all_rules_see_all_alerts_as_if_each_were_asked_alone() -> None:
    rules = (
        a_rule("codes"),
        a_rule("services", match=Match(services=frozenset({"MG1"}))),
        a_rule("prefix", match=Match(resource_prefixes=("SM",))),
        a_rule("host", match=Match(request_hosts=frozenset({"h"}))),
        a_rule("all", match=Match()),
    )
    matcher = Matcher(rules)
    alerts: list[Alert] = [
        an_alert(code=code, service=service, host=host, resource=resource)
        for code in (30008, 11200)
        for service in (None, "MG1")
        for host in (None, "h")
        for resource in (None, "SM1", "CA1")
    ]

    for alert in [*alerts, *alerts]:
        alone = tuple(n for n, rule in enumerate(rules) if matches(rule, alert))
        assert matcher.matching(alert) == alone


def test_conditions_on_text_are_asked_once_and_in_any_case() -> None:
    rules = (
        a_rule("a", match=Match(texts=((TIMEOUT, BAD),))),
        a_rule("b", match=Match(texts=((BAD,), (WORSE,)))),
    )

    assert probes(rules) == (TIMEOUT, BAD, WORSE)
    assert Probe("TIMEOUT").trait == Probe("timeout").trait
    assert Probe("A", "field").trait != Probe("a", "field").trait


def test_the_first_poll_reads_back_as_far_as_the_longest_window_and_hold_need() -> None:
    rules = (
        a_rule("a", window=600, triggers=(a_trigger(), a_trigger(hold=120))),
        a_rule("b", window=700),
    )

    assert longest_reach(rules) == 720
    assert longest_reach(()) == 0


def test_candidates_are_the_rules_that_more_knowledge_of_an_alert_could_let_match() -> None:
    narrow = a_rule("narrow", match=Match(codes=(CodeRange(30008, 30008),)))
    wide = a_rule(
        "wide",
        match=Match(
            accounts=frozenset({"prod"}),
            request_hosts=frozenset({"hooks.example.com"}),
            resource_prefixes=("SM",),
            texts=((Probe("timeout"),),),
        ),
    )

    assert candidates((narrow, wide), 30008, "error", "prod") == (narrow, wide)
    assert candidates((narrow, wide), 11200, "error", "prod") == (wide,)
    assert candidates((narrow, wide), 11200, "error", "other") == ()


def test_what_is_remembered_of_alerts_is_bounded_however_many_codes_there_are() -> None:
    matcher = Matcher((a_rule(),))
    tracemalloc.start()
    try:
        found = [matcher.matching(an_alert(code=code)) for code in range(30_000, 42_000)]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [code for code, places in enumerate(found, 30_000) if places] == [30_008]
    assert held < 1_800_000
