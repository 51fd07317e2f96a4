"""The code table: total, without contradiction, and agreeing with Twilio's own labels but where
it is known why not."""

from __future__ import annotations

import csv
import os
from itertools import combinations
from pathlib import Path

import pytest

from statusbridge.core.code_ranges import RANGES
from statusbridge.core.code_singles import SINGLES
from statusbridge.core.codes import (
    FIRST_CODE,
    LAST_CODE,
    UNLISTED,
    CodeEntry,
    CodeInfo,
    describe,
    entries,
    fault_of,
    faults_between,
)
from statusbridge.core.model import Fault

T, C, A, R, U = Fault.TWILIO, Fault.CARRIER, Fault.APPLICATION, Fault.RECIPIENT, Fault.UNKNOWN

EXPECTED = {
    # handsets, numbers and the people who hold them
    30003: R, 30004: R, 30005: R, 30006: R, 21610: R, 21614: R, 21635: R, 31486: R, 63003: R,
    63033: R,
    # networks that Twilio hands over to
    30008: C, 30009: C, 30017: C, 30410: C, 32016: C, 32017: C, 32021: C, 60005: C, 60534: C,
    60608: C, 60613: C, 60620: C, 60621: C, 63009: C, 63012: C, 52110: C, 52144: C,
    # the customer's webhooks, TwiML, requests, registration and accounts
    10001: A, 11200: A, 11205: A, 11220: A, 11770: A, 12100: A, 12200: A, 12300: A, 13224: A,
    15003: A, 20003: A, 20404: A, 20429: A, 21211: A, 30001: A, 30002: A, 30007: A, 30022: A,
    30032: A, 30034: A, 30450: A, 30703: A, 30883: A, 32011: A, 32202: A, 4107: A, 60203: A,
    60212: A, 63016: A, 82004: A, 82005: A, 216602: A, 456001: A,
    # Twilio itself
    503: T, 12400: T, 13340: T, 15000: T, 15009: T, 16010: T, 17008: T, 20500: T, 20503: T,
    20504: T, 21730: T, 30020: T, 30021: T, 30500: T, 31500: T, 31502: T, 31503: T, 31504: T,
    33004: T, 45001: T, 45005: T, 53006: T, 53603: T, 63010: T, 64002: T, 81010: T, 81014: T,
    83700: T, 322501: T,
    # could be anyone's, or not read by anyone yet
    30044: U, 31005: U, 53001: U, 61001: U, 63023: U, 530004: U, 999999: U, 100: U, 23: U,
}  # fmt: skip

AGAINST_TWILIOS_LABEL: dict[str, dict[Fault, set[int]]] = {
    "the text says an internal failure, the label the customer's": {
        T: {15009, 16110, 17008, 17009, 19057, 31503, 32500, 53617, 53663, 62200}
    },
    "refused by a rule or limit that the customer must meet, not failed": {
        A: {10001, 14240, 20009, 21646, 22228, 22400, 22403, 30002, 30110, 30111, 32203, 53122}
        | {50212, 60004, 60212, 60213, 63013, 63016, 63031, 80622, 80624}
    },
    "a bad value in the customer's own request or settings": {
        A: {14241, 40153, 48002, 50309, 50526, 50527, 50528, 50529, 50540, 50541, 54051, 60006}
        | {63001, 63030, 90006, 94002, 94302}
    },
    "the customer's callback answered badly": {A: {45401, 52311}},
    "the carrier only enforces what the customer registered or sent": {
        A: {30007, 30022, 30023, 30024, 30025, 30026, 30027, 30032}
    },
    "decided by the person, number or device at the other end": {
        R: {21610, 21614, 30003, 30004, 30006, 30011, 45303, 45305, 60002, 60008, 60205, 60500}
        | {60531, 60532, 60540, 63003, 63029, 63033, 63036, 80901}
    },
    "a network behind Twilio": {C: {32017, 60003, 60005, 60511, 60533, 60534}},
    "raised on a user's device or its network, which may be at fault as well": {
        U: {53406, 53407, 53408, 60517, 60519, 60520, *range(60401, 60408), *range(68001, 68008)}
    },
    "the label names one party, the text leaves it open": {
        U: {22001, 30104, 30105, 52143, 60001, 60510, 80613}
    },
}


def test_every_code_has_an_answer() -> None:
    assert all(describe(code).fault in Fault for code in range(FIRST_CODE, LAST_CODE + 1, 7))
    assert [describe(code).known for code in (-1, 0, 10**12)] == [False] * 3


def test_ranges_are_disjoint_or_nested_so_that_the_narrowest_is_one() -> None:
    for (a, b, *_), (c, d, *_) in combinations(RANGES, 2):
        apart = b < c or d < a
        nested = (a <= c and d <= b) or (c <= a and b <= d)
        assert apart or (nested and (a, b) != (c, d)), ((a, b), (c, d))


