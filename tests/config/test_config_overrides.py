from __future__ import annotations

from pathlib import Path

import pytest
from config_texts import ENVIRON, RULE, SETTINGS, complaints, load_text

from statusbridge.config.secrets import Secret, SecretKind
from statusbridge.config.values import StatusPage
from statusbridge.core.model import PageId
from statusbridge.core.rules import CodeRange, Threshold


def test_variable_goes_over_the_file_and_the_default(tmp_path: Path) -> None:
    environ = ENVIRON | {
        "STATUSBRIDGE_TWILIO__POLL_INTERVAL": "10s",
        "STATUSBRIDGE_GUARDS__MAX_OPEN_INCIDENTS": "7",
        "STATUSBRIDGE_STORE__PATH": "/data/1.db",
    }

    config = load_text('[twilio]\npoll_interval = "20s"\noverlap = "5m"', tmp_path, environ)

    assert (config.twilio.poll_interval, config.twilio.overlap) == (10, 300)
    assert config.guards.max_open_incidents == 7
    assert config.store_path == Path("/data/1.db")


def test_scalars_inside_of_lists_are_reached_by_their_place(tmp_path: Path) -> None:
    environ = ENVIRON | {
        "STATUSBRIDGE_RULES__0__WINDOW": "20m",
        "STATUSBRIDGE_RULES__0__TRIGGER__DEGRADED_PERFORMANCE__COUNT": "40",
        "STATUSBRIDGE_RULES__0__RECOVER__MANUAL": "true",
    }

    (rule, other) = load_text(
        SETTINGS + RULE + RULE.replace('"sms"', '"mms"'), tmp_path, environ
    ).rules

    assert (rule.window, rule.triggers[0].threshold) == (1200, Threshold(count=40))
    assert rule.recovery.manual
    assert (other.window, other.triggers[0].threshold) == (600, Threshold(count=25))


def test_tables_and_lists_may_be_given_as_json(tmp_path: Path) -> None:
    environ = ENVIRON | {
        "STATUSBRIDGE_INCIDENTIO__PAGES__PARTNERS": "01B",
        "STATUSBRIDGE_LISTS__A": "[30008]",
        "STATUSBRIDGE_GUARDS": '{"max_opens_per_hour": 9}',
    }
    rule = RULE.replace("[30008]", '["@a"]').replace("component", 'page = "public"\ncomponent')

    config = load_text(SETTINGS + rule, tmp_path, environ)

    assert config.incidentio.pages == (
        StatusPage("public", PageId("01PAGE")),
        StatusPage("partners", PageId("01B")),
    )
    assert config.rules[0].match.codes == (CodeRange(30008, 30008),)
    assert config.guards.max_opens_per_hour == 9


def test_source_of_a_secret_may_be_named_by_a_variable(tmp_path: Path) -> None:
    environ = ENVIRON | {
        "STATUSBRIDGE_INCIDENTIO__API_KEY__ENV": "STATUSBRIDGE_MY_KEY",
        "STATUSBRIDGE_MY_KEY": "inc_0123456789",
    }

    config = load_text("", tmp_path, environ)

    assert config.incidentio.api_key == Secret(SecretKind.ENV, "STATUSBRIDGE_MY_KEY", "", {})
    assert config.incidentio.api_key.read() == "inc_0123456789"


@pytest.mark.parametrize(
    "name",
    [
        "STATUSBRIDGE_CONFIG",
        "STATUSBRIDGE_SERVICE_HOST",
        "STATUSBRIDGE_SERVICE_PORT",
        "STATUSBRIDGE_SERVICE_PORT_HTTP",
        "STATUSBRIDGE_PORT",
        "STATUSBRIDGE_PORT_9464_TCP",
        "STATUSBRIDGE_PORT_9464_TCP_ADDR",
        "STATUSBRIDGE_METRICS_SERVICE_HOST",
        "STATUSBRIDGE_METRICS_PORT_9464_TCP_PROTO",
        "STATUSBRIDGE_TOKEN",
        "STATUSBRIDGEX",
        "MY_STATUSBRIDGE_FOO",
    ],
)
def test_variables_that_are_no_overrides_are_left_alone(tmp_path: Path, name: str) -> None:
    text = '[[twilio.accounts]]\nauth_token = { env = "STATUSBRIDGE_TOKEN" }'

    plain = load_text(text, tmp_path, ENVIRON)

    assert load_text(text, tmp_path, ENVIRON | {name: "x"}) == plain


