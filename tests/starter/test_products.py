"""Products, the components that are guessed for them, and codes sorted by them."""

from __future__ import annotations

import pytest

from statusbridge.config.text_lints import internals
from statusbridge.core.codes import entries, fault_of
from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId, PageId
from statusbridge.starter.guessing import guessed, reference
from statusbridge.starter.products import KNOWN, TELLABLE, Product, product_of
from statusbridge.starter.sorting import by_product, left_out

PRODUCTS = {product.id: product for product in KNOWN}
TOLD = [entry for entry in entries() if entry.first == entry.last and entry.fault in TELLABLE]


def page(*names: str, hidden: str = "") -> Structure:
    found = (tuple(name.split(" / ")) for name in names)
    components = tuple(
        Component(ComponentId(f"01{n}"), path[-1], path[:-1], " / ".join(path) == hidden)
        for n, path in enumerate(found)
    )
    return Structure(PageId("01P"), "Acme", components)


@pytest.mark.parametrize("entry", TOLD, ids=lambda entry: str(entry.first))
def test_every_code_of_twilios_or_a_carriers_fault_is_in_the_ranges_of_its_product_alone(
    entry: object,
) -> None:
    code = entry.first  # type: ignore[attr-defined]
    products = {product_of(one.first).id: product_of(one.first) for one in TOLD}

    holding = [p.id for p in products.values() if any(code in r for r in p.ranges)]

    assert holding == [product_of(code).id]


@pytest.mark.parametrize("product", KNOWN, ids=lambda product: product.id)
def test_the_code_of_a_product_is_one_that_its_rule_counts(product: Product) -> None:
    assert product_of(product.code) is product
    assert fault_of(product.code) in TELLABLE


@pytest.mark.parametrize("product", KNOWN, ids=lambda product: product.id)
def test_public_texts_name_nothing_of_the_machinery(product: Product) -> None:
    texts = (product.title, product.investigating, product.monitoring, product.resolved)

    assert [found for text in texts for found in internals(text)] == []


@pytest.mark.parametrize(
    ("product", "names", "expected"),
    [
        ("messaging", ("Messaging / WhatsApp", "Messaging / SMS"), "Messaging / SMS"),
        ("messaging", ("Website", "Messaging / Delivery"), "Messaging / Delivery"),
        ("messaging", ("Notifications", "API"), "Notifications"),
        ("channels", ("Messaging / SMS", "Messaging / WhatsApp"), "Messaging / WhatsApp"),
        ("voice", ("Voice / Inbound calls", "Voice / Outbound calls"), "Voice / Outbound calls"),
        ("voice", ("API", "Phone support"), "Phone support"),
        ("verify", ("API", "Login"), "Login"),
        ("verify", ("API", "Dashboard"), None),
        ("verify", ("Platform",), "Platform"),
    ],
)
def test_a_component_is_guessed_by_its_name(
    product: str, names: tuple[str, ...], expected: str | None
) -> None:
    found = guessed(PRODUCTS[product], page(*names))

    assert (found and found.full_name) == expected


def test_a_hidden_component_is_nobodys_guess() -> None:
    found = guessed(PRODUCTS["messaging"], page("SMS", "Text messages", "API", hidden="SMS"))

    assert found is not None
    assert found.name == "Text messages"


def test_a_component_is_named_by_its_id_where_two_are_called_so() -> None:
    structure = page("Messaging / SMS", "Messaging / SMS", "Voice")

    assert [reference(one, structure) for one in structure.components] == ["010", "011", "Voice"]


def test_codes_are_sorted_by_product_most_alerts_first() -> None:
    codes = {30008: 5, 30410: 7, 31503: 2, 20503: 1, 30003: 9, 11200: 4, 30099: 3, None: 8}

    found = [(product.id, counts) for product, counts in by_product(codes)]

    assert found == [
        ("messaging", ((30410, 7), (30008, 5))),
        ("voice", ((31503, 2),)),
        ("api", ((20503, 1),)),
    ]
    assert left_out(codes) == ((30003, 9), (None, 8), (11200, 4), (30099, 3))
