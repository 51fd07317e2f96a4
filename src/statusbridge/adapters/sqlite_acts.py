"""What people decided, and what waits for them, in the state file: a part of `SqliteStore`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from statusbridge.adapters import sqlite_schema as sql
from statusbridge.adapters.sqlite_access import Access
from statusbridge.adapters.sqlite_values import text_of, value_of
from statusbridge.core.acts import Act, ActKind
from statusbridge.core.model import Instant
from statusbridge.core.operations import Ledger
from statusbridge.core.review import Proposal


class SqliteActs:
    """Acts and proposals; reads and writes by the store that it is a part of."""

    def __init__(self, access: Access) -> None:
        self._db = access.db
        self._rows = access.rows
        self._transaction = access.transaction

    def record(self, act: Act, ledgers: Iterable[Ledger] = ()) -> None:
        """Store *act* and, with it, what it changes in *ledgers*."""
        row = (act.at, act.kind, act.page, act.incident, text_of(act))
        with self._transaction():
            self._db.executemany(sql.ADD_ACT, [row])
            self._db.executemany(
                sql.PUT_LEDGER, [(text_of(le), le.closed, le.episode) for le in ledgers]
            )

    def history(self, most: int) -> list[Act]:
        """Return the last *most* acts, the newest first."""
        return [value_of(facts, Act) for (facts,) in self._rows(sql.LAST_ACTS, most)]

    def pauses(self, now: Instant) -> tuple[Act, ...]:
        """Return the pauses that last, one a key at most, the oldest first."""
        return self._lasting((ActKind.PAUSE, ActKind.RESUME), now)

    def mutes(self, now: Instant) -> tuple[Act, ...]:
        """Return the rejections that hold for every proposal of their key."""
        mutes = self._lasting((ActKind.REJECT,), now)
        return tuple(act for act in mutes if act.until is not None)

    def _lasting(self, kinds: tuple[ActKind, ...], now: Instant) -> tuple[Act, ...]:
        """Return the newest of *kinds* of each key, where it is the first kind and lasts."""
        found = (value_of(facts, Act) for (facts,) in self._newest(kinds))
        return tuple(act for act in found if act.kind is kinds[0] and act.lasts(now))

    def _newest(self, kinds: tuple[ActKind, ...]) -> Iterator[Any]:
        return self._rows(sql.NEWEST_OF_EACH_KEY, text_of(kinds))

    def note_proposals(self, page: str, proposals: tuple[Proposal, ...], now: Instant) -> None:
        """Make *proposals* what waits on *page*, each since its episode is among them."""
        known = [one for one, _ in self.proposals() if one.page == page]
        if known == list(proposals):
            return
        waited = {one.episode for one in known}
        begun = [(now, one.episode) for one in proposals if one.episode not in waited]
        rows = [(p.episode, p.look, page, now, text_of(p)) for p in proposals]
        with self._transaction():
            self._db.executemany(sql.SET_ASIDE_PROPOSALS, [(page,)])
            self._db.executemany(sql.DROP_PROPOSALS, [(page,)])
            self._db.executemany(sql.PUT_PROPOSAL, rows)
            self._db.executemany(sql.BEGIN_PROPOSAL_ANEW, begun)

    def proposals(self) -> list[tuple[Proposal, Instant]]:
        """Return what waits for review, with since when, the longest first."""
        rows = self._rows(sql.GET_PROPOSALS)
        return [(value_of(facts, Proposal), since) for facts, since in rows]

    def proposal(self, episode: str, look: str) -> Proposal | None:
        """Return what was proposed of *episode* under the name *look*, now or before."""
        found = self._rows(sql.GET_PROPOSAL, episode, look)
        return next((value_of(facts, Proposal) for (facts,) in found), None)
