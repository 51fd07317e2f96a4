"""Recorded alerts: every form gives the same alerts, and what is broken is named by its line."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from statusbridge.adapters.recorded_alerts import DisorderedError, Sift, Wanted
from statusbridge.adapters.recorded_order import in_order, sorted_portions
from statusbridge.adapters.recording import portions
from statusbridge.adapters.recording_entries import RecordingError
from statusbridge.adapters.twilio_wire import read_page
from statusbridge.core.model import Alert, iso
from statusbridge.core.rules import CodeRange, Match, Probe, probes

from builders import T0, a_rule  # isort: skip

PROBE = Probe("502", "httpResponse")
RULE = a_rule(
    match=Match(
        codes=(CodeRange(30008, 30008), CodeRange(11200, 11200)),
        request_hosts=frozenset({"hooks.example.com"}),
        texts=((PROBE,),),
    )
)


def entry(n: int, at: int | None = None, **changes: Any) -> dict[str, Any]:
    """The nth alert, a second after the one before, as Twilio's API lists it."""
    return {
        "account_sid": "AC1",
        "alert_text": "Msg=Bad+Gateway&httpResponse=502&url=https%3A%2F%2Fhooks.example.com",
        "date_created": iso(T0 + 9_999),
        "date_generated": iso(T0 + n if at is None else at),
        "error_code": "11200",
        "log_level": "ERROR",
        "request_url": "https://hooks.example.com/sms",
        "resource_sid": f"SM{n}",
        "service_sid": None,
        "sid": f"NO{n}",
    } | changes


TEN = [entry(n) for n in range(10)]


def wanted(**changes: Any) -> Wanted:
    fields: dict[str, Any] = {
        "names": lambda sid: "prod" if sid == "AC1" else None,
        "candidates": lambda code, level, account: (RULE,) if code == 11200 else (),
        "probes": probes((RULE,)),
    }
    return Wanted(**fields | changes)


class Read:
    """What was read of a file."""

    def __init__(self, path: Path, **changes: Any) -> None:
        self.told: list[tuple[int, str]] = []
        self.sift = Sift(wanted(**changes), self._tell)
        self.alerts: list[Alert] = []
        for alerts, _ in in_order(portions(path, self._tell), self.sift):
            self.alerts += alerts

    def _tell(self, line: int, why: str) -> None:
        self.told.append((line, why))


def lines(entries: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(e) + "\n" for e in entries)


def page(entries: list[dict[str, Any]]) -> str:
    return json.dumps({"meta": {"page_size": 50, "key": "alerts"}, "alerts": entries})


def as_csv(entries: list[dict[str, Any]]) -> str:
    head = "SID,Account SID,Date Generated,Error Code,Log Level,Resource SID,Request URL,Alert Text"
    names = head.lower().replace(" ", "_").split(",")
    return "\n".join([head, *(",".join(str(e[name] or "") for name in names) for e in entries)])


