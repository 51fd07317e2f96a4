from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from config_texts import ENVIRON, RULE, SETTINGS, load_text

from statusbridge.config.errors import Problem
from statusbridge.config.secrets import Secret, SecretKind
from statusbridge.config.texts import DEFAULTS
from statusbridge.config.values import (
    Account,
    Address,
    AlertSource,
    Config,
    IncidentIo,
    Log,
    Operator,
    Publish,
    Server,
    StatusPage,
    Text,
    Twilio,
    missing_secrets,
)
from statusbridge.core.model import Fault, Notify, PageId, Stage, Status
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import (
    CodeRange,
    Match,
    Probe,
    Recovery,
    Rule,
    Texts,
    Threshold,
    Trigger,
)


def variable(name: str) -> Secret:
    return Secret(SecretKind.ENV, name, "", {})


def accounts(text: str, directory: Path, environ: dict[str, str]) -> tuple[Account, ...]:
    return load_text(text, directory, ENVIRON | environ).twilio.accounts


SHORTEST_RULE = Rule(
    id="sms",
    page="public",
    components=("SMS",),
    incident="sms",
    window=600,
    stage=Stage.SHADOW,
    match=Match(codes=(CodeRange(30008, 30008),)),
    triggers=(Trigger(Status.DEGRADED_PERFORMANCE, Threshold(count=25)),),
    recovery=Recovery(after=600, settle=900, below=Threshold(count=0)),
    texts=Texts(title="Delays sending SMS", **DEFAULTS),
    notify=Notify.OPEN_AND_CLOSE,
    max_status=Status.FULL_OUTAGE,
)


def test_what_the_file_leaves_out_has_the_documented_default(tmp_path: Path) -> None:
    config = load_text(SETTINGS + RULE, tmp_path)

    sid = variable("TWILIO_ACCOUNT_SID")
    state = Path("/home/ada/.local/state/statusbridge")
    assert config == Config(
        path=tmp_path / "config.toml",
        twilio=Twilio(
            poll_interval=30,
            overlap=900,
            base_url="https://monitor.twilio.com",
            accounts=(Account("default", sid, sid, variable("TWILIO_AUTH_TOKEN")),),
        ),
        incidentio=IncidentIo(
            api_key=variable("INCIDENT_API_KEY"),
            base_url="https://api.incident.io",
            pages=(StatusPage("public", PageId("01PAGE")),),
        ),
        store_path=state / "state.db",
        socket_path=state / "statusbridge.sock",
        server=Server(Address("127.0.0.1", 9464)),
        sockets=None,
        operator=Operator(None, None, 300, ""),
        log=Log("info", "auto"),
        publish=Publish(90, "skip", "hands_off"),
        guards=Guards(5, 3, 20, 7200, hold_in_maintenance=True),
        text=Text(ZoneInfo("UTC")),
        rules=(SHORTEST_RULE,),
        warnings=(),
    )


FULL_RULE = """\
[lists]
faults = [30008, "30020-30021"]
[[rules]]
id = "delivery"
summary = "Carriers"
page = "public"
component = ["Messaging / SMS", "01COMP", "01COMP"]
incident = "sms"
window = "5m"
stage = "auto"
[rules.match]
codes = ["@faults", 30410]
codes_not = ["21600-21699"]
levels = ["error", "warning"]
faults = ["twilio", "carrier"]
accounts = ["default"]
services = ["MG1"]
resource_prefix = ["SM", "MM"]
request_hosts = ["Hooks.Example.com"]
text_contains = ["timeout", "refused"]
fields = { httpResponse = ["502", "503"], sourceComponent = ["14100"] }
[rules.trigger.degraded_performance]
count = 25
distinct_resources = 15
hold = "2m"
[[rules.trigger.full_outage]]
count = 600
[[rules.trigger.full_outage]]
count = 300
distinct_accounts = 2
[rules.recover]
below = { count = 5, distinct_accounts = 1 }
after = "7m"
settle = "20m"
manual = true
[rules.publish]
notify = "never"
max_status = "partial_outage"
[rules.text]
title = "T"
investigating = "I"
worsened = "W"
returned = "R"
monitoring = "M"
resolved = "D"
"""


