"""Whatever bytes come back on a connection: an answer, or the wire's own word for none."""

from __future__ import annotations

from honest import SECRET
from hypothesis import given
from hypothesis import strategies as st

from http_server import answering
from statusbridge.adapters.http import Interrupted, Reply, Wire, retry_after, server_time
from statusbridge.adapters.http_transport import Limits
from statusbridge.core.errors import Unavailable

LIMITS = Limits(deadline=5.0, connect=2.0, pool=2.0, body=10_000, header=5_000)

WORDS = st.binary(max_size=12) | st.text(max_size=6).map(str.encode)
NAMES = st.sampled_from(
    [
        *(b"Content-Length", b"Transfer-Encoding", b"Content-Encoding", b"Content-Type", b"Date"),
        *(b"Location", b"Set-Cookie", b"Connection", b"Upgrade", b"Trailer", b"Retry-After", b"X"),
    ]
)
VALUES = st.sampled_from(
    [
        *(b"0", b"2", b"-1", b"10000000000000000000000", b"chunked", b"gzip", b"identity", b""),
        *(
            b"close",
            b"application/json",
            b"text/html; charset=\xff",
            b"http://[",
            b"a=b; Expires=x",
        ),
        *(b"\xff\xfe", b"Mon, 20 Jul 2026 12:00:00 GMT", f"Bearer {SECRET}".encode()),
    ]
)
LINES = st.builds(lambda name, value: name + b": " + value, NAMES | WORDS, VALUES | WORDS)
HEADS = st.builds(
    lambda version, status, lines: b"\r\n".join([version + b" " + status, *lines, b"", b""]),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"HTTP/9.9", b"ICY"]) | WORDS,
    st.sampled_from([b"200 OK", b"201", b"100 Go", b"101 Up", b"204 No", b"302 Go", b"404 \xff"])
    | WORDS,
    st.lists(LINES, max_size=4),
)
BODIES = st.sampled_from(
    [b"{}", b"", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
ANSWERS = st.lists(HEADS | BODIES | WORDS, max_size=4).map(b"".join)


@given(ANSWERS)
async def test_any_bytes_are_an_answer_or_none_to_a_read_and_to_a_write(sent: bytes) -> None:
    async with answering(sent) as server:
        wire = Wire(server.url, lambda: f"Bearer {SECRET}", limits=LIMITS)
        try:
            told = [await read(wire), await write(wire)]
        finally:
            await wire.aclose()

    assert all(said.isprintable() and SECRET not in said for said in told)
    assert all(request.count(SECRET.encode()) == 1 for request in server.requests)


async def read(wire: Wire) -> str:
    """Read something; return what was said of it if that failed."""
    try:
        judge(await wire.get("/v2/things"))
    except Unavailable as error:
        return error.reason
    return ""


async def write(wire: Wire) -> str:
    """Write something; return what was said of it if that failed."""
    try:
        judge(await wire.post_once("/v2/things", b"{}"))
    except Interrupted as error:
        return error.reason
    return ""


def judge(reply: Reply) -> None:
    """An answer is within its bounds, and what is read of its headers has values."""
    assert 200 <= reply.status < 1_000
    assert len(reply.body) <= LIMITS.body + LIMITS.header
    assert isinstance(retry_after(reply, 0.0), int | None)
    assert isinstance(server_time(reply), int | None)
