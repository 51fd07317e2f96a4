from __future__ import annotations

import pytest

from outside import Outside


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"version": 1}',
        b'{"version": 2, "operations": []}',
        b'{"version": 1, "operations": [7]}',
        b'{"version": 1, "operations": [{}]}',
        b'{"version": 1, "operations": [{"action": "open", "component_statuses": [7]}]}',
    ],
)
async def test_file_that_is_no_plan_publishes_nothing_and_gets_a_sentence(
    outside: Outside, content: bytes
) -> None:
    (outside.folder / "plan.json").write_bytes(content)

    ended = await outside.here("apply", "plan.json")

    assert (ended.code, ended.out, len(ended.err.splitlines())) == (78, "", 1)
    assert ended.err.startswith("statusbridge: plan.json is ")
    assert outside.world.incidentio.journal.last == 0


async def test_missing_plan_gets_a_sentence(outside: Outside) -> None:
    ended = await outside.here("apply", "plan.json")

    assert (ended.code, ended.err) == (
        1,
        "statusbridge: plan.json can't be read (No such file or directory).\n",
    )


async def test_empty_plan_is_applied_where_nothing_is_due(outside: Outside) -> None:
    await outside.here("plan", "--out", "plan.json")

    ended = await outside.here("apply", "plan.json")

    assert (ended.code, ended.out) == (0, "Applied: 0.\n")


@pytest.mark.parametrize(("side", "code"), [("twilio", 77), ("incidentio", 77)])
async def test_plan_is_not_applied_while_credentials_are_refused(
    outside: Outside, side: str, code: int
) -> None:
    outside.alerts(10)
    await outside.here("plan", "--out", "plan.json")
    outside.fault(side, kind="status", status=401)

    ended = await outside.here("apply", "plan.json")

    assert (ended.code, outside.posts()) == (code, [])