def test_every_key_of_a_rule_arrives_in_the_rule(tmp_path: Path) -> None:
    config = load_text(SETTINGS + FULL_RULE, tmp_path)

    assert config.rules == (
        Rule(
            id="delivery",
            page="public",
            components=("Messaging / SMS", "01COMP"),
            incident="sms",
            window=300,
            stage=Stage.AUTO,
            match=Match(
                codes=(
                    CodeRange(30008, 30008),
                    CodeRange(30020, 30021),
                    CodeRange(30410, 30410),
                ),
                codes_not=(CodeRange(21600, 21699),),
                levels=frozenset({"error", "warning"}),
                faults=frozenset({Fault.TWILIO, Fault.CARRIER}),
                accounts=frozenset({"default"}),
                services=frozenset({"MG1"}),
                resource_prefixes=("SM", "MM"),
                request_hosts=frozenset({"hooks.example.com"}),
                texts=(
                    (Probe("timeout"), Probe("refused")),
                    (Probe("502", "httpResponse"), Probe("503", "httpResponse")),
                    (Probe("14100", "sourceComponent"),),
                ),
            ),
            triggers=(
                Trigger(
                    Status.DEGRADED_PERFORMANCE, Threshold(count=25, distinct_resources=15), 120
                ),
                Trigger(Status.FULL_OUTAGE, Threshold(count=600)),
                Trigger(Status.FULL_OUTAGE, Threshold(count=300, distinct_accounts=2)),
            ),
            recovery=Recovery(
                after=420,
                settle=1200,
                below=Threshold(count=5, distinct_accounts=1),
                manual=True,
            ),
            texts=Texts("T", "I", "W", "R", "M", "D"),
            notify=Notify.NEVER,
            max_status=Status.PARTIAL_OUTAGE,
            summary="Carriers",
        ),
    )


def test_rules_keep_the_order_of_the_file_and_may_share_an_incident(tmp_path: Path) -> None:
    second = RULE.replace('id = "sms"', 'id = "mms"\nincident = "sms"')

    config = load_text(SETTINGS + RULE + second, tmp_path)

    assert config.rules == (SHORTEST_RULE, replace(SHORTEST_RULE, id="mms", order=1))


def test_every_other_setting_arrives_resolved(tmp_path: Path) -> None:
    config = load_text(
        """\
        [twilio]
        poll_interval = "1m30s"
        overlap = "0s"
        base_url = "http://127.0.0.1:8080/monitor/"
        [incidentio]
        api_key = { credential = "incident" }
        base_url = "http://localhost:8081/"
        pages = { public = "01A", partners = "01B" }
        [store]
        path = "/data/bridge.db"
        [server]
        listen = "[::1]:0"
        socket = "~/bridge.sock"
        [egress]
        sockets = "~/ways-out"
        [operator]
        webhook_url = { file = "/run/secrets/webhook" }
        alert_source = { id = "01SOURCE", secret = { env = "SOURCE" } }
        grace = "0s"
        link = "https://wiki.example.com/bridge?page=1#now"
        [log]
        level = "debug"
        format = "json"
        [publish]
        doubt_wait = "10s"
        missed = "retrospective"
        after_touch = "resolve_only"
        [guards]
        max_open_incidents = 0
        max_opens_per_hour = 1
        max_notifications_per_day = 2
        stale_after = "3h"
        during_maintenance = "publish"
        [text]
        timezone = "Europe/Berlin"
        """,
        tmp_path,
    )

    sid = variable("TWILIO_ACCOUNT_SID")
    assert config == Config(
        path=tmp_path / "config.toml",
        twilio=Twilio(
            poll_interval=90,
            overlap=0,
            base_url="http://127.0.0.1:8080/monitor",
            accounts=(Account("default", sid, sid, variable("TWILIO_AUTH_TOKEN")),),
        ),
        incidentio=IncidentIo(
            api_key=Secret(SecretKind.CREDENTIAL, "incident", "", {}),
            base_url="http://localhost:8081",
            pages=(StatusPage("public", PageId("01A")), StatusPage("partners", PageId("01B"))),
        ),
        store_path=Path("/data/bridge.db"),
        socket_path=Path("/home/ada/bridge.sock"),
        server=Server(Address("::1", 0)),
        sockets=Path("/home/ada/ways-out"),
        operator=Operator(
            Secret(SecretKind.FILE, "/run/secrets/webhook", "", {}, is_url=True),
            AlertSource("01SOURCE", variable("SOURCE")),
            0,
            "https://wiki.example.com/bridge?page=1#now",
        ),
        log=Log("debug", "json"),
        publish=Publish(10, "retrospective", "resolve_only"),
        guards=Guards(0, 1, 2, 10_800, hold_in_maintenance=False),
        text=Text(ZoneInfo("Europe/Berlin")),
        rules=(),
        warnings=(
            Problem(
                f"{tmp_path}/config.toml: rules",
                "there are no rules, so nothing is ever published [no-rules]",
            ),
        ),
    )


