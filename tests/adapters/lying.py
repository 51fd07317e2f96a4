"""How a lie is told: in the place of one honest answer, on the same connection."""

from __future__ import annotations

import asyncio
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from honest import Answer

from http_server import answer

Act = Callable[[Answer, str, StreamWriter], Awaitable[None]]
"""Lies on a connection, given the truth and the address of a server that nobody should talk to."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How each kind of request ends by it: "read" and "Applied" where nothing is amiss.

    *stays*: the connection is kept for more requests. *once*: told to the first request only.
    """

    act: Act
    poll: str = "Unavailable"
    read: str = "Unavailable"
    write: str = "Unknown"
    turn: str = ""
    """Of a later page of alerts; "": as *poll*."""
    stays: bool = False
    once: bool = False

    def end(self, kind: str) -> str:
        ends = {"poll": self.poll, "read": self.read, "write": self.write}
        return ends.get(kind) or self.turn or self.poll


def says(
    say: Callable[[Answer, str], bytes],
    poll: str = "Unavailable",
    read: str = "Unavailable",
    write: str = "Unknown",
    *,
    stays: bool = False,
) -> Lie:
    async def act(truth: Answer, elsewhere: str, writer: StreamWriter) -> None:
        writer.write(say(truth, elsewhere))
        await writer.drain()

    return Lie(act, poll, read, write, stays=stays)


def sends(sent: bytes) -> Lie:
    return says(lambda *_: sent)


def body(
    change: Callable[[bytes], bytes],
    poll: str = "Unavailable",
    read: str = "Unavailable",
    write: str = "Unknown",
) -> Lie:
    def say(truth: Answer, _: str) -> bytes:
        return answer(truth.status, change(truth.body), *truth.headers)

    return says(say, poll, read, write)


def header(line: str, poll: str, read: str, write: str) -> Lie:
    return says(
        lambda truth, elsewhere: truth.sent(line.format(elsewhere=elsewhere)), poll, read, write
    )


def status(line: str, *headers: str, poll: str, read: str, write: str) -> Lie:
    error = b'{"type": "error", "message": "no", "code": 1}'
    kind = "Content-Type: application/json"
    return says(lambda *_: answer(line, error, kind, *headers), poll, read, write)


def next_at(origin: str) -> Lie:
    """The truth, whose next page of alerts is said to be at *origin*."""

    def say(truth: Answer, elsewhere: str) -> bytes:
        where = origin.format(elsewhere=elsewhere, port=elsewhere.rpartition(":")[2])
        changed = truth.body.replace(b'"https://monitor.twilio.com', b'"' + where.encode())
        return answer(truth.status, changed, *truth.headers)

    return says(say, "read", "read", "Applied")


def redirect(line: str, location: str) -> Lie:
    def say(_: Answer, elsewhere: str) -> bytes:
        return answer(line, b"", f"Location: {location.format(elsewhere=elsewhere)}")

    return says(say)


def resized(change: Callable[[int], object]) -> Callable[[Answer, str], bytes]:
    """The truth under a wrong Content-Length."""

    def say(truth: Answer, _: str) -> bytes:
        right = f"Content-Length: {len(truth.body)}"
        wrong = f"Content-Length: {change(len(truth.body))}"
        return truth.sent().replace(right.encode(), wrong.encode())

    return say


def framed(frame: Callable[[bytes], bytes], *lines: str) -> Callable[[Answer, str], bytes]:
    """The truth under the headers *lines* for its length, its body as *frame* makes it of that."""

    def say(truth: Answer, _: str) -> bytes:
        head = (f"HTTP/1.1 {truth.status}", *truth.headers, *lines, "")
        return "\r\n".join(head).encode() + frame(truth.body)

    return say


def chunked(frame: Callable[[bytes], bytes]) -> Callable[[Answer, str], bytes]:
    """The truth in chunks as *frame* makes them."""
    return framed(lambda body: b"\r\n" + frame(body), "Transfer-Encoding: chunked")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def encoded(*names: str, change: Callable[[bytes], bytes] = lambda body: body) -> Lie:
    def say(truth: Answer, _: str) -> bytes:
        lines = [f"Content-Encoding: {name}" for name in names]
        return answer(truth.status, change(truth.body), *truth.headers, *lines)

    return says(say)


def extended(member: bytes) -> Callable[[bytes], bytes]:
    """The object of an answer with one more member in front."""
    return lambda truth: b"{" + member + b"," + truth[1:]


def endless(head: bytes, more: bytes, pause: float = 0) -> Act:
    async def act(_: Answer, __: str, writer: StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(pause)

    return act


async def drip(truth: Answer, _: str, writer: StreamWriter) -> None:
    """Tell the truth, but a byte every 20 ms: whole only when all patience is over."""
    for byte in truth.sent():
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.02)


async def silence(_: Answer, __: str, ___: StreamWriter) -> None:
    await asyncio.Event().wait()


async def reset(_: Answer, __: str, writer: StreamWriter) -> None:
    writer.transport.abort()
