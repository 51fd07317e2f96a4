"""The recipes, as a reader would use them: each copied into files, checked and played."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pages import ROOT, text_of
from statusbridge.cli import main

RECIPES = ROOT / "docs" / "recipes.md"
PAGE = '[incidentio]\npages = { public = "01FA4E0000000000000000PAGE" }\n\n'


def recipes() -> dict[str, tuple[str, str]]:
    """The rule and the test under each heading."""
    _, *sections = re.split(r"^## ", text_of(RECIPES), flags=re.MULTILINE)
    found = {}
    for section in sections:
        rule, test = re.findall(r"^```toml\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
        found[section.partition("\n")[0]] = (rule, test)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one to work in, in which nothing is configured by the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIRECTORY", "/tmp/state")
    return tmp_path


@pytest.mark.parametrize("recipe", recipes())
def test_each_rule_passes_check_also_in_auto_and_each_test_passes(
    recipe: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule, test = recipes()[recipe]
    stage = '\\1\nstage = "auto"'
    config = folder / "config.toml"

    config.write_text(PAGE + re.sub(r"^(id +=.*)$", stage, rule, flags=re.MULTILINE))
    (folder / "config.test.toml").write_text(test)
    in_auto = main(["check", "--offline", "--strict"])
    config.write_text(PAGE + rule)
    codes = main(["check", "--offline", "--strict"]), main(["test"])

    assert (in_auto, *codes) == (0, 0, 0), capsys.readouterr().out


def test_each_rule_of_a_recipe_is_in_its_tests() -> None:
    for rule, test in recipes().values():
        keys = {one.get("incident", one["id"]) for one in tomllib.loads(rule)["rules"]}
        played = {
            expected.get("incident")
            for one in tomllib.loads(test)["test"]
            for expected in one["expect"]
        }

        assert keys == played - {None}


def test_the_recipes_that_were_asked_for_are_there() -> None:
    assert list(recipes()) == [
        "Carrier failures",
        "Your own webhooks fail",
        "The account is suspended",
        "Verify",
        "WhatsApp",
        "Several subaccounts",
    ]