def test_empty_listen_turns_the_server_off(tmp_path: Path) -> None:
    assert load_text('[server]\nlisten = ""', tmp_path).server == Server(None)


def test_empty_file_is_a_configuration(tmp_path: Path) -> None:
    assert load_text("", tmp_path) == load_text("\ufeff# only a comment", tmp_path)


AC = "AC" + "0" * 32
SK = "SK" + "1" * 32


def test_account_is_what_the_file_says(tmp_path: Path) -> None:
    text = f"""\
    [[twilio.accounts]]
    name = "prod"
    account_sid = "{AC}"
    auth_token = {{ file = "token" }}
    [[twilio.accounts]]
    name = "eu"
    account_sid = "{AC.replace("0", "2")}"
    api_key_sid = "{SK}"
    api_key_secret = {{ env = "EU_SECRET" }}
    """

    assert accounts(text, tmp_path, {}) == (
        Account("prod", AC, AC, Secret(SecretKind.FILE, str(tmp_path / "token"), "", {})),
        Account("eu", AC.replace("0", "2"), SK, variable("EU_SECRET")),
    )


def test_only_account_takes_the_usual_variables_for_what_it_leaves_out(tmp_path: Path) -> None:
    text = f'[[twilio.accounts]]\nname = "prod"\naccount_sid = "{AC}"'

    assert accounts(text, tmp_path, {}) == (Account("prod", AC, AC, variable("TWILIO_AUTH_TOKEN")),)


@pytest.mark.parametrize(
    ("present", "takes_key"),
    [
        ({}, False),
        ({"TWILIO_AUTH_TOKEN"}, False),
        ({"TWILIO_API_KEY"}, True),
        ({"TWILIO_API_KEY", "TWILIO_API_SECRET"}, True),
        ({"TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_AUTH_TOKEN"}, True),
        ({"TWILIO_API_KEY", "TWILIO_AUTH_TOKEN"}, False),
    ],
)
def test_api_key_of_the_environment_goes_before_its_token(
    tmp_path: Path, present: set[str], takes_key: bool
) -> None:
    sid = variable("TWILIO_ACCOUNT_SID")
    by_key = Account("default", sid, variable("TWILIO_API_KEY"), variable("TWILIO_API_SECRET"))
    by_token = Account("default", sid, sid, variable("TWILIO_AUTH_TOKEN"))

    found = accounts("", tmp_path, dict.fromkeys(present, "x"))

    assert found == (by_key if takes_key else by_token,)