EXAMPLE = "expected for example STATUSBRIDGE_TWILIO__POLL_INTERVAL"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "STATUSBRIDGE_TWILO__OVERLAP",
            "1m",
            f'names no key of the configuration; {EXAMPLE}; did you mean "twilio"?',
        ),
        ("STATUSBRIDGE_FOO", "1", f"names no key of the configuration; {EXAMPLE}"),
        ("STATUSBRIDGE_", "1", f"names no key of the configuration; {EXAMPLE}"),
        (
            "STATUSBRIDGE_TWILIO__POLL_INTERVALL",
            "1s",
            'unknown key; did you mean "poll_interval"?',
        ),
        (
            "STATUSBRIDGE_TWILIO__POLL_INTERVAL",
            "2h",
            '"2h" is out of range; expected from "1s" to "1h"',
        ),
        (
            "STATUSBRIDGE_RULES__0__WINDOW",
            "1m",
            "there is no rules[0]; the file has 0, counted from 0",
        ),
        (
            "STATUSBRIDGE_TWILIO__ACCOUNTS__2__NAME",
            "prod",
            "there is no twilio.accounts[2]; the file has 0, counted from 0",
        ),
        (
            "STATUSBRIDGE_RULES",
            "[" * 100_000,
            "sets a whole table or list; expected JSON, or a variable for each key of it "
            "(STATUSBRIDGE_RULES__…)",
        ),
        (
            "STATUSBRIDGE_RULES",
            "sms",
            "sets a whole table or list; expected JSON, or a variable for each key of it "
            "(STATUSBRIDGE_RULES__…)",
        ),
        (
            "STATUSBRIDGE_INCIDENTIO__API_KEY",
            "hunter2",
            'a secret is never an override; expected { env = "NAME" }, { file = "/path" } or '
            '{ credential = "name" }, or INCIDENT_API_KEY itself',
        ),
        (
            "STATUSBRIDGE_TWILIO__ACCOUNTS",
            '[{"auth_token": "hunter2"}]',
            'a secret is never written into the file; expected { env = "NAME" }, '
            '{ file = "/path" } or { credential = "name" }',
        ),
    ],
)
def test_bad_variable_is_named_instead_of_a_line(
    tmp_path: Path, name: str, value: str, expected: str
) -> None:
    assert complaints("", tmp_path, ENVIRON | {name: value}) == [f"{name}: {expected}"]


def test_element_that_the_file_has_not_is_said_of_the_variable_and_not_of_the_file(
    tmp_path: Path,
) -> None:
    environ = ENVIRON | {"STATUSBRIDGE_RULES__5__WINDOW": "1m"}

    assert complaints(SETTINGS + RULE, tmp_path, environ) == [
        "STATUSBRIDGE_RULES__5__WINDOW: there is no rules[5]; the file has 1, counted from 0"
    ]


def test_number_and_truth_are_text_in_a_variable_only(tmp_path: Path) -> None:
    environ = ENVIRON | {
        "STATUSBRIDGE_GUARDS__MAX_OPENS_PER_HOUR": "7",
        "STATUSBRIDGE_RULES__0__RECOVER__MANUAL": "true",
        "STATUSBRIDGE_RULES__0__TRIGGER__DEGRADED_PERFORMANCE__COUNT": "9",
    }

    config = load_text(SETTINGS + RULE, tmp_path, environ)

    assert config.guards.max_opens_per_hour == 7
    assert config.rules[0].recovery.manual
    assert config.rules[0].triggers[0].threshold.count == 9


def test_complaints_of_the_file_come_before_those_of_the_environment(tmp_path: Path) -> None:
    environ = ENVIRON | {"STATUSBRIDGE_LOG__LEVEL": "loud", "STATUSBRIDGE_FOO": "1"}

    found = complaints('[log]\nformat = "xml"\nlevel = "info"', tmp_path, environ)

    assert [line.split(": ")[0] for line in found] == [
        "config.toml:2",
        "STATUSBRIDGE_LOG__LEVEL",
        "STATUSBRIDGE_FOO",
    ]
