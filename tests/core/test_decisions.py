from __future__ import annotations

import pytest

from builders import T0
from statusbridge.core.acts import Act, ActKind, told


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (Act(ActKind.PAUSE, "", "", T0, "ada"), "paused by ada at 2026-09-21T14:13:20Z"),
        (
            Act(ActKind.APPROVE, "p", "sms", T0, "ada", "drill", "as partial_outage"),
            "approved as partial_outage by ada at 2026-09-21T14:13:20Z: drill",
        ),
        (
            Act(ActKind.REJECT, "p", "sms", T0, "ada", until=T0 + 60),
            "rejected by ada at 2026-09-21T14:13:20Z, until 2026-09-21T14:14:20Z",
        ),
    ],
)
def test_a_decision_is_told_with_what_by_whom_when_and_why(act: Act, words: str) -> None:
    assert told(act) == words
