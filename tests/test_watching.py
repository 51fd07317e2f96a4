"""What is shipped for Prometheus and Grafana, held against the metrics and the documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from daemons import a_config, a_daemon
from pages import ROOT, anchors, rows
from promtool import PROMTOOL, promtool
from statusbridge.server.metrics import exposition
from world import World

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES, RULE_TESTS = (
    PROMETHEUS / "statusbridge.rules.yml",
    PROMETHEUS / "statusbridge.rules.test.yml",
)
DASHBOARD = ROOT / "deploy" / "grafana" / "statusbridge.json"
OPERATIONS = ROOT / "docs" / "operations.md"
ALERT = re.compile(r"^      - alert: (\w+)$", re.MULTILINE)
METRIC = re.compile(r"\b(?:statusbridge|process)_\w+")


async def exported(folder: Path) -> set[str]:
    """Return every name that a daemon with something to say exports a sample of."""
    world = World()
    world.storm(4, at=-10)
    await world.cycle(0)
    text = exposition(a_daemon(world, a_config(folder))).decode()
    families = list(text_string_to_metric_families(text))
    found = {sample.name for family in families for sample in family.samples}
    documented = {name for name, _, _ in rows(OPERATIONS, "metric | type")}
    # A histogram, or a label of no member yet, has no sample before the first request.
    silent = documented - found
    return found | silent | {f"{name}_{part}" for name in silent for part in ("bucket", "count")}


def alerts() -> list[str]:
    """Return the text of each alert of the rules."""
    return ALERT.split(RULES.read_text())[1:]


async def test_every_metric_of_an_alert_is_exported(tmp_path: Path) -> None:
    expressions = re.findall(r"expr:.*?(?=\n {8}\w)", RULES.read_text(), re.DOTALL)
    used = set(METRIC.findall("\n".join(expressions)))

    assert len(used) > 10
    assert used - await exported(tmp_path) == set()


def test_every_alert_leads_to_a_heading_that_says_what_to_do() -> None:
    found = alerts()
    links = [
        re.findall(r"^ +runbook_url: docs/operations\.md#(\S+)$", text, re.MULTILINE)
        for text in found[1::2]
    ]

    assert len(links) == 13
    assert [link for (link,) in links if link not in anchors(OPERATIONS)] == []


def test_every_alert_is_explained_and_tested() -> None:
    names = ALERT.findall(RULES.read_text())

    assert [name for name, *_ in rows(OPERATIONS, "alert | fires when")] == names
    assert [n for n in names if f"  - name: {n}\n" not in RULE_TESTS.read_text()] == []


def test_every_alert_says_what_happened_and_how_urgent_it_is() -> None:
    for text in alerts()[1::2]:
        for needed in ("summary: ", "description: ", "labels: { severity: "):
            assert needed in text


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_each_alert_fires_when_it_should_and_not_before() -> None:
    code, said = promtool("test", "rules", str(RULE_TESTS))

    assert code == 0, said


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_takes_the_rules() -> None:
    code, said = promtool("check", "rules", "--lint-fatal", str(RULES))

    assert code == 0, said


# The dashboard


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return found


def queries() -> list[str]:
    """Return what each panel asks, in order."""
    panels = dashboard()["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


async def test_every_metric_of_the_dashboard_is_exported(tmp_path: Path) -> None:
    used = {name for query in queries() for name in METRIC.findall(query)}

    assert len(used) > 20
    assert used - await exported(tmp_path) == set()


def test_the_dashboard_answers_five_questions_in_order() -> None:
    assert [panel["title"] for panel in dashboard()["panels"] if panel["type"] == "row"] == [
        "Is it working?",
        "What does the public see?",
        "Which rules are near firing?",
        "What is published, and what is not?",
        "How do the APIs answer?",
    ]


def test_the_dashboard_can_be_imported_anywhere() -> None:
    whole = dashboard()
    variables = {variable["name"]: variable["type"] for variable in whole["templating"]["list"]}

    assert variables == {"datasource": "datasource", "job": "query"}
    assert "id" not in whole
    assert (whole["uid"], whole["schemaVersion"] >= 36) == ("statusbridge", True)
    for panel in whole["panels"]:
        if panel["type"] != "row":
            sources = [panel["datasource"], *(t["datasource"] for t in panel["targets"])]
            assert {source["uid"] for source in sources} == {"${datasource}"}
            assert panel["description"]
    assert all('job=~"$job"' in query for query in queries())


def test_panels_have_their_own_ids_and_lie_side_by_side() -> None:
    panels = dashboard()["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_understands_every_query_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries())
    ]
    file = tmp_path / "queries.yml"
    # YAML takes what is JSON.
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    code, said = promtool("check", "rules", str(file))

    assert code == 0, said
