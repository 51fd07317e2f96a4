"""A sample of what `make disk` does to the real program, and that it would be seen to fail."""

from __future__ import annotations

import pytest

from disk.sweep import chosen, lived, read, sweep
from kills.strace import unusable

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(unusable() != "", reason=unusable()),
]


def test_a_call_that_fails_on_the_state_file_changes_nothing_that_is_told() -> None:
    tallies = sweep(chosen(8), at_once=2)

    assert [what for tally in tallies.values() for what in tally.broken] == []
    assert sum(tally.points for tally in tallies.values()) >= 6


@pytest.mark.parametrize(
    ("failure", "then"),
    [
        ("pwrite64:100:ENOSPC", {"paused": 1, "went_on": 1, "ended": 0, "starts": 1}),
        ("pwrite64:100:ENOSPC+", {"paused": 1, "went_on": 0, "ended": 0, "starts": 2}),
        ("fdatasync:20:EIO", {"paused": 0, "went_on": 0, "ended": 1, "starts": 2}),
    ],
)
def test_a_full_disk_is_waited_for_and_a_failed_sync_ends_the_program(
    failure: str, then: dict[str, int]
) -> None:
    told = lived(read(failure))

    assert told.found == []
    assert {name: getattr(told, name) for name in then} == then
