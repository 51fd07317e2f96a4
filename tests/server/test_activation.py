"""Sockets that a service manager has opened, in a process that was started as it starts one."""

from __future__ import annotations

import os
import sys

import httpx
import pytest

from outside import PAGE, PROGRAM, outside_of
from programs import PATIENCE, get, until
from statusbridge.adapters.activation import inherited
from statusbridge.simulators.scenario import Scenario

pytestmark = pytest.mark.process

STARTING = """
import os, socket, sys
where = sys.argv[1]
if where:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(where)
    listener.listen()
else:
    listener = socket.create_server(("127.0.0.1", 0))
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"}
os.execv(sys.argv[2], sys.argv[2:])
"""
NOWHERE = '"192.0.2.1:9464"'
"""Where nobody can listen: https://datatracker.ietf.org/doc/html/rfc5737."""


def started_with(where: str) -> tuple[str, ...]:
    """The words that start the program with a socket at *where*; "": a free port of loopback."""
    return (sys.executable, "-c", STARTING, where, *PROGRAM)


async def test_daemon_answers_on_a_socket_that_was_opened_for_it() -> None:
    async with outside_of(Scenario(pages=(PAGE,))) as outside:
        outside.program = started_with("")
        outside.configure(listen=NOWHERE)
        async with outside.daemon() as daemon:
            url = await daemon.url()
            alive = await get(f"{url}/livez")
            strange = await asked_as("console.example.com", url)

    assert alive == (200, "ok\n")
    assert strange == 421


async def asked_as(host: str, url: str, transport: httpx.AsyncHTTPTransport | None = None) -> int:
    async with httpx.AsyncClient(trust_env=False, transport=transport) as client:
        answer = await client.get(f"{url}/livez", headers={"Host": host}, timeout=PATIENCE)
    return answer.status_code


async def test_socket_of_a_proxy_is_answered_by_whatever_name_the_proxy_has() -> None:
    async with outside_of(Scenario(pages=(PAGE,))) as outside:
        path = str(outside.folder / "http.sock")
        outside.program = started_with(path)
        outside.configure(listen=NOWHERE)
        async with outside.daemon() as daemon:
            started = await until(lambda: daemon.event("server.started"))
            by_socket = httpx.AsyncHTTPTransport(uds=path)
            proxied = await asked_as("console.example.com", "http://console", by_socket)

    assert (started["listen"], proxied) == (path, 200)


def test_socket_for_another_process_or_of_another_name_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_FDNAMES", "http")
    monkeypatch.setenv("LISTEN_PID", "1")
    of_another = inherited("http")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))

    assert (of_another, inherited("console")) == (None, None)
