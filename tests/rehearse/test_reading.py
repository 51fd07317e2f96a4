from pathlib import Path

import pytest

from rehearse.rehearsing import configuration
from statusbridge.config.errors import ConfigError
from statusbridge.rehearse.act_tables import ACT_TABLES
from statusbridge.rehearse.reading import RuleTest, read
from statusbridge.simulators.people import ACTS

GOOD = """\
[[test]]
name = "it is so"
feed = [
  { at = "10s", code = 30008 },
  { at = "20s", poll_error = "401" },
  { at = "30s", act = "open", components = { SMS = "full_outage" } },
]
expect = [
  { at = "1m", incident = "sms", state = "none" },
]
"""


def reading(folder: Path, text: str, name: str = "config.test.toml") -> tuple[RuleTest, ...]:
    path = folder / name
    path.write_text(text)
    return read(path, None, {"HOME": str(folder)})


def problems(folder: Path, text: str) -> list[str]:
    configuration(folder)
    with pytest.raises(ConfigError) as raised:
        reading(folder, text)
    return [str(problem).removeprefix(f"{folder}/") for problem in raised.value.problems]


def spoilt(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (spoilt("[[test]]", "[[tests]]"), '1: tests: unknown key; did you mean "test"?'),
        (spoilt("name =", "nam ="), '2: test[0].nam: unknown key; did you mean "name"?'),
        (
            spoilt("code =", "codes ="),
            '4: test[0].feed[0].codes: unknown key; did you mean "code"?',
        ),
        (
            spoilt("poll_error", "poll_eror"),
            '5: test[0].feed[1].poll_eror: unknown key; did you mean "poll_error"?',
        ),
        (
            spoilt('"401" }', '"401", fore = "1h" }'),
            '5: test[0].feed[1].fore: unknown key; did you mean "for"?',
        ),
        (
            spoilt('"401"', '"timout"'),
            '5: test[0].feed[1].poll_error: expected "401", "503", "timeout", "connection" or '
            '"garbage", or another status from 400 on; did you mean "timeout"?',
        ),
        (
            spoilt('"401"', '"200"'),
            '5: test[0].feed[1].poll_error: expected "401", "503", "timeout", "connection" or '
            '"garbage", or another status from 400 on',
        ),
        (
            spoilt('"open"', '"opne"'),
            '6: test[0].feed[2].act: expected "open", "post", "resolve", "rename", '
            '"delete_update", "delete_incident", "open_maintenance", "complete_maintenance", '
            '"approve", "reject", "release", "pause" or "resume"; did you mean "open"?',
        ),
        (
            spoilt("components", "component"),
            '6: test[0].feed[2].component: unknown key; did you mean "components"?',
        ),
        (
            spoilt("SMS =", "SMSS ="),
            "6: test[0].feed[2].components.SMSS: no rule names this component; did you mean "
            '"Messaging / SMS"?',
        ),
        (
            spoilt("full_outage", "full"),
            '6: test[0].feed[2].components.SMS: expected "operational", "degraded_performance", '
            '"partial_outage" or "full_outage"; did you mean "full_outage"?',
        ),
        (
            spoilt('"1m"', '"1 m"'),
            '9: test[0].expect[0].at: "1 m" is not a duration; expected a form such as "30s", '
            '"10m", "2h", "1d" or "1h30m"',
        ),
        (
            spoilt('"sms"', '"sns"'),
            '9: test[0].expect[0].incident: no rule has this incident; did you mean "sms"?',
        ),
        (
            spoilt('"none"', '"monitor"'),
            '9: test[0].expect[0].state: expected "none", "pending", "held", "investigating", '
            '"identified", "monitoring" or "resolved"; did you mean "monitoring"?',
        ),
        (
            spoilt('incident = "sms", ', ""),
            "9: test[0].expect[0].state: is said of an incident; name it with incident",
        ),
        (
            spoilt('incident = "sms", state = "none"', 'page = "public"'),
            "9: test[0].expect[0]: expects nothing; write what is to be true, such as state or "
            "posts",
        ),
        (
            spoilt('state = "none"', 'held = "maintenence"'),
            "9: test[0].expect[0].held: expected false, or a reason of docs/operations.md, such "
            'as "maintenance"; did you mean "maintenance"?',
        ),
        (
            spoilt('state = "none"', 'page = "privat", posts = 0'),
            "9: test[0].expect[0].page: the configuration has no page of this name; expected "
            '"public"',
        ),
        (
            spoilt("code = 30008", 'code = 30008, account = "pord"'),
            "4: test[0].feed[0].account: the configuration has no account of this name; did you "
            'mean "prod"?',
        ),
        (
            spoilt('"30s"', '"30m"'),
            "6: test[0].feed[2].at: later than the last expectation, so no expectation can "
            "depend on it",
        ),
        (
            spoilt(
                'act = "open", components = { SMS = "full_outage" }',
                'act = "resolve", incident = "sns"',
            ),
            "6: test[0].feed[2].incident: no rule has this incident, and nobody opens one of "
            'this title; did you mean "sms"?',
        ),
        (
            spoilt("feed =", 'start = "2026-03-29T01:00:00"\nfeed ='),
            '3: test[0].start: expected a time with its offset, such as "2026-03-29T00:58:00Z"',
        ),
        (
            spoilt("feed =", 'stage = "shaddow"\nfeed ='),
            '3: test[0].stage: expected "auto", "review", "shadow" or "configured"; did you mean '
            '"shadow"?',
        ),
        ("x = 1\n", '1: x: unknown key; expected "test"'),
        ("[[test]]\nname = 1\n", "2: test[0].name: expected text in quotes"),
        ("[[test]]\nfeed = {}\n", "2: test[0].feed: expected a list"),
        (
            "[[test]]\nexpect = 3\n",
            "2: test[0].expect: expected a list of tables: [[test.expect]], in two brackets",
        ),
        (
            spoilt("feed =", 'config = "gone.toml"\nfeed ='),
            "3: test[0].config: there is no such file beside the tests",
        ),
        ("[[test]\n", "1:7: not TOML: expected ']]' at the end of an array declaration"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_the_nearest_word(
    tmp_path: Path, text: str, said: str
) -> None:
    assert f"config.test.toml:{said}" in problems(tmp_path, text)


def test_mistakes_in_feeds_and_expectations_are_told_of_at_once(tmp_path: Path) -> None:
    text = spoilt("code =", "codes =").replace("state =", "stat =").replace("name =", "nam =")

    found = problems(tmp_path, text)

    assert [line.split(": ")[1] for line in found] == [
        "test[0].name",
        "test[0].nam",
        "test[0].feed[0].codes",
        "test[0].expect[0].stat",
    ]


def test_a_broken_configuration_is_told_of_with_its_own_lines(tmp_path: Path) -> None:
    config = configuration(tmp_path).path
    config.write_text(config.read_text().replace("window ", "windw "))

    with pytest.raises(ConfigError, match=r"config.toml:\d+: rules\[0\].windw: unknown key"):
        reading(tmp_path, GOOD)


def test_a_test_is_of_the_file_that_it_names_or_that_it_is_named_after(tmp_path: Path) -> None:
    configuration(tmp_path)
    (tmp_path / "config.toml").rename(tmp_path / "mine.toml")
    named = spoilt("feed =", 'config = "mine.toml"\nfeed =')

    (by_key,) = reading(tmp_path, named, "other.test.toml")
    (by_name,) = reading(tmp_path, GOOD, "mine.test.toml")
    (given,) = read(tmp_path / "mine.test.toml", tmp_path / "mine.toml", {"HOME": str(tmp_path)})

    assert by_key.config.path == by_name.config.path == given.config.path == tmp_path / "mine.toml"


def test_people_have_the_words_and_keys_that_scenarios_have() -> None:
    beyond = {"remove_component", "subscribers"}

    assert ACT_TABLES.keys() == ACTS.keys() - beyond
    for word, table in ACT_TABLES.items():
        known = set(ACTS[word].__struct_fields__) - {"update", "maintenance"}
        assert table.model_fields.keys() - {"act", "at"} == known, word


def test_a_start_may_be_a_time_of_toml_or_its_text(tmp_path: Path) -> None:
    configuration(tmp_path)
    starts = ["2026-03-29T03:00:00+02:00", '"2026-03-29T01:00:00Z"', "2026-03-29 01:00:00Z"]

    read_as = [
        reading(tmp_path, spoilt("feed =", f"start = {start}\nfeed ="))[0].start for start in starts
    ]

    assert read_as == [1_774_746_000] * 3


def test_lines_of_entries_are_those_of_the_file(tmp_path: Path) -> None:
    configuration(tmp_path)

    (test,) = reading(tmp_path, GOOD)

    path = tmp_path / "config.test.toml"
    assert [where for where, _ in test.feed] == [f"{path}:4", f"{path}:5", f"{path}:6"]
    assert [one.where for one in test.expectations] == [f"{path}:9"]
    assert test.where == f"{path}:1"
