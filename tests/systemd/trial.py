"""The service in a real systemd, from its installation to its removal, against the simulators.

`make systemd` plays it: PYTHONPATH=src:tests python -m systemd.trial. Prints what was seen.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable

from systemd import scenes, sealed
from systemd.machine import NEEDED, Machine, prepared, running

SCENES: tuple[Callable[[Machine], str], ...] = (
    scenes.installs_twice_and_overwrites_nothing,
    scenes.says_as_an_error_what_keeps_it_from_starting,
    scenes.is_ready_before_anybody_answers,
    scenes.tells_in_a_line_what_it_is_about,
    scenes.runs_as_nobody_in_a_closed_room,
    scenes.heeds_its_group_and_nobody_else,
    scenes.reloads_a_good_file_and_refuses_a_wrong_one,
    scenes.is_ended_when_wedged_and_posts_nothing_twice,
    scenes.stops_at_once_and_within_10_s_of_a_request_that_hangs,
    scenes.is_removed_and_leaves_what_people_own,
    sealed.reaches_its_two_hosts_by_their_sockets,
    sealed.finds_nothing_else_in_its_room,
    sealed.answers_over_http_only_while_it_runs,
    sealed.trusts_no_other_name_behind_a_socket,
    sealed.reloads_and_is_ended_when_wedged_as_before,
    sealed.goes_on_with_its_state_when_unsealed,
)


def main() -> int:
    """Play all scenes in their order; return 0 where all ended well."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        sys.stderr.write(f"This needs root, and the programs {', '.join(missing or NEEDED)}.\n")
        return 1
    with running(*prepared()) as machine:
        sys.stdout.write(machine("systemctl", "--version").partition("\n")[0] + "\n")
        for scene in SCENES:
            begun = time.monotonic()
            seen = scene(machine)
            name = scene.__name__.replace("_", " ")
            sys.stdout.write(f"✓ {name} ({time.monotonic() - begun:.1f} s)\n    {seen}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
