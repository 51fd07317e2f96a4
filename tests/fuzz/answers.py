"""Answers as a broken or malicious service might give them, and a wire that gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from hypothesis import strategies as st

from statusbridge.adapters.http import Interrupted, NotSent, Reply
from statusbridge.core.errors import Unavailable

TEXT = st.text(st.characters(), max_size=20)
"""Lone surrogates included: JSON can write them."""
DATES = st.one_of(
    st.datetimes().map(lambda d: d.isoformat()),
    st.datetimes(timezones=st.timezones()).map(lambda d: d.isoformat()),
    st.sampled_from(
        [
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "2026-W30-1",
            "20260720T120000Z",
            "Mon, 20 Jul 2026 12:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 -2359",
            "2026-07-20T12:00:00.123456789123456789Z",
        ]
    ),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**17, 10**30),
    st.floats(),
    TEXT,
    DATES,
    st.sampled_from(["01INC", "01PAGE", "NO1", "x" * 300, "..", "/", "\x1b[2J", "\u202e", "\0"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
STATUSES = st.one_of(
    st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503]),
    st.integers(200, 999),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Date": TEXT | DATES,
        "Retry-After": TEXT | DATES | st.integers().map(str) | st.floats().map(str),
        "Content-Type": TEXT | st.sampled_from(["application/json", "text/html", "a/b;json"]),
    },
)


def objects(fields: Mapping[str, st.SearchStrategy[object]]) -> st.SearchStrategy[object]:
    """Values that are mostly objects with these *fields*, some missing, some of another kind."""
    loose = {name: values | JSON for name, values in fields.items()}
    return st.one_of(
        st.fixed_dictionaries({}, optional=loose), st.fixed_dictionaries(dict(fields)), JSON
    )


def replies(bodies: st.SearchStrategy[object]) -> st.SearchStrategy[Reply]:
    """Answers whose body is mostly one of *bodies* as JSON, whole or with some bytes changed."""
    return st.builds(
        _reply, STATUSES, HEADERS, bodies.map(_json) | st.binary(max_size=50), st.none() | CUTS
    )


CUTS = st.tuples(st.integers(0, 2_000), st.integers(0, 5), st.binary(max_size=5))


def _reply(
    status: int, headers: dict[str, str], body: bytes, cut: tuple[int, int, bytes] | None
) -> Reply:
    lines = [(k.encode(), v.encode("utf-8", "replace")) for k, v in headers.items()]
    if cut is not None:
        at, length, instead = cut
        body = body[:at] + instead + body[at + length :]
    return Reply(status, httpx.Headers(lines), body)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


Ending = Reply | Exception
FAILURES = st.sampled_from([Unavailable("gone"), Interrupted("cut"), NotSent("refused")])


@dataclass
class Said:
    """A wire whose requests end as drawn, in turn, the last one's way for ever."""

    endings: list[Ending]
    asked: list[str] = field(default_factory=list)

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        ending = self._next(path)
        if isinstance(ending, Exception):
            raise Unavailable(str(ending))
        return ending

    async def post_once(self, path: str, body: bytes) -> Reply:
        ending = self._next(path)
        if isinstance(ending, Unavailable):
            raise NotSent(ending.reason)
        if isinstance(ending, Exception):
            raise ending
        return ending

    def _next(self, path: str) -> Ending:
        self.asked.append(path)
        return self.endings.pop(0) if len(self.endings) > 1 else self.endings[0]


async def no_time(_: float) -> None:
    """Wait without waiting."""
