"""`init` as a new user runs it: against both APIs, with and without answers, and what it writes."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from io import StringIO

import pytest

from outside import PAGE, Outside, outside_of
from programs import Ended
from statusbridge.commands.init_choices import Asking, ChoiceError
from statusbridge.core.coverage import DAY, HOUR
from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId, PageId
from statusbridge.simulators.page_layout import PageEntry
from statusbridge.simulators.scenario import Scenario
from statusbridge.starter.products import KNOWN

SECOND = PageEntry(
    id="01FA4E0000000000000000TWO0",
    name="Internal Status",
    structure=({"component": "Messages"}, {"component": "Dashboard"}),
)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """A new user: credentials, and no configuration."""
    async with outside_of(Scenario(pages=(PAGE,))) as found:
        renew(found)
        yield found


def renew(outside: Outside) -> None:
    outside.config.unlink()
    outside.environ |= {
        "STATUSBRIDGE_TWILIO__BASE_URL": outside.world.twilio_url,
        "STATUSBRIDGE_INCIDENTIO__BASE_URL": outside.world.incidentio_url,
    }


def a_week(outside: Outside) -> None:
    """Three alerts at a time on each day, an outage on one, and what is nobody's to tell."""
    for day in range(7):
        outside.alerts(3, -6.5 * DAY + day * DAY)
    outside.alerts(400, -2 * DAY, code=30410, every=1.0)
    outside.alerts(50, -3 * DAY, code=30003, every=60.0)
    outside.alerts(30, -3 * DAY, code=11200, resource="CA{n}", every=60.0)


async def test_what_is_written_passes_check_and_test(outside: Outside) -> None:
    a_week(outside)

    written = await outside.here("init")
    checked = await outside.here("check", "--strict")
    tested = await outside.here("test")

    assert (written.code, checked.code, tested.code) == (0, 0, 0), checked.err + tested.out
    assert tested.out.endswith("\n3 passed\n")
    assert checked.out.startswith("config.toml: 1 rule (1 shadow), 1 account (default), 1 page")
    assert written.err == "Reading the alerts of the last 7 days …\n"
    assert written.out == (
        "page example-status: “Example Status”\n"
        "501 alerts in the last 7 days\n"
        "  messaging  421  30410 ×400 · 30008 ×21  → Messaging / SMS\n"
        "  no rule    80   30003 ×50 · 11200 ×30   → see the end of the file\n"
        "Wrote config.toml with 1 rule, all in stage shadow, and config.test.toml with their tests."
        "\nNext: statusbridge check, then backtest, then run --dry-run, then run.\n"
    )


async def test_tests_that_are_written_hold_in_whatever_stage_the_rules_come_to(
    outside: Outside,
) -> None:
    a_week(outside)
    await outside.here("init")
    text = outside.config.read_text()

    for stage in ("review", "auto"):
        outside.config.write_text(text.replace('= "shadow"', f'= "{stage}"'))
        tested = await outside.here("test")
        assert (tested.code, tested.out.splitlines()[-1]) == (0, "3 passed")


async def test_numbers_are_said_with_what_was_seen_and_what_they_would_have_done(
    outside: Outside,
) -> None:
    a_week(outside)

    await outside.here("init")

    text = outside.config.read_text()
    assert "# 30410: 400, messaging provider did not answer in time\n" in text
    assert "# In any 10 minutes: at most 3 alerts on most days; 7 days were seen.\n" in text
    assert "# The most was 400 alerts, about " in text
    assert "# With these numbers the rule would have opened one incident: " in text
    assert "\ncount = 10\ndistinct_resources = 6" in text


async def test_recipients_and_own_doings_get_no_rule_but_a_comment(outside: Outside) -> None:
    outside.alerts(50, -3 * HOUR, code=30003)
    outside.alerts(30, -3 * HOUR, code=11200)

    await outside.here("init")

    lines = outside.config.read_text().splitlines()
    assert "[[rules]]" not in lines
    assert lines[lines.index("# The recipient's own doing: no outage:") + 1] == (
        "#   30003: 50, handset off or out of reach"
    )
    assert lines[-1] == "#   11200: 30, webhook failed or answered badly"


async def test_an_account_without_alerts_gets_examples_to_uncomment(outside: Outside) -> None:
    written = await outside.here("init")
    checked = await outside.here("check")
    tested = await outside.here("test")
    text = outside.config.read_text()
    outside.config.write_text(text.replace("\n#[[rules]]", "\n[[rules]]"))
    head, _, rules = text.partition("##")
    uncommented = "\n".join(line.removeprefix("#") for line in f"##{rules}".splitlines())
    outside.config.write_text(head + uncommented.replace('"Group / Name"', '"Dashboard"'))
    again = await outside.here("check", "--strict")

    assert (written.code, checked.code, tested.code) == (0, 0, 0)
    assert "no-rules" in checked.out
    assert tested.out.endswith("\n2 passed\n")
    assert again.code == 0, again.out + again.err
    assert again.out.startswith("config.toml: 2 rules (2 shadow)")


async def test_no_file_is_overwritten_without_force(outside: Outside) -> None:
    tests = outside.folder / "config.test.toml"
    tests.write_text("mine\n")

    refused = await outside.here("init")
    forced = await outside.here("init", "--force")

    assert refused == Ended(
        1,
        "",
        "statusbridge: config.test.toml is there already. Say --force to overwrite it, or --out "
        "another file.\n",
    )
    assert forced.code == 0
    assert tests.read_text() != "mine\n"