def test_secrets_need_not_be_there_to_load_and_are_then_told_missing(tmp_path: Path) -> None:
    config = load_text(
        f"""\
[[twilio.accounts]]
account_sid = "{AC}"
auth_token = {{ env = "TOKEN" }}
""",
        tmp_path,
        ENVIRON | {"INCIDENT_API_KEY": "inc_0123456789"},
    )

    assert missing_secrets(config) == (
        Problem(
            f"{tmp_path}/config.toml:3: twilio.accounts[0].auth_token",
            "environment variable TOKEN is not set; set it, or name another source",
        ),
    )


@pytest.mark.parametrize(("name", "form"), [("TWILIO_ACCOUNT_SID", "AC"), ("TWILIO_API_KEY", "SK")])
def test_sid_of_the_environment_is_held_to_its_form(tmp_path: Path, name: str, form: str) -> None:
    environ = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_API_KEY": "SK" + "0" * 32,
        "TWILIO_API_SECRET": "k3y-s3cret",
        "INCIDENT_API_KEY": "inc_0123456789",
    }
    assert missing_secrets(load_text("", tmp_path, ENVIRON | environ)) == ()

    (problem,) = missing_secrets(load_text("", tmp_path, ENVIRON | environ | {name: "foo"}))

    assert problem.what == (
        f'environment variable {name} is no SID: expected "{form}" and 32 hexadecimal digits'
    )


def test_each_secret_is_named_once(tmp_path: Path) -> None:
    config = load_text("", tmp_path)

    assert config.secrets == (
        variable("TWILIO_ACCOUNT_SID"),
        variable("TWILIO_AUTH_TOKEN"),
        variable("INCIDENT_API_KEY"),
    )


def test_doubtful_settings_are_warned_of_in_file_order(tmp_path: Path) -> None:
    text = (
        SETTINGS
        + "[lists]\nspare = [30008]\n"
        + RULE.replace('window = "10m"', 'window = "10m"\nstage = "review"').replace(
            "codes = [30008]", ""
        )
        + 'investigating = "Since {{ quiet_since }}, for {{ duration }}."\n'
        + 'monitoring = "Since {{ quiet_since }}."\n'
    )

    warnings = load_text(text, tmp_path).warnings

    assert [str(one).removeprefix(f"{tmp_path}/") for one in warnings] == [
        'config.toml:4: lists.spare: no rule uses the list; expected "@spare" in the codes of one '
        "[unused-list]",
        "config.toml:10: rules[0].match: absent or empty, so every alert counts for this rule "
        "[matches-everything]",
        "config.toml:16: rules[0].text.investigating: names duration and quiet_since, "
        "known only once the problem is over [early-text]",
    ]


def test_loading_shows_no_secret_in_the_configuration(tmp_path: Path) -> None:
    environ = ENVIRON | {"INCIDENT_API_KEY": "s3cret", "TWILIO_AUTH_TOKEN": "s3cret"}

    assert "s3cret" not in repr(load_text(SETTINGS + RULE, tmp_path, environ))


@pytest.mark.process
def test_loading_imports_neither_a_client_nor_a_server() -> None:
    code = (
        "import sys, statusbridge.config.load; "
        "print({'httpx', 'starlette', 'uvicorn', 'rich', 'sqlite3'} & set(sys.modules))"
    )

    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout

    assert out == "set()\n"


def test_receivers_secrets_are_read_like_all_others(tmp_path: Path) -> None:
    config = load_text(
        """\
        [operator]
        webhook_url = { env = "HOOK" }
        alert_source = { id = "01SOURCE", secret = { env = "SOURCE" } }
        """,
        tmp_path,
        ENVIRON | {"HOOK": "ftp://example.com/x"},
    )

    assert [str(problem) for problem in missing_secrets(config)][-2:] == [
        f"{tmp_path}/config.toml:2: operator.webhook_url: environment variable HOOK is no webhook "
        'URL: not a web address; expected for example "https://api.example.com"',
        f"{tmp_path}/config.toml:3: operator.alert_source.secret: environment variable SOURCE is "
        "not set; set it, or name another source",
    ]
