from __future__ import annotations

import time
from contextlib import closing
from types import SimpleNamespace

import pytest

from builders import an_alert
from outside import RULE, Outside
from statusbridge import bootstrap
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.core.coverage import Batch
from statusbridge.simulators.people import RemoveComponent, Subscribers

SUMMARY = "config.toml: 1 rule (1 auto), 1 account (default), 1 page (public)\n"


async def test_check_tells_what_it_found(outside: Outside) -> None:
    outside.alerts(3)

    ended = await outside.here("check")

    assert (ended.code, ended.out, ended.err) == (
        0,
        SUMMARY + "account default: readable, 3 alerts in the newest page\n"
        "page public: “Example Status”, 3 components\n",
        "",
    )
    assert (outside.writes(), outside.state.exists()) == (0, False)


async def test_account_that_is_found_not_to_be_readable_is_not_called_readable_before(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = SimpleNamespace(time=lambda: time.time() + 3600)
    monkeypatch.setattr(bootstrap, "time", fast)

    ended = await outside.here("check")

    assert ended.code == 1
    assert ended.out == SUMMARY + "page public: “Example Status”, 3 components\n"
    assert "statusbridge: account default: the server's clock says" in ended.err


async def test_offline_check_asks_nobody_and_needs_no_secret(outside: Outside) -> None:
    del outside.environ["TWILIO_AUTH_TOKEN"], outside.environ["INCIDENT_API_KEY"]

    ended = await outside.here("check", "--offline")

    assert (ended.code, ended.out, ended.err) == (0, SUMMARY, "")
    assert outside.world.twilio.journal.last == 0


async def test_what_is_not_configured_is_counted_as_none(outside: Outside) -> None:
    outside.config.write_text("")

    ended = await outside.here("check", "--offline")

    assert ended.out.splitlines()[0] == "config.toml: 0 rules, 1 account (default), 0 pages"


async def test_missing_secret_is_named_and_nobody_is_asked(outside: Outside) -> None:
    del outside.environ["INCIDENT_API_KEY"]

    ended = await outside.here("check")

    assert ended.code == 78
    assert "environment variable INCIDENT_API_KEY is not set" in ended.err
    assert outside.world.incidentio.journal.last == 0


@pytest.mark.parametrize(("args", "code"), [((), 0), (("--strict",), 1)])
async def test_rule_that_may_publish_others_faults_is_warned_of(
    outside: Outside, args: tuple[str, ...], code: int
) -> None:
    outside.configure(RULE.replace("codes = [30008]", "codes = [21610]"))

    ended = await outside.here("check", "--offline", *args)

    assert ended.code == code
    assert ended.out == SUMMARY + (
        "warning: config.toml:18: rules[0].match.codes: rule sms publishes by itself and can match "
        "codes whose fault is usually recipient (21610); narrow codes or faults, or name the fault "
        "in faults beside codes if it is meant [others-fault]\n"
    )


async def test_rule_without_codes_may_match_every_fault(outside: Outside) -> None:
    outside.configure(RULE.replace("codes = [30008]", 'levels = ["error"]'))

    ended = await outside.here("check", "--offline")

    assert "usually application or recipient" in ended.out


async def test_shadow_rule_is_not_warned_of(outside: Outside) -> None:
    outside.configure(RULE.replace("[30008]", "[21610]").replace('"auto"', '"shadow"'))

    ended = await outside.here("check", "--offline", "--strict")

    assert (ended.code, "warning" in ended.out) == (0, False)


async def test_file_with_rules_on_trial_alone_gets_a_note_that_is_no_warning(
    outside: Outside,
) -> None:
    outside.configure(RULE.replace('"auto"', '"shadow"'))

    ended = await outside.here("check", "--offline", "--strict")

    assert (ended.code, ended.out.splitlines()[1:]) == (
        0,
        ['note: every rule is in stage shadow: nothing is published before one is in "auto"'],
    )


async def test_threshold_within_the_noise_of_the_stored_days_is_warned_of(
    outside: Outside,
) -> None:
    outside.configure(RULE.replace('"auto"', '"shadow"'))
    await outside.here("run", "--once")
    day = 86_400
    now = int(time.time())
    with closing(SqliteStore.open(outside.state)) as store:
        alerts = tuple(
            an_alert(now - days * day, sid=f"NO{days}-{n}", account="default")
            for days in (1, 2, 3)
            for n in range(9)
        )
        store.record("default", Batch(alerts, store.coverage()["default"]))

    ended = await outside.here("check", "--strict")
    offline = await outside.here("check", "--offline", "--strict")

    (warning,) = [line for line in ended.out.splitlines() if line.startswith("warning")]
    assert (ended.code, offline.code) == (1, 0)
    assert warning.startswith("warning: config.toml:19: rules[0].trigger.degraded_performance: ")
    assert "rule sms reached it on 3 of the 4 days of which alerts are stored; " in warning
    assert warning.endswith(" expected clearly more [noise]")


async def test_page_that_refused_to_mail_is_told_of(
    outside: Outside,
) -> None:
    outside.configure(RULE.replace('"3s"', '"10m"'))
    outside.world.incidentio.act(Subscribers(2000))
    outside.alerts(5)
    await outside.here("run", "--once")
    refused = await outside.here("check")

    (warning,) = [line for line in refused.out.splitlines() if line.startswith("warning")]
    assert "rules[0].publish.notify: page public refused to mail its subscribers on " in warning
    assert warning.endswith('so rule sms posts without; expected "never" [unmailable]')


async def test_secret_that_others_may_read_is_warned_of(outside: Outside) -> None:
    key = outside.folder / "key"
    key.write_text(outside.environ.pop("INCIDENT_API_KEY"))
    key.chmod(0o644)
    outside.config.write_text(
        outside.config.read_text().replace("[incidentio]", '[incidentio]\napi_key.file = "key"')
    )

    ended = await outside.here("check")

    assert ended.code == 0
    assert "may be read by others (mode 0644); expected 0600 [file-exposed]" in ended.out


async def test_component_that_is_not_on_the_page_is_a_configuration_error(
    outside: Outside,
) -> None:
    outside.world.incidentio.act(RemoveComponent("SMS"))

    ended = await outside.here("check")

    assert ended.code == 78
    assert ended.err == (
        'statusbridge: rule sms: the page has no component "Messaging / SMS": '
        'did you mean "Messaging / WhatsApp"?\n'
    )


async def test_unreachable_hosts_are_both_told(outside: Outside) -> None:
    outside.configure(
        twilio_url='"http://127.0.0.1:9"', incidentio_url='"http://127.0.0.1:9/below"'
    )

    ended = await outside.here("check")

    twilio, page = ended.err.splitlines()
    assert ended.code == 1
    assert twilio.startswith("statusbridge: account default: GET 127.0.0.1/v1/Alerts failed: ")
    assert page.startswith("statusbridge: page public: GET 127.0.0.1/below/v2/")