async def test_a_place_that_can_not_be_written_is_said(outside: Outside) -> None:
    # As in a folder of another user, into which root would be let.
    place = str(outside.folder / ("x" * 300))

    ended = await outside.here("init", "--out", place)

    assert ended.code == 1
    assert "x can't be written (File name too long). Say --out another file." in ended.err


async def test_no_secret_is_written(outside: Outside) -> None:
    a_week(outside)

    await outside.here("init")

    written = outside.config.read_text() + (outside.folder / "config.test.toml").read_text()
    secrets = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "INCIDENT_API_KEY")
    assert [name for name in secrets if outside.environ[name] in written] == []


async def test_the_last_line_names_a_file_that_is_not_found_by_itself(outside: Outside) -> None:
    written = await outside.here("init", "--out", "other.toml")

    assert (outside.folder / "other.test.toml").exists()
    assert written.out.splitlines()[-1].startswith("Next: statusbridge --config other.toml check,")


async def test_missing_credentials_are_named(outside: Outside) -> None:
    del outside.environ["TWILIO_AUTH_TOKEN"]
    del outside.environ["INCIDENT_API_KEY"]

    ended = await outside.here("init")

    assert ended == Ended(
        78,
        "",
        "statusbridge: environment: TWILIO_AUTH_TOKEN and INCIDENT_API_KEY not set; export the "
        "credentials of both services first\n",
    )
    assert not outside.config.exists()


@pytest.mark.parametrize("variable", ["TWILIO_AUTH_TOKEN", "INCIDENT_API_KEY"])
async def test_refused_credentials_end_with_77(outside: Outside, variable: str) -> None:
    outside.environ[variable] = "0123456789abcdef0123456789abcdef"

    ended = await outside.here("init")

    assert ended.code == 77
    assert "401" in ended.err
    assert not outside.config.exists()


async def test_a_component_is_taken_from_a_flag_and_adds_its_rule(outside: Outside) -> None:
    flags = ("--component", "messaging=WhatsApp", "--component", "messaging=SMS")
    a_week(outside)

    await outside.here("init", *flags, "--component", "verify=Dashboard")
    tested = await outside.here("test")

    text = outside.config.read_text()
    assert 'component = ["WhatsApp", "SMS"]' in text
    assert 'id        = "verify"' in text
    assert tested.code == 0


async def test_a_rule_without_a_likely_component_is_left_out_and_said_so(outside: Outside) -> None:
    outside.alerts(30, -3 * HOUR, code=60005)

    ended = await outside.here("init")

    assert ended.code == 0
    assert "no component of the page looks like Verify" in ended.err
    assert '--component verify="Group / Name"' in ended.err
    assert '#id        = "verify"' in outside.config.read_text()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--component", "messaging=Massaging"), 'the page has no component "Massaging"'),
        (("--component", "fax=SMS"), "--component fax: there is no such rule; one of messaging"),
        (("--component", "messaging"), "'messaging' is not of the form RULE=NAME"),
        (("--page", "other"), "There is no page other. Say --page with one of example-status."),
        (("--days", "31"), "'31' is no number from 1 to 30"),
    ],
)
async def test_a_flag_that_says_nothing_true_is_refused(
    outside: Outside, flags: tuple[str, str], said: str
) -> None:
    a_week(outside)

    ended = await outside.here("init", *flags)

    assert ended.code == 64
    assert said in ended.err
    assert not outside.config.exists()


async def test_of_several_pages_one_has_to_be_said() -> None:
    async with outside_of(Scenario(pages=(PAGE, SECOND))) as outside:
        renew(outside)

        unsaid = await outside.here("init")
        said = await outside.here("init", "--page", "internal-status")

        assert unsaid.code == 64
        assert "Say which with --page: one of example-status, internal-status." in unsaid.err
        assert said.code == 0
        assert SECOND.id in outside.config.read_text()


def test_at_a_terminal_what_is_not_said_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [structure("Public", "Messaging / SMS", "API"), structure("Internal", "API")]
    monkeypatch.setattr(sys, "stdin", StringIO("3\n1\n\n2\n0\n"))
    asking = Asking(asks=True, components={})

    name, page = asking.page(pages, None)
    answers = [asking.component(KNOWN[0], page) for _ in range(3)]

    assert (name, answers) == ("public", [("Messaging / SMS",), ("API",), ()])
    assert capsys.readouterr().err == (
        "\nWhich page?\n   1  public  Public\n   2  internal  Internal\n"
        "Page: A number from 1 to 2, please.\nPage: "
        + "\nWhich component is in trouble when Messaging fails? (rule messaging)\n"
        "   1  Messaging / SMS\n   2  API\n   0  none: leave the rule out\nComponent [1]: " * 3
    )


def test_whoever_says_nothing_at_a_terminal_gets_nothing_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(""))

    with pytest.raises(ChoiceError, match=r"Nothing was chosen, and nothing written\."):
        Asking(asks=True, components={}).page([structure("A"), structure("B")], None)


def test_the_first_interrupt_ends_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(StringIO):
        def readline(self, size: int | None = -1, /) -> str:
            signal.raise_signal(signal.SIGINT)
            return super().readline(size)

    async def ask() -> None:
        Asking(asks=True, components={}).page([structure("A"), structure("B")], None)

    monkeypatch.setattr(sys, "stdin", Interrupted(""))

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(ask())


def structure(title: str, *names: str) -> Structure:
    paths = (tuple(name.split(" / ")) for name in names)
    components = (Component(ComponentId(f"01{n}"), p[-1], p[:-1]) for n, p in enumerate(paths))
    return Structure(PageId(f"01{title}"), title, tuple(components))
