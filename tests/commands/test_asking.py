"""What commands make of a daemon that answers oddly, and of an incident.io that does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from outside import Outside
from statusbridge.adapters import unix_socket


def answer(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def daemon_that_says(outside: Outside, reply: bytes) -> AsyncIterator[None]:
    """Answer every request on the daemon's socket with *reply*."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1):
            writer.write(reply)
            await writer.drain()
        writer.close()

    listener = unix_socket.listen(outside.folder / "state" / "statusbridge.sock")
    async with await asyncio.start_unix_server(say, sock=listener):
        yield


@pytest.mark.parametrize(
    "reply", [b"", b"HTTP/1.1 ", answer("200 OK", b"garbage"), b"SSH-2.0-x\r\n"]
)
async def test_daemon_that_does_not_answer_is_said(outside: Outside, reply: bytes) -> None:
    async with daemon_that_says(outside, reply):
        ended = await outside.here("status")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("statusbridge: The daemon at ")
    assert "did not answer" in ended.err


@pytest.mark.parametrize("command", [("pause",), ("resume",), ("release", "sms")])
async def test_daemon_is_reached_also_where_its_file_has_become_wrong(
    outside: Outside, command: tuple[str, ...]
) -> None:
    with outside.config.open("a") as file:
        file.write("\n[oops")
    said = answer("200 OK", b'{"said": "The daemon has done it."}')
    async with daemon_that_says(outside, said):
        ended = await outside.here(*command)

    problem, note = ended.err.splitlines()
    assert (ended.code, ended.out) == (0, "The daemon has done it.\n")
    assert "not TOML" in problem
    assert note == "statusbridge: The daemon that runs goes on with the configuration before."


async def test_state_of_a_daemon_is_copied_also_where_its_file_has_become_wrong(
    outside: Outside,
) -> None:
    assert (await outside.here("run", "--once")).code == 0
    with outside.config.open("a") as file:
        file.write("\n[oops")
    async with daemon_that_says(outside, b""):
        running = await outside.here("backup", "copy.db")
    stopped = await outside.here("backup", "other.db")

    assert (running.code, stopped.code) == (0, 78)
    assert f"a whole copy of {outside.state}" in running.out


async def test_wrong_file_is_an_error_where_no_daemon_runs(outside: Outside) -> None:
    with outside.config.open("a") as file:
        file.write("\n[oops")

    ended = await outside.here("pause")

    assert (ended.code, ended.out, len(ended.err.splitlines())) == (78, "", 1)


async def test_apply_tells_what_the_daemon_refused(outside: Outside) -> None:
    await outside.here("plan", "--out", "plan.json")
    refusal = answer("400 Bad Request", b'{"error": "that is not a plan"}')
    async with daemon_that_says(outside, refusal):
        ended = await outside.here("apply", "plan.json")

    assert (ended.code, ended.out, ended.err) == (
        1,
        "",
        "statusbridge: the daemon could not apply it: that is not a plan\n",
    )


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ({"kind": "status", "status": 401}, 77, "incident.io refused the API key"),
        ({"kind": "status", "status": 404}, 1, "404"),
        ({"kind": "garbage", "text": '{"status_pages": []}'}, 1, "sees no status page"),
    ],
)
async def test_pages_says_why_there_are_none(
    outside: Outside, fault: dict[str, object], code: int, said: str
) -> None:
    outside.fault("incidentio", **fault)

    ended = await outside.here("pages")

    assert (ended.code, ended.out, len(ended.err.splitlines())) == (code, "", 1)
    assert said in ended.err


@pytest.mark.parametrize("command", [("plan",), ("run", "--once"), ("apply", "plan.json")])
async def test_command_without_its_secrets_asks_nobody(
    outside: Outside, command: tuple[str, ...]
) -> None:
    del outside.environ["INCIDENT_API_KEY"]

    ended = await outside.here(*command)

    assert (ended.code, len(ended.err.splitlines())) == (78, 1)
    assert "environment variable INCIDENT_API_KEY is not set" in ended.err
    assert outside.world.twilio.journal.last == 0
