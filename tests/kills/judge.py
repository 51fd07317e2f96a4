"""What may never be seen of an outage that the real program tells, however often it dies.

Looks at the page as the public does, and into the state file that a dead process left: into a copy,
since whoever opens it puts it in order.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from outside import OPENED, RESOLVED, WATCHED, WORSENED, Outside, Posted
from simulation.oracle import Oracle
from simulation.short_life import SHORT
from simulation.verdicts import Rows
from statusbridge.simulators.exchange import Written

EXPECTED = [
    Posted(OPENED, {"SMS": "degraded_performance"}, notified=True),
    Posted(WORSENED, {"SMS": "partial_outage"}, notified=False),
    Posted(WATCHED, {"SMS": "operational"}, notified=False),
    Posted(RESOLVED, {"SMS": "operational"}, notified=True),
]
"""The whole story, as the public reads it."""
_TO_BE_LOGGED = ("operation.repeated",)
"""Warnings that belong to a death: all others need a person, or a fault that is not there."""


class Judge:
    """Told of everything that happens; each verdict is what is wrong, in words."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._oracle = Oracle(SHORT, lambda: outside.world.incidentio.world, {})

    def of_write(self, entry: Written) -> Iterator[str]:
        """Judge a write that was just applied."""
        self._oracle.wrote(entry)
        posts = self._outside.posts()
        if posts != EXPECTED[: len(posts)]:
            yield f"the page reads {[post.text[1:] for post in posts]}"

    def of_log(self, event: dict[str, Any]) -> Iterator[str]:
        """Judge a line of the log."""
        if event["level"] in ("warning", "error") and event["event"] not in _TO_BE_LOGGED:
            yield f"it logged {event}"

    def of_death(self) -> list[str]:
        """Judge the state file as a dead process left it."""
        left = self._outside.state.parent
        seen = self._outside.folder / "seen"
        shutil.rmtree(seen, ignore_errors=True)
        if not left.exists():
            return []
        seen.mkdir()
        for file in left.iterdir():
            if not file.is_socket():
                shutil.copyfile(file, seen / file.name)
        return list(self._of_file(seen / self._outside.state.name))

    def _of_file(self, state: Path) -> Iterator[str]:
        with closing(sqlite3.connect(state)) as connection:
            rows = _rows(connection)
            yield from _of_integrity(rows)
            if not rows("SELECT name FROM sqlite_schema"):
                return
            posted = Counter(entry["raw"] for entry in self._oracle.written)
            known, done = Counter[str](), Counter[str]()
            for op_state, facts in rows("SELECT state, facts FROM operation"):
                body = b64decode(json.loads(facts)["body"]).decode()
                known[body] += 1
                done[body] += op_state == "done"
            yield from (f"a receipt for what was not posted: {body}" for body in done - posted)
            yield from (f"posted, and not recorded before: {body}" for body in posted - known)

    def of_end(self) -> list[str]:
        """Judge the page and the state file once all is at rest."""
        twilio = self._outside.world.twilio
        account = twilio.accounts[0].name
        truth = [(account, a.sid, a.generated, a.created) for a in twilio.visible()]
        found: list[str] = []
        if self._outside.posts() != EXPECTED:
            found.append(f"the page ended with {self._outside.texts()}")
        if (incidents := len(self._outside.world.incidentio.world.incidents)) != 1:
            found.append(f"there are {incidents} incidents")
        with closing(sqlite3.connect(self._outside.state)) as connection:
            rows = _rows(connection)
            found += _of_integrity(rows)
            self._oracle.check_written(rows)
            self._oracle.check_stored(truth, rows)
            if (stored := len(rows("SELECT sid FROM alert"))) != len(truth):
                found.append(f"{stored} alerts are stored, of {len(truth)}")
        return found + self._oracle.found


def _rows(connection: sqlite3.Connection) -> Rows:
    return lambda query: connection.execute(query).fetchall()


def _of_integrity(rows: Rows) -> Iterator[str]:
    verdict = rows("PRAGMA integrity_check")
    if verdict != [("ok",)]:
        yield f"the state file is damaged: {verdict}"