FORMS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "lines": lines,
    "lines without an end": lambda e: lines(e).rstrip("\n"),
    "a list": json.dumps,
    "a list over many lines": lambda e: json.dumps(e, indent=2),
    "a page": page,
    "pages one a line": lambda e: page(e[:4]) + "\n" + page(e[4:]) + "\n",
    "a page over many lines": lambda e: json.dumps(
        {"alerts": e, "meta": {"page_size": 1}}, indent=1
    ),
    "CSV": as_csv,
    "CSV with semicolons": lambda e: as_csv(e).replace(",", ";"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zipped", [False, True])
def test_every_form_gives_the_alerts_that_the_api_would(
    tmp_path: Path, form: str, zipped: bool
) -> None:
    path = tmp_path / "alerts"
    text = FORMS[form](TEN).encode()
    path.write_bytes(gzip.compress(text) if zipped else text)

    read = Read(path)

    body = json.dumps({"alerts": TEN, "meta": {}}).encode()
    assert tuple(read.alerts) == read_page(body, "prod", (PROBE,), T0 + 20_000).alerts
    assert read.told == []


def test_broken_lines_are_named_and_the_rest_is_used(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    whole = lines(TEN).splitlines()
    odd = json.dumps(entry(20, error_code=["?"]))
    nameless, timeless = entry(21, sid=None), entry(22, date_generated="soon", date_created=None)
    ending = [odd, json.dumps(nameless), *whole[4:], json.dumps(timeless)]
    path.write_text("\n".join([whole[0][:50], *whole[:4], "", '{"a":', *ending]))

    read = Read(path)

    assert [alert.sid for alert in read.alerts] == [f"NO{n}" for n in range(10)]
    assert [line for line, _ in read.told] == [1, 7, 9, 16]
    assert read.sift.tally.alerts == 11


@pytest.mark.parametrize("first", ["Exported by ada", '61:01Z", "sid": "NO0"}', '"a"', "null"])
def test_a_first_line_that_is_no_alert_costs_that_line_alone(tmp_path: Path, first: str) -> None:
    path = tmp_path / "alerts.ndjson"
    path.write_text("\n".join([first, *lines(TEN).splitlines()]))

    read = Read(path)

    assert [alert.sid for alert in read.alerts] == [f"NO{n}" for n in range(10)]
    assert [line for line, _ in read.told] == [1]


def test_a_list_with_a_broken_alert_in_it_is_read_on_after_it(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    path.write_text("[" + ",\n".join([json.dumps(TEN[0]), '{"sid": NO}', json.dumps(TEN[1])]) + "]")

    read = Read(path)

    assert [alert.sid for alert in read.alerts] == ["NO0", "NO1"]
    assert [line for line, _ in read.told] == [2]


def test_a_file_that_was_cut_off_is_read_to_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson.gz"
    dice = random.Random(1)
    long = [entry(n, resource_sid=f"SM{dice.getrandbits(999)}") for n in range(2000)]
    path.write_bytes(gzip.compress(lines(long).encode())[:-5000])

    read = Read(path)

    assert len(read.alerts) > 100
    assert "cut off" in read.told[-1][1]


def test_an_alert_that_stands_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    path.write_text(lines([*TEN, *TEN[3:5]]))

    read = Read(path)

    assert len(read.alerts) == read.sift.tally.alerts == 10
    assert read.sift.tally.repeated == 2


def test_alerts_of_other_accounts_and_times_are_counted_apart(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    path.write_text(lines([*TEN, entry(5, sid="NOx", account_sid="AC2")]))

    read = Read(path, after=T0 + 2, until=T0 + 7)

    tally = read.sift.tally
    assert (tally.alerts, tally.elsewhere, tally.outside) == (5, 1, 5)


def test_what_no_rule_could_match_is_counted_by_code(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    path.write_text(lines([*TEN, *(entry(n, sid=f"NOy{n}", error_code=30003) for n in range(3))]))

    read = Read(path)

    assert read.sift.tally.unwanted == {30003: 3}
    assert len(read.alerts) == 10


@pytest.mark.parametrize("form", ["lines", "a list"])
@pytest.mark.parametrize("order", ["newest first", "any"])
def test_a_file_out_of_order_is_sorted(
    tmp_path: Path, form: str, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statusbridge.adapters.recorded_order._RUN", 300)
    entries = [entry(n, at=T0 + 60 * n) for n in range(1000)]
    mixed = entries[::-1] if order == "newest first" else random.Random(3).sample(entries, 1000)
    path = tmp_path / "alerts.json"
    path.write_text(FORMS[form](mixed))
    with pytest.raises(DisorderedError):
        Read(path)

    told: list[int] = []
    tell = lambda line, why: told.append(line)  # noqa: E731
    sift = Sift(wanted(), tell)
    found = in_order(sorted_portions(lambda tell: portions(path, tell), wanted(), tell), sift)
    read = [alert for alerts, _ in found for alert in alerts]

    body = json.dumps({"alerts": entries, "meta": {}}).encode()
    assert tuple(read) == read_page(body, "prod", (PROBE,), T0 + 100_000).alerts
    assert told == []


@pytest.mark.parametrize(
    "text",
    ["", "\n \n", "hello", "a,b,c\n1,2,3\n", pytest.param("a" * (17 << 20), id="one long line")],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "alerts.txt"
    path.write_text(text)

    with pytest.raises(RecordingError, match="alerts"):
        Read(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        Read(tmp_path / "none")
