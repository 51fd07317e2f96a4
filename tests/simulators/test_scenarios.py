"""Scenarios as data, and their playing on a virtual clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulating import PAGE, START, Clock, alerts, ask, create, incidents

from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.notation import NotationError, Span
from statusbridge.simulators.page_layout import PageEntry
from statusbridge.simulators.people import ResolveIncident
from statusbridge.simulators.player import Player
from statusbridge.simulators.scenario import Scenario, load, packaged, parse
from statusbridge.simulators.twilio import fake_account


def test_an_empty_scenario_is_a_quiet_account_and_an_empty_page() -> None:
    assert parse("", "x") == Scenario()


def test_a_scenario_is_what_its_file_says() -> None:
    text = """
        about = "all of it"
        seed = 3
        [twilio]
        accounts = [{ name = "prod" }, { name = "eu", account_sid = "AC1", auth_token = "t" }]
        switches = { cap = 5, visible_after = "2s" }
        [incidentio]
        api_key = "inc_other"
        roles = ["status_page_viewer"]
        switches = { updates_order = "oldest_first" }
        [[incidentio.pages]]
        id = "P1"
        subscribers = 1001
        structure = [{ component = "API" }]
        [[alerts]]
        at = "5s"
        every = "2s"
        times = 90
        code = 30008
        resource = "SM{n}"
        account = "eu"
        [[people]]
        at = "2m"
        act = "resolve"
        incident = "latest"
    """

    scenario = parse(text, "x")

    assert (scenario.about, scenario.seed, scenario.api_key) == ("all of it", 3, "inc_other")
    assert scenario.accounts[0] == fake_account("prod")
    assert (scenario.accounts[1].account_sid, scenario.accounts[1].auth_token) == ("AC1", "t")
    assert (scenario.twilio.cap, scenario.twilio.visible_after) == (5, 2)
    assert scenario.roles == ("status_page_viewer",)
    assert scenario.incidentio.updates_order == "oldest_first"
    assert scenario.pages == (
        PageEntry(id="P1", subscribers=1001, structure=({"component": "API"},)),
    )
    assert scenario.alerts == (
        AlertEntry(Span(5), Span(2), 90, 30008, resource="SM{n}", account="eu"),
    )
    assert [(p.at, p.act) for p in scenario.people] == [(120, ResolveIncident())]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[twillio]", 'x: scenario: unknown key "twillio", did you mean "twilio"?'),
        ("[twilio]\nacounts = []", 'x: twilio: unknown key "acounts", did you mean "accounts"?'),
        ("[[twilio.accounts]]\nnam = 1", 'x: twilio.accounts[0]: unknown key "nam"'),
        ("[twilio.switches]\ncapp = 1", 'x: twilio.switches: unknown key "capp"'),
        ("[incidentio.switches]\necho = 'loud'", "x: incidentio.switches: Invalid enum value"),
        ("[[incidentio.pages]]\nnme = 1", 'x: incidentio.pages[0]: unknown key "nme"'),
        (
            "[[incidentio.pages]]\nstructure = [{ grp = 1 }]",
            "names no component, group or sub_page",
        ),
        ("[[alerts]]\ntime = 3", 'x: alerts[0]: unknown key "time", did you mean "times"?'),
        ("[[faults]]\nkind = 'hang'", "x: faults[0].side: unknown word"),
        ("[[faults]]\nside = 'twilio'", "x: faults[0]: unknown word"),
        ("[[people]]\nat = 3", "x: people[0].at: 3 is no span of time"),
        ("[[people]]\nact = 'dance'", 'x: people[0]: unknown word "dance"'),
        ("seed = 'x'", "x: scenario: Expected `int`, got `str` - at `$.seed`"),
        ("a = ", "x: Invalid value"),
        ("a = " + "[" * 10_000, "x: nested too deeply"),
        ("seed = " + "9" * 5_000, "x: Exceeds the limit"),
    ],
)
def test_what_can_not_be_read_is_named_with_its_place(text: str, told: str) -> None:
    with pytest.raises(NotationError) as error:
        parse(text, "x")

    assert told in str(error.value)


@pytest.mark.parametrize("name", packaged())
def test_every_packaged_scenario_plays(name: str) -> None:
    clock = Clock()
    player = Player(load(name), clock)
    clock.now += 20
    player.advance(clock.now)

    query = {"StartDate": "2026-03-29T00:58:00Z"}

    assert player.missed == []
    assert player.scenario.about
    if name != "twilio-401":
        assert all(a["error_code"] for a in alerts(player.twilio, **query))


def test_the_packaged_scenarios_are_these() -> None:
    assert packaged() == ("calm", "carrier-failure", "first-week", "flaky-network", "twilio-401")


def test_a_carrier_failure_is_over_within_ten_seconds() -> None:
    clock = Clock()
    player = Player(load("carrier-failure"), clock)
    clock.now += 60

    query = {"PageSize": "1000"}
    storm = [a for a in alerts(player.twilio, **query) if a["error_code"] in ("30008", "30410")]

    times = sorted(a["date_generated"][-3:-1] for a in storm)
    assert (len(storm), times[0], times[-1]) == (310, "02", "09")
    assert len({a["resource_sid"] for a in storm}) == 310


def test_a_scenario_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('about = "mine"', encoding="utf-8")

    assert load(str(path)).about == "mine"


def test_a_scenario_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(NotationError, match='did you mean "calm"'):
        load("clam")


def test_failing_polls_can_be_written_as_in_rule_tests() -> None:
    clock = Clock()
    text = """
        alerts = [{ at = "0s", code = 1 }, { at = "20m", poll_error = "401", for = "40m" },
                  { at = "2h", poll_error = "lost_before" }]
    """
    player = Player(parse(text, "x"), clock)
    seen = []
    for minutes in (19, 20, 59, 60):
        clock.now = START + minutes * 60
        seen.append(ask(player.twilio, "GET", "/v1/Alerts")[0])

    assert seen == [200, 401, 401, 200]


def test_people_act_when_their_time_has_come() -> None:
    clock = Clock()
    text = """
        [[people]]
        at = "90s"
        act = "resolve"
        [[people]]
        at = "60s"
        act = "open"
        name = "Theirs"
    """
    player = Player(parse(text, "x"), clock)
    player.advance(clock.now + 59)
    before = incidents(player.incidentio)

    player.advance(clock.now + 600)

    [incident] = incidents(player.incidentio)
    assert before == []
    assert (incident["name"], incident["incident_status"]) == ("Theirs", "resolved")


def test_an_act_that_finds_nothing_is_kept_as_missed() -> None:
    clock = Clock()
    player = Player(parse('[[people]]\nact = "resolve"', "x"), clock)

    player.advance(clock.now)

    assert [reason for _, reason in player.missed] == ['people: no incident "latest" on the page']


def test_faults_of_either_side_strike_at_their_times() -> None:
    clock = Clock()
    text = """
        [[faults]]
        side = "incidentio"
        at = "10s"
        kind = "applied_late"
        method = "POST"
        seconds = "5s"
        times = 1
        [[faults]]
        side = "twilio"
        kind = "status"
        status = 500
        times = 1
    """
    player = Player(parse(text, "x"), clock)
    polled = [ask(player.twilio, "GET", "/v1/Alerts")[0] for _ in range(2)]
    create(player.incidentio, component_statuses=None)

    clock.now += 10
    body = {"status_page_incident_id": incidents(player.incidentio)[0]["id"]}
    body |= {"message": "Late.", "notify_subscribers": False}
    with pytest.raises(AssertionError):
        ask(player.incidentio, "POST", "/v2/status_page_incident_updates", body=body)
    clock.now += 5
    player.advance(clock.now)

    assert polled == [500, 200]
    [incident] = player.incidentio.world.incidents.values()
    assert [post.message for post in incident.posts] == ["We are looking.", "Late."]
    assert incident.page == PAGE


@pytest.mark.parametrize("side", ["twilio", "incidentio"])
def test_the_seed_decides_the_chance_of_both_sides(side: str) -> None:
    def struck(seed: int) -> list[int]:
        fault = f'side = "{side}"\nkind = "status"\nstatus = 500\nprobability = 0.5'
        player = Player(parse(f"seed = {seed}\n[[faults]]\n{fault}", "x"), Clock())
        simulator, path = {
            "twilio": (player.twilio, "/v1/Alerts"),
            "incidentio": (player.incidentio, "/v1/identity"),
        }[side]
        return [ask(simulator, "GET", path)[0] for _ in range(40)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
