from __future__ import annotations

import pytest

from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId, PageId
from statusbridge.core.structure import Ambiguous, Missing, resolve


def component(id_: str, *path_and_name: str) -> Component:
    return Component(ComponentId(id_), path_and_name[-1], path_and_name[:-1])


PAGE = Structure(
    PageId("01PAGE"),
    "Acme",
    (
        component("01SMS", "Messaging", "SMS"),
        component("01WHATSAPP", "Messaging", "WhatsApp & RCS, beta"),
        component("01VOICE", "Voice"),
        component("01EU_SMS", "Europe", "Messaging EU", "Short messages"),
        component("01API_A", "Platform", "API"),
        component("01API_B", "Billing", "API"),
        component("01TWIN_A", "Twins", "Same"),
        component("01TWIN_B", "Twins", "Same"),
        component("01SLASH", "Odd", "In / Out"),
        component("01CASE_A", "console"),
        component("01CASE_B", "Console"),
        component("Voice", "Named after an id"),
    ),
)


@pytest.mark.parametrize(
    ("reference", "id_"),
    [
        ("Messaging / SMS", "01SMS"),
        ("SMS", "01SMS"),
        ("01SMS", "01SMS"),
        ("  SMS ", "01SMS"),
        ("messaging / sms", "01SMS"),
        ("sms", "01SMS"),
        ("WhatsApp & RCS, beta", "01WHATSAPP"),
        ("Messaging EU / Short messages", "01EU_SMS"),
        ("messaging eu / short messages", "01EU_SMS"),
        ("Europe / Messaging EU / Short messages", "01EU_SMS"),
        ("Billing / API", "01API_B"),
        ("In / Out", "01SLASH"),
        ("Odd / In / Out", "01SLASH"),
        ("console", "01CASE_A"),
        ("Console", "01CASE_B"),
    ],
)
def test_reference_that_one_component_answers_to_gives_its_id(reference: str, id_: str) -> None:
    assert resolve(reference, PAGE) == id_


def test_full_name_wins_over_an_id_and_an_id_over_the_end_of_a_name() -> None:
    page = Structure(
        PageId("p"),
        "",
        (
            component("x", "y"),
            component("y", "a"),
            component("b", "G", "a"),
            component("a", "G", "c"),
        ),
    )

    assert resolve("y", page) == "x"
    assert resolve("a", page) == "y"


@pytest.mark.parametrize(
    ("reference", "ids"),
    [
        ("API", ("01API_A", "01API_B")),
        ("api", ("01API_A", "01API_B")),
        ("Twins / Same", ("01TWIN_A", "01TWIN_B")),
        ("CONSOLE", ("01CASE_A", "01CASE_B")),
    ],
)
def test_reference_that_several_answer_to_names_them_all(
    reference: str, ids: tuple[str, ...]
) -> None:
    candidates = tuple(c for c in PAGE.components if c.id in ids)

    assert resolve(reference, PAGE) == Ambiguous(reference, candidates)


def test_ambiguous_reference_is_told_with_full_names_and_ids() -> None:
    assert str(resolve("API", PAGE)) == (
        'component "API" is ambiguous: write the id of one of '
        "Platform / API (01API_A), Billing / API (01API_B)"
    )


@pytest.mark.parametrize(
    ("reference", "nearest"),
    [
        ("Mesaging / SMS", ("Messaging / SMS", "Europe / Messaging EU / Short messages")),
        ("Messaging/SMS", ("Messaging / SMS", "Europe / Messaging EU / Short messages")),
        ("voise", ("Voice",)),
        ("Teleportation", ()),
        ("", ()),
    ],
)
def test_unknown_reference_names_what_looks_like_it(
    reference: str, nearest: tuple[str, ...]
) -> None:
    assert resolve(reference, PAGE) == Missing(reference, nearest)


def test_unknown_reference_is_told_with_what_to_do() -> None:
    assert str(resolve("Voise", PAGE)) == (
        'the page has no component "Voise": did you mean "Voice"?'
    )
    assert str(resolve("Teleportation", PAGE)) == (
        'the page has no component "Teleportation": `statusbridge pages` lists what is there'
    )


def test_page_without_components_resolves_nothing() -> None:
    assert resolve("SMS", Structure(PageId("p"), "", ())) == Missing("SMS", ())
