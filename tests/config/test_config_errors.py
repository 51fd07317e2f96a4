"""Bad input and, word for word, what the person is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_texts import RULE, SETTINGS, complaints

from statusbridge.config.errors import one_of
from statusbridge.config.fields import SECRET_FORMS

AC = "AC" + "0" * 32
SK = "SK" + "0" * 32
CODE_FORMS = (
    "expected a number of 3 to 6 digits such as 30008, "
    'or "from-to" with from ≤ to such as "30020-30021"'
)
DURATION_FORMS = 'expected a form such as "30s", "10m", "2h", "1d" or "1h30m"'
NAME_FORM = 'expected 1 to 64 letters, digits, ".", "_" or "-", first a letter or digit'
NO_NUMBER = "asks for no number; expected count, distinct_resources or distinct_accounts"
TABLES = (
    'expected "twilio", "incidentio", "store", "server", "egress", "operator", "log", "publish", '
    '"guards", "text", "lists" or "rules"'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twilo = 1", ':1: twilo: unknown key; did you mean "twilio"?'),
        ("zzz = 1", f":1: zzz: unknown key; {TABLES}"),
        ("_env_file = 1", f":1: _env_file: unknown key; {TABLES}"),
        ("twilio = 1", ":1: twilio: expected a table"),
        (
            '[operator]\nwebhook_url = "https://hooks.example.com/s3cret"',
            ":2: operator.webhook_url: a secret is never written into the file; "
            'expected { env = "NAME" }, { file = "/path" } or { credential = "name" }',
        ),
        (
            '[operator]\nalert_source = { id = "a/b", secret = { env = "S" } }',
            ':2: operator.alert_source.id: "a/b" is no name; expected 1 to 64 letters, digits, '
            '".", "_" or "-", first a letter or digit',
        ),
        (
            '[operator]\nlink = "wiki"',
            ":2: operator.link: not a web address; "
            'expected for example "https://wiki.example.com/page"',
        ),
        ("rules = [1]", ":1: rules[0]: expected a table"),
        ('[[log]]\nlevel = "x"', ":1: log: expected a table"),
        (
            '[twilio]\npoll_intervall = "1s"',
            ':2: twilio.poll_intervall: unknown key; did you mean "poll_interval"?',
        ),
        (
            "[twilio]\npoll_interval = 30",
            ':2: twilio.poll_interval: expected a duration in quotes, such as "30s" or "10m"',
        ),
        (
            "[twilio]\noverlap = true",
            ":2: twilio.overlap: expected text in quotes",
        ),
        (
            '[twilio]\npoll_interval = "10 minutes"',
            f':2: twilio.poll_interval: "10 minutes" is not a duration; {DURATION_FORMS}',
        ),
        (
            'twilio.poll_interval = "0s"',
            ':1: twilio.poll_interval: "0s" is out of range; expected from "1s" to "1h"',
        ),
        (
            '[publish]\ndoubt_wait = "11m"',
            ':2: publish.doubt_wait: "11m" is out of range; expected from "1s" to "10m"',
        ),
        (
            '[guards]\nstale_after = "0s"',
            ':2: guards.stale_after: "0s" is out of range; expected from "1s" to "30d"',
        ),
        (
            "[guards]\nmax_open_incidents = -1",
            ":2: guards.max_open_incidents: expected a number of at least 0",
        ),
        (
            "[guards]\nmax_open_incidents = 1000000001",
            ":2: guards.max_open_incidents: expected a number of at most 1000000000",
        ),
        (
            '[guards]\nmax_opens_per_hour = "2"',
            ":2: guards.max_opens_per_hour: expected a whole number, without quotes",
        ),
        (
            "[rules]\nid = 'sms'",
            ":1: rules: expected a list of tables: [[rules]], in two brackets",
        ),
        (
            "[twilio.accounts]\nname = 'prod'",
            ":1: twilio.accounts: expected a list of tables: [[twilio.accounts]], in two brackets",
        ),
        (
            "[guards]\nmax_opens_per_hour = true",
            ":2: guards.max_opens_per_hour: expected a whole number",
        ),
        (
            "[guards]\nmax_opens_per_hour = 2.0",
            ":2: guards.max_opens_per_hour: expected a whole number",
        ),
        (
            '[guards]\nduring_maintenance = "holds"',
            ':2: guards.during_maintenance: expected "hold" or "publish"; did you mean "hold"?',
        ),
        ("[log]\nformat = 1", ':2: log.format: expected "auto", "console" or "json"'),
        (
            '[text]\ntimezone = "Europe/Berln"',
            ':2: text.timezone: "Europe/Berln" is no known time zone; '
            'expected for example "UTC" or "Europe/Berlin"; did you mean "Europe/Berlin"?',
        ),
        (
            '[text]\ntimezone = "../UTC"',
            ':2: text.timezone: "../UTC" is no known time zone; '
            'expected for example "UTC" or "Europe/Berlin"; did you mean "UTC"?',
        ),
        ('[store]\npath = ""', ":2: store.path: empty; expected some text"),
        *(
            (
                f'[server]\nlisten = "{written}"',
                f':2: server.listen: "{written}" is no address to listen on; '
                'expected "host:port" such as "127.0.0.1:9464", or "" for none',
            )
            for written in ("9464", ":9464", "host:", "host:65536", "host:x", "::1:80", "[host]:80")
        ),
        (
            "[lists]\na = []",
            ":2: lists.a: empty; expected at least one value, or leave the key out",
        ),
        ('[lists]\n"a b" = [30008]', f':2: lists."a b": "a b" is no name; {NAME_FORM}'),
        ("[lists]\na = [99]", f":2: lists.a[0]: 99 is no code or range; {CODE_FORMS}"),
        (
            '[lists]\na = [\n  30008,\n  "30021-30020"]',
            f':4: lists.a[1]: "30021-30020" is no code or range; {CODE_FORMS}',
        ),
        (
            '[lists]\na = ["30008-1000000"]',
            f':2: lists.a[0]: "30008-1000000" is no code or range; {CODE_FORMS}',
        ),
        ("[lists]\na = [1000000]", f":2: lists.a[0]: 1000000 is no code or range; {CODE_FORMS}"),
        (
            '[lists]\na = ["@b"]',
            ':2: lists.a[0]: "@b" names a list; a list holds only numbers and "from-to"',
        ),
        (
            "[lists]\na = [30008.5]",
            ':2: lists.a[0]: expected a number such as 30008 or a range such as "30020-30021"',
        ),
        (
            "[lists]\na = [true]",
            ':2: lists.a[0]: expected a number such as 30008 or a range such as "30020-30021"',
        ),
    ],
)
def test_bad_setting_is_told_with_its_line_key_and_fix(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert complaints(text, tmp_path) == [f"config.toml{expected}"]


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (
            'auth_token = "hunter2"',
            f":2: twilio.accounts[0].auth_token: "
            f"a secret is never written into the file; expected {SECRET_FORMS}",
        ),
        (
            "auth_token = 12345678",
            f":2: twilio.accounts[0].auth_token: "
            f"a secret is never written into the file; expected {SECRET_FORMS}",
        ),
        (
            'auth_token = { value = "hunter2" }',
            ":2: twilio.accounts[0].auth_token.value: unknown key; "
            'expected "env", "file" or "credential"',
        ),
        (
            "auth_token = {}",
            f":2: twilio.accounts[0].auth_token: expected exactly one of {SECRET_FORMS}",
        ),
        (
            'auth_token = { env = "A", file = "/b" }',
            f":2: twilio.accounts[0].auth_token: expected exactly one of {SECRET_FORMS}",
        ),
        (
            'auth_token = { env = "" }',
            ":2: twilio.accounts[0].auth_token.env: empty; expected some text",
        ),
        (
            'auth_token = { credential = "../etc/shadow" }',
            ":2: twilio.accounts[0].auth_token: "
            'expected the name of a credential: letters, digits, ".", "_" or "-"',
        ),
        (
            'auth_tokn = "hunter2"',
            ':2: twilio.accounts[0].auth_tokn: unknown key; did you mean "auth_token"?',
        ),
        (
            'account_sid = "AC123"',
            ':2: twilio.accounts[0].account_sid: expected a SID: "AC" and 32 hexadecimal digits',
        ),
        (
            f'account_sid = "{SK}"',
            ':2: twilio.accounts[0].account_sid: expected a SID: "AC" and 32 hexadecimal digits',
        ),
        (
            f'api_key_sid = "{SK}"',
            ":2: twilio.accounts[0].api_key_sid: api_key_secret is missing beside it",
        ),
        (
            'api_key_secret = { env = "A" }',
            ":2: twilio.accounts[0].api_key_secret: api_key_sid is missing beside it",
        ),
        (
            f'auth_token = {{ env = "A" }}\napi_key_sid = "{SK}"\napi_key_secret = {{ env = "A" }}',
            ":1: twilio.accounts[0]: has two credentials; "
            "expected auth_token, or api_key_sid with api_key_secret",
        ),
    ],
)
def test_bad_account_is_told_without_what_was_written(
    tmp_path: Path, account: str, expected: str
) -> None:
    found = complaints(f"[[twilio.accounts]]\n{account}", tmp_path)

    assert found == [f"config.toml{expected}"]


def test_several_accounts_need_names_and_credentials_of_their_own(tmp_path: Path) -> None:
    sid = f'account_sid = "{AC}"\nauth_token = {{ env = "A" }}\n'
    text = f"[[twilio.accounts]]\n{sid}[[twilio.accounts]]\n{sid}[[twilio.accounts]]\nname = 'eu'"

    assert complaints(text, tmp_path) == [
        'config.toml:4: twilio.accounts[1].name: "default" is already twilio.accounts[0]; '
        "expected a name of its own",
        "config.toml:5: twilio.accounts[1].account_sid: the same account as twilio.accounts[0]; "
        "its alerts would count twice",
        "config.toml:7: twilio.accounts[2]: has no secret; "
        "expected auth_token, or api_key_sid with api_key_secret",
        "config.toml:7: twilio.accounts[2]: account_sid is missing; "
        "only an only account may take it from the environment",
    ]


PLAIN_HTTP = (
    "plain http would send the credentials unencrypted; expected https "
    "(http only on this machine, such as http://127.0.0.1:8080)"
)
NO_EXTRAS = "expected a URL without user, password, query and fragment"
NO_HOST = (
    "not the address of any host; expected a name in ASCII (others in their xn-- form) "
    'or a number, for example "https://api.example.com"'
)
NO_ADDRESS = 'not a web address; expected for example "https://api.example.com"'


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://api.example.com", PLAIN_HTTP),
        ("http://10.0.0.1", PLAIN_HTTP),
        ("http://localhost.example.com", PLAIN_HTTP),
        ("http://twilio.localhost", PLAIN_HTTP),
        ("https://api.exam\\tple.com", NO_ADDRESS),
        (" https://api.example.com", NO_ADDRESS),
        ("https://user:hunter2@api.example.com", NO_EXTRAS),
        ("https://api.example.com?key=hunter2", NO_EXTRAS),
        ("https://api.example.com#x", NO_EXTRAS),
        ("ftp://api.example.com", NO_ADDRESS),
        ("api.example.com", NO_ADDRESS),
        ("https://", NO_ADDRESS),
        ("https://xn--", NO_HOST),
        ("https://xn--a.example.com", NO_HOST),
        ("https://bücher.example", NO_HOST),
        ("https://api..example.com", NO_HOST),
        ("https://[::1]8080", NO_HOST),
        ("https://api.example.com.999", NO_HOST),
        ("https://999.1.1.1", NO_HOST),
        ("https://api.exam%20ple.com", NO_HOST),
        (f"https://api.example.com/{'x' * 2000}", NO_HOST),
        (
            "https://api.example.com:port",
            'not a URL; expected for example "https://api.example.com"',
        ),
    ],
)
@pytest.mark.parametrize("table", ["twilio", "incidentio"])
def test_bad_base_url_is_told_without_repeating_it(
    tmp_path: Path, table: str, url: str, expected: str
) -> None:
    found = complaints(f'[{table}]\nbase_url = "{url}"', tmp_path)

    assert found == [f"config.toml:2: {table}.base_url: {expected}"]


def changed(old: str, new: str) -> str:
    assert old in RULE
    return RULE.replace(old, new)


TRIGGER = "[rules.trigger.degraded_performance]\ncount = 25\n"
TITLE = 'title = "Delays sending SMS"'


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            changed('id = "sms"\n', ""),
            ":3: rules[0].id: required, but missing: "
            "its name in commands, logs and metrics; never published",
        ),
        (changed('"sms"', '"s m s"'), f':4: rules[0].id: "s m s" is no name; {NAME_FORM}'),
        (
            changed('component = "SMS"\n', ""),
            ":3: rules[0].component: required, but missing: "
            'written "Group / Name", a unique name or an id of a component; or a list of them',
        ),
        (changed('"SMS"', '[""]'), ":5: rules[0].component[0]: empty; expected some text"),
        (
            changed('"SMS"', "[]"),
            ":5: rules[0].component: empty; expected at least one value, or leave the key out",
        ),
        (
            changed('window = "10m"\n', ""),
            ":3: rules[0].window: required, but missing: over how long alerts are counted",
        ),
        (
            changed('"10m"', '"29s"'),
            ':6: rules[0].window: "29s" is shorter than twilio.poll_interval; '
            'expected at least "30s"',
        ),
        (
            changed('"10m"', '"10m"\nstage = "automatic"'),
            ':7: rules[0].stage: expected "shadow", "review" or "auto"; did you mean "auto"?',
        ),
        (
            changed('"10m"', '"10m"\npage = "publik"'),
            ':7: rules[0].page: unknown page "publik"; did you mean "public"?',
        ),
        (
            changed("[30008]", "[30008, '@carriers']"),
            ':8: rules[0].match.codes[1]: unknown list "carriers"; there is none',
        ),
        (
            changed("[30008]", "['30008']"),
            f':8: rules[0].match.codes[0]: "30008" is no code or range; {CODE_FORMS}',
        ),
        (
            changed("[30008]", "[30008]\ncodes_not = ['@x']"),
            ':9: rules[0].match.codes_not[0]: unknown list "x"; there is none',
        ),
        (
            changed("[30008]", "[]"),
            ":8: rules[0].match.codes: empty; expected at least one value, or leave the key out",
        ),
        (
            changed("[30008]", "[30008]\nlevels = ['eror']"),
            ':9: rules[0].match.levels[0]: expected "error", "warning", "notice" or "debug"; '
            'did you mean "error"?',
        ),
        (
            changed("[30008]", "[30008]\nfaults = ['carier']"),
            ':9: rules[0].match.faults[0]: expected "twilio", "carrier", "application", '
            '"recipient" or "unknown"; did you mean "carrier"?',
        ),
        (
            changed("[30008]", "[30008]\naccounts = ['defalt']"),
            ':9: rules[0].match.accounts[0]: unknown account "defalt"; did you mean "default"?',
        ),
        (
            changed("[30008]", "[30008]\nrequest_hosts = ['https://x.com/a']"),
            ':9: rules[0].match.request_hosts[0]: "https://x.com/a" is no host name; '
            'expected for example "hooks.example.com", without scheme, port and path',
        ),
        (
            changed("[30008]", "[30008]\nfields = { httpResponse = [502] }"),
            ":9: rules[0].match.fields.httpResponse[0]: expected text in quotes",
        ),
        (
            changed("[30008]", "[30008]\ntext_contains = 'timeout'"),
            ":9: rules[0].match.text_contains: expected a list",
        ),
        (
            changed(TRIGGER, ""),
            ":3: rules[0].trigger: required, but missing: what opens or worsens an incident",
        ),
        (
            changed(TRIGGER, "[rules.trigger]\n"),
            ":9: rules[0].trigger: no trigger; expected at least one of the tables "
            "degraded_performance, partial_outage and full_outage",
        ),
        (
            changed("trigger.degraded_performance", "trigger.degraded"),
            ':9: rules[0].trigger.degraded: unknown key; did you mean "degraded_performance"?',
        ),
        (
            changed("trigger.degraded_performance", "trigger.operational"),
            ":9: rules[0].trigger.operational: unknown key; "
            'expected "degraded_performance", "partial_outage" or "full_outage"',
        ),
        (
            changed("count = 25", "cuont = 25"),
            ':10: rules[0].trigger.degraded_performance.cuont: unknown key; did you mean "count"?',
        ),
        (
            changed("count = 25", "count = 0"),
            ":10: rules[0].trigger.degraded_performance.count: expected a number of at least 1",
        ),
        (
            changed("count = 25", 'hold = "1m"'),
            f":9: rules[0].trigger.degraded_performance: {NO_NUMBER}",
        ),
        (
            changed("count = 25", 'count = 25\nhold = "2d"'),
            ":11: rules[0].trigger.degraded_performance.hold: "
            '"2d" is out of range; expected from "0s" to "1d"',
        ),
        (
            changed(TRIGGER, "[rules.trigger]\ndegraded_performance = []\n"),
            ":10: rules[0].trigger.degraded_performance: empty; "
            "expected at least one value, or leave the key out",
        ),
        (
            changed("count = 25", "count = 25\n[[rules.trigger.full_outage]]\ncount = 'x'"),
            ":12: rules[0].trigger.full_outage[0].count: expected a whole number, without quotes",
        ),
        (
            changed("count = 25", "count = 25\n[rules.trigger.full_outage]\ncount = 24"),
            ":12: rules[0].trigger.full_outage.count: 24 is under the 25 of "
            "trigger.degraded_performance; expected at least as much for the worse status",
        ),
        (
            changed("count = 25", "count = 25\n[rules.recover]\nbelow = { count = 25 }"),
            ":12: rules[0].recover.below.count: 25 is not under the 25 of "
            "trigger.degraded_performance; expected at most 24",
        ),
        (
            changed("count = 25", "count = 25\n[rules.recover]\nbelow = {}"),
            f":12: rules[0].recover.below: {NO_NUMBER}",
        ),
        (
            changed("count = 25", 'count = 25\n[rules.recover]\nafter = "0s"'),
            ':12: rules[0].recover.after: "0s" is out of range; expected from "1s" to "7d"',
        ),
        (
            changed("count = 25", 'count = 25\n[rules.recover]\nmanual = "never"'),
            ":12: rules[0].recover.manual: expected true or false, without quotes",
        ),
        (
            changed("count = 25", 'count = 25\n[rules.publish]\nnotify = "always"'),
            ':12: rules[0].publish.notify: expected "never", "open", "open-and-close" or "all"',
        ),
        (
            changed("count = 25", 'count = 25\n[rules.publish]\nmax_status = "operational"'),
            ':12: rules[0].publish.max_status: expected "degraded_performance", '
            '"partial_outage" or "full_outage"',
        ),
        (
            changed(TITLE, 'titel = "x"'),
            ":11: rules[0].text.title: required, but missing: "
            "name of the incident on the page, up to 200 characters",
        ),
    ],
)
def test_bad_rule_is_told_with_its_line_key_and_fix(
    tmp_path: Path, rule: str, expected: str
) -> None:
    assert complaints(SETTINGS + rule, tmp_path)[0] == f"config.toml{expected}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'title = "{{ component }}"',
            'title: unknown variable "component"; expected one of components, status, '
            'started_at, quiet_since, duration, now, page; did you mean "components"?',
        ),
        (
            'title = "{{ page"',
            "title: the template does not parse (its line 1): "
            "unexpected end of template, expected 'end of print statement'.",
        ),
        (
            'title = "{{ page.__class__ }}"',
            "title: an attribute is not allowed in a public text; "
            "expected plain text, variables and if",
        ),
        ('title = ""', "title: empty with sample values filled in; expected some text"),
        ('title = "a\\nb"', "title: more than one line; expected a title of one line"),
        (
            f'title = "{"x" * 201}"',
            "title: 201 characters with sample values filled in; expected at most 200",
        ),
        (
            f'{TITLE}\nresolved = """{"x y " * 1023}{{{{ now }}}}"""',
            "resolved: 4112 characters with sample values filled in; expected at most 4096",
        ),
        (
            f'{TITLE}\nresolved = "Write to ada@example.com or call +14155552671."',
            "resolved: contains what looks like a phone number and an e-mail address; "
            "expected nothing private",
        ),
        (
            f'{TITLE}\nresolved = "{{# {AC} #}}Over."',
            "resolved: contains what looks like a SID; expected nothing private",
        ),
        (
            f"{TITLE}\nresolved = \"{{{{ 'aB3dE5fG7h' }}}}{{{{ 'I9jK1lM3nO' }}}}\"",
            "resolved: contains what looks like a token; expected nothing private",
        ),
        (
            f"{TITLE}\nresolved = \"{{{{ now | upper('x') }}}}\"",
            "resolved: the template can't be rendered: "
            "do_upper() takes 1 positional argument but 2 were given",
        ),
    ],
)
def test_text_that_must_not_be_published_is_refused(
    tmp_path: Path, text: str, expected: str
) -> None:
    line = 12 if text.startswith("title = ") and TITLE not in text else 13

    found = complaints(SETTINGS + changed(TITLE, text), tmp_path)

    assert found == [f"config.toml:{line}: rules[0].text.{expected}"]


def test_two_names_of_one_page_are_refused(tmp_path: Path) -> None:
    pages = '[incidentio]\npages = { public = "01A", other = "01B", vips = "01A" }\n'

    assert complaints(pages, tmp_path) == [
        "config.toml:2: incidentio.pages.vips: the same page as incidentio.pages.public; "
        "expected one name for it"
    ]


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    assert complaints(SETTINGS + RULE + RULE, tmp_path) == [
        'config.toml:14: rules[1].id: "sms" is already rules[0]; expected a name of its own'
    ]


def test_rule_without_a_page_needs_exactly_one_configured(tmp_path: Path) -> None:
    several = SETTINGS.replace('"01PAGE"', '"01A", partners = "01B"')

    assert complaints(several + RULE, tmp_path) == [
        "config.toml:3: rules[0].page: required, as there are several pages: public, partners"
    ]
    assert complaints(RULE, tmp_path) == [
        "config.toml:1: rules[0].page: no page is configured; expected one in [incidentio] pages "
        "(`statusbridge pages` prints them)"
    ]


def test_worse_status_may_ask_for_less_of_one_measure_with_another_besides(tmp_path: Path) -> None:
    rule = changed(
        "count = 25",
        "count = 25\n[rules.trigger.full_outage]\ncount = 20\ndistinct_accounts = 3\n"
        "[rules.trigger.partial_outage]\ncount = 10",
    )

    assert complaints(SETTINGS + rule, tmp_path) == [
        "config.toml:15: rules[0].trigger.partial_outage.count: 10 is under the 25 of "
        "trigger.degraded_performance; expected at least as much for the worse status"
    ]


def test_recovery_is_held_against_every_trigger_of_its_measure(tmp_path: Path) -> None:
    rule = changed(
        "count = 25",
        "distinct_resources = 5\n[[rules.trigger.full_outage]]\ncount = 50\n"
        "[rules.recover]\nbelow = { count = 60, distinct_resources = 4 }",
    )

    assert complaints(SETTINGS + rule, tmp_path) == [
        "config.toml:14: rules[0].recover.below.count: 60 is not under the 50 of "
        "trigger.full_outage; expected at most 49"
    ]


def test_all_that_is_wrong_is_told_at_once_in_file_order(tmp_path: Path) -> None:
    text = (
        '[twilio]\noverlap = "long"\nbase_url = "http://example.com"\n'
        + SETTINGS
        + "[guards]\nmax_open = 1\n"
        + changed("[30008]", "['@none']\nlevels = ['bad']").replace('"10m"', '"5s"')
        + changed('"SMS"', "1").replace("30008", "3")
        + changed('"sms"', '"mms"').replace("Delays", "{{ x }}")
    )

    found = complaints(text, tmp_path)

    assert [line.split(": ")[:2] for line in found] == [
        ["config.toml:2", "twilio.overlap"],
        ["config.toml:3", "twilio.base_url"],
        ["config.toml:7", "guards.max_open"],
        ["config.toml:11", "rules[0].window"],
        ["config.toml:14", "rules[0].match.levels[0]"],
        ["config.toml:21", "rules[1].component"],
        ["config.toml:24", "rules[1].match.codes[0]"],
        ["config.toml:38", "rules[2].text.title"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[twilio]\npoll_interval = "x"\naccounts = 1\n[incidentio]\npages = 1\n[lists]\na = 1\n',
        "twilio = 1\nincidentio = 2\nlists = 3\n",
    ],
)
def test_broken_table_brings_no_complaint_about_those_who_refer_to_it(
    tmp_path: Path, text: str
) -> None:
    rule = changed("[30008]", "['@a']\naccounts = ['prod']").replace('"10m"', '"5s"\npage = "x"')

    found = complaints(text + rule, tmp_path)

    assert [line for line in found if "rules" in line] == []


@pytest.mark.parametrize(
    ("names", "clause"),
    [(("a",), 'expected "a"'), (("a", "b"), 'expected "a" or "b"')],
)
def test_choice_is_named_in_order(names: tuple[str, ...], clause: str) -> None:
    assert one_of(names) == clause
