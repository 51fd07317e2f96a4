"""Whatever bytes come back on a connection: an answer, or the wire's own word for none."""

from __future__ import annotations

from honest import SECRET
from hypothesis import given
from hypothesis import strategies as st

from http_server import answering
from statusbridge.adapters.http import Interrupted, Reply, Wire, retry_after, server_time
from statusbridge.adapters.http_transport import Limits
from statusbridge.core.errors import Unavailable

LIMITS = Limits(deadline=60.0, connect=60.0, pool=60.0, body=10_000, header=5_000)

WORDS = st.binary(max_size=12) | st.text(max_size=6).map(str.encode)
FIELDS = {
    b"Content-Length": (b"0", b"2", b"-1", b"2, 2", b"9" * 30),
    b"Transfer-Encoding": (b"chunked", b"gzip, chunked", b"identity"),
    b"Content-Encoding": (b"gzip", b"identity", b"", f"Bearer {SECRET}".encode()),
    b"Content-Type": (b"application/json", b"text/html; charset=\xff"),
    b"Location": (b"http://\x01", b"https://xn--/", b"http://127.0.0.1:9/", b"//["),
    b"Set-Cookie": (b"a=b; Expires=x", b"=;;=", b"a=b; Max-Age=" + b"9" * 30),
    b"Date": (b"Mon, 20 Jul 2026 12:00:00 GMT", b"Fri, 31 Dec 9999 23:59:59 -2359"),
    b"Retry-After": (b"1", b"-1", b"9" * 400),
    b"Connection": (b"close", b"keep-alive", b"upgrade"),
    b"Authorization": (f"Bearer {SECRET}".encode(),),
}
LINES = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda name: st.builds(
        lambda colon, value: name + colon + value,
        st.sampled_from([b": ", b": ", b":", b" ", b" : "]),
        st.sampled_from(FIELDS[name]) | WORDS,
    )
)
VERSIONS = st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"ICY"])
STATUSES = st.sampled_from(
    [
        *(b"200 OK", b"201 Created", b"302 Go", b"404 \xff", b"429 Slow"),
        *(b"100 Go", b"101 Up", b"204"),
    ]
)
HEADS = st.builds(
    lambda version, status, lines: b"\r\n".join([version + b" " + status, *lines, b"", b""]),
    VERSIONS | WORDS,
    STATUSES | WORDS,
    st.lists(LINES | WORDS, max_size=4),
)
BODIES = st.sampled_from(
    [b"{}", b"", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
ANSWERS = st.builds(
    lambda head, body, more: head + body + b"".join(more),
    HEADS,
    BODIES,
    st.lists(HEADS | BODIES | WORDS, max_size=2),
)


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
