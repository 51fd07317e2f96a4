from statusbridge.core.model import PageId
from statusbridge.core.structure import resolve
from statusbridge.rehearse.structure import structure_of

PAGE = PageId("01PAGE")


def names(*references: str) -> list[str]:
    return [c.full_name for c in structure_of(PAGE, "public", references).components]


def test_a_component_is_made_for_each_name_in_the_order_of_the_rules() -> None:
    assert names("Voice / Calls", "Messaging / SMS", "API") == [
        "Voice / Calls",
        "Messaging / SMS",
        "API",
    ]


def test_a_bare_name_is_the_component_that_ends_so() -> None:
    assert names("SMS", "Messaging / SMS", "messaging / sms") == ["Messaging / SMS"]


def test_a_bare_name_that_two_end_in_is_a_component_of_its_own() -> None:
    found = structure_of(PAGE, "public", ["SMS", "Messaging / SMS", "Marketing / SMS"])

    own = next(c for c in found.components if not c.path)
    assert resolve("SMS", found) == own.id


def test_the_same_names_make_the_same_ids() -> None:
    assert structure_of(PAGE, "public", ["A / B"]) == structure_of(PAGE, "public", ["A / B"])
