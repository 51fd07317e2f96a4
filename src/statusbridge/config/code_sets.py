"""The error codes that a rule can match, as ranges, and whether one rule's alerts are another's."""

from __future__ import annotations

from collections.abc import Iterable

from statusbridge.core.codes import FIRST_CODE, LAST_CODE, faults_between
from statusbridge.core.model import Fault
from statusbridge.core.rules import CodeRange, Match

Ranges = tuple[CodeRange, ...]
_ALL = (CodeRange(FIRST_CODE, LAST_CODE),)


def able(match: Match) -> Ranges:
    """Return the codes that *match* lets pass by its keys about codes, but for `faults`."""
    return minus(match.codes or _ALL, match.codes_not)


def minus(ranges: Iterable[CodeRange], holes: Iterable[CodeRange]) -> Ranges:
    """Return what of *ranges* is in none of *holes*."""
    left = list(ranges)
    for hole in holes:
        left = [
            part
            for r in left
            for part in (
                CodeRange(r.first, min(r.last, hole.first - 1)),
                CodeRange(max(r.first, hole.last + 1), r.last),
            )
            if part.first <= part.last
        ]
    return tuple(left)


def faults_of(ranges: Iterable[CodeRange]) -> frozenset[Fault]:
    """Return every fault that a code of *ranges* has at the usual."""
    return frozenset[Fault]().union(*(faults_between(r.first, r.last) for r in ranges))


def within(inner: Match, outer: Match) -> bool:
    """Whether every alert that *inner* matches is sure to be matched by *outer*."""
    return (
        _codes_within(inner, outer)
        and all(
            not wide or (narrow and narrow <= wide)
            for narrow, wide in (
                (inner.levels, outer.levels),
                (inner.accounts, outer.accounts),
                (inner.services, outer.services),
                (inner.request_hosts, outer.request_hosts),
            )
        )
        and _prefixes_within(inner.resource_prefixes, outer.resource_prefixes)
        and all(any(set(mine) <= set(key) for mine in inner.texts) for key in outer.texts)
    )


def _codes_within(inner: Match, outer: Match) -> bool:
    # A rule without codes matches alerts that have none.
    if outer.codes and not inner.codes:
        return False
    if minus(able(inner), able(outer)):
        return False
    if not outer.faults or (inner.faults and inner.faults <= outer.faults):
        return True
    return bool(inner.codes) and faults_of(able(inner)) <= outer.faults


def _prefixes_within(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return not outer or (bool(inner) and all(prefix.startswith(outer) for prefix in inner))