def test_ranges_run_forward_within_the_bounds_of_codes() -> None:
    assert all(FIRST_CODE <= first <= last <= LAST_CODE for first, last, *_ in RANGES)
    assert list(RANGES) == sorted(RANGES, key=lambda r: (r[0], -r[1]))


def test_no_single_code_stands_under_two_faults() -> None:
    codes = [code for titles in SINGLES.values() for code in titles]

    assert len(codes) == len(set(codes))
    assert set(SINGLES) == set(Fault)
    assert all(list(titles) == sorted(titles) for titles in SINGLES.values())


def test_every_single_code_lies_in_a_range_and_has_a_title() -> None:
    for titles in SINGLES.values():
        for code, title in titles.items():
            assert describe(code).family != UNLISTED, code
            assert title.strip() == title != "", code


def test_a_family_names_its_product_first() -> None:
    assert all(family.count(": ") == 1 for _, _, family, _ in RANGES)


@pytest.mark.parametrize(("code", "fault"), EXPECTED.items())
def test_code_is_the_fault_of(code: int, fault: Fault) -> None:
    assert fault_of(code) is fault


def test_an_alert_without_a_code_is_nobodys_fault() -> None:
    assert fault_of(None) is Fault.UNKNOWN


def test_a_single_code_overrides_its_range() -> None:
    assert describe(30500) == CodeInfo(
        30500, "Messaging: delivery", T, "message failed inside Twilio", known=True
    )


def test_a_code_without_its_own_line_takes_the_narrowest_range() -> None:
    assert describe(60603) == CodeInfo(60603, "Verify: verifications", A, None, known=True)
    assert describe(60606) == CodeInfo(60606, "Lookup: requests", A, None, known=True)


def test_a_code_that_no_range_holds_is_unknown_and_says_so() -> None:
    assert describe(99) == CodeInfo(99, UNLISTED, U, None, known=False)


def test_digits_that_a_longer_code_begins_with_do_not_decide() -> None:
    assert describe(216602).family == "Messaging: requests"
    assert describe(301234).known is False


def test_entries_of_a_range_are_what_touches_it_wider_first() -> None:
    assert entries(30499, 30500) == (
        CodeEntry(30430, 30499, "Messaging: toll-free verification", A),
        CodeEntry(30500, 30599, "Messaging: delivery", U),
        CodeEntry(30500, 30500, "Messaging: delivery", T, "message failed inside Twilio"),
    )


def test_all_entries_are_all_ranges_and_all_singles() -> None:
    assert len(entries()) == len(RANGES) + sum(map(len, SINGLES.values()))


def test_nothing_listed_has_no_entries() -> None:
    assert entries(700, 800) == ()


@pytest.mark.parametrize(
    ("first", "last", "faults"),
    [
        (30020, 30021, {T}),
        (30044, 30044, {U}),
        (30005, 30008, {R, A, C}),
        (11200, 12399, {A, U}),
        (12390, 12410, {A, T}),
        (700, 800, {U}),
        (FIRST_CODE, LAST_CODE, set(Fault)),
        (30008, 30007, set()),
    ],
)
def test_faults_of_a_range_are_those_of_its_codes(
    first: int, last: int, faults: set[Fault]
) -> None:
    assert faults_between(first, last) == faults


def test_faults_of_a_range_equal_asking_each_code() -> None:
    for first in range(29_950, 32_000, 41):
        asked = {fault_of(code) for code in range(first, first + 60)}
        assert faults_between(first, first + 59) == asked


@pytest.fixture(scope="module")
def dictionary() -> list[dict[str, str]]:
    folder = os.environ.get("FACTS_FOLDER")
    if folder is None:
        pytest.skip("FACTS_FOLDER does not say where twilio_codes.csv is")
    with (Path(folder) / "twilio_codes.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.contract
def test_every_code_of_twilios_dictionary_has_a_family(dictionary: list[dict[str, str]]) -> None:
    assert [row["code"] for row in dictionary if not describe(int(row["code"])).known] == []


@pytest.mark.contract
def test_faults_agree_with_twilios_labels_but_for_named_reasons(
    dictionary: list[dict[str, str]],
) -> None:
    labelled = {int(row["code"]): row["log_type"] for row in dictionary if row["log_type"]}

    ours = {code: fault_of(code) for code, label in labelled.items() if fault_of(code) != label}

    pinned = {
        code: fault
        for verdicts in AGAINST_TWILIOS_LABEL.values()
        for fault, codes in verdicts.items()
        for code in codes
    }
    assert ours == pinned, sorted(ours.items() ^ pinned.items())
    assert len(ours) / len(labelled) < 0.11


@pytest.mark.contract
def test_no_title_is_twilios_own(dictionary: list[dict[str, str]]) -> None:
    theirs = {int(row["code"]): row["title"].strip().lower() for row in dictionary}

    copied = [
        (code, title)
        for titles in SINGLES.values()
        for code, title in titles.items()
        if theirs.get(code) == title.lower()
    ]

    assert copied == []
