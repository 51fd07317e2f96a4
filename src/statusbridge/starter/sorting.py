"""Codes that were seen, sorted: what customers may be told of, by product, and what not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from statusbridge.core.codes import fault_of
from statusbridge.starter.products import TELLABLE, Product, is_code, product_of
from statusbridge.starter.proposal import Counts


def by_product(codes: Mapping[int | None, int]) -> tuple[tuple[Product, Counts], ...]:
    """Return the codes of Twilio's or a carrier's fault by product, most alerts first."""
    found: dict[str, tuple[Product, Counter[int | None]]] = {}
    for code, count in codes.items():
        if code is not None and is_code(code) and fault_of(code) in TELLABLE:
            product = product_of(code)
            found.setdefault(product.id, (product, Counter()))[1][code] += count
    ordered = sorted(found.values(), key=lambda one: (-one[1].total(), one[0].id))
    return tuple((product, _ordered(counted)) for product, counted in ordered)


def left_out(codes: Mapping[int | None, int]) -> Counts:
    """Return the codes that no rule is made for."""
    return _ordered({c: n for c, n in codes.items() if not is_code(c) or _fault_is_ours(c)})


def _fault_is_ours(code: int | None) -> bool:
    return fault_of(code) not in TELLABLE


def _ordered(counted: Mapping[int | None, int]) -> Counts:
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0] or 0)))
