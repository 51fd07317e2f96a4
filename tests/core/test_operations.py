from __future__ import annotations

import pytest

from statusbridge.core.model import Status
from statusbridge.core.operations import Verdict

OPERATIONAL, DEGRADED, PARTIAL, FULL = (
    Status.OPERATIONAL, Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE, Status.FULL_OUTAGE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "worst", "called"),
    [
        (PARTIAL, PARTIAL, DEGRADED),
        (DEGRADED, PARTIAL, DEGRADED),
        (OPERATIONAL, PARTIAL, OPERATIONAL),
        (DEGRADED, DEGRADED, DEGRADED),
        (FULL, FULL, FULL),
        (DEGRADED, FULL, DEGRADED),
        (OPERATIONAL, OPERATIONAL, OPERATIONAL),
    ],
)
def test_what_was_approved_as_less_is_called_so_up_to_what_was_judged(
    asked: Status, worst: Status, called: Status
) -> None:
    verdict = Verdict(True, "approved", judged=PARTIAL, status=DEGRADED)

    assert verdict.called(asked, worst) is called


def test_what_was_approved_as_worse_is_called_so_of_the_worst_alone() -> None:
    verdict = Verdict(True, "approved", judged=PARTIAL, status=FULL)

    assert verdict.called(PARTIAL, PARTIAL) is FULL
    assert verdict.called(DEGRADED, PARTIAL) is DEGRADED


def test_what_was_approved_as_it_is_is_called_as_its_rules_do() -> None:
    assert Verdict(True, "approved", judged=PARTIAL).called(DEGRADED, PARTIAL) is DEGRADED
