from __future__ import annotations

import socket
from pathlib import Path

import pytest

from daemons import a_config, a_daemon, served
from http_server import answer, answering
from outside import Outside
from world import World

VARIABLE = "STATUSBRIDGE_SERVER__LISTEN"


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def test_a_daemon_that_answers_is_alive_though_it_is_not_ready(
    outside: Outside, tmp_path: Path
) -> None:
    async with served(a_daemon(World(), a_config(tmp_path))) as (public, _):
        ready = await public.get("/readyz")
        outside.environ[VARIABLE] = f"0.0.0.0:{public.base_url.port}"

        ended = await outside.here("alive")

    assert ready.status_code == 503
    assert (ended.code, ended.out, ended.err) == (0, "alive\n", "")


async def test_the_file_says_where_to_ask_unless_the_environment_does(outside: Outside) -> None:
    async with answering(answer(body=b"ok\n")) as other:
        outside.configure(listen=f'"127.0.0.1:{other.port}"')

        by_file = await outside.here("alive")
        outside.environ[VARIABLE] = f"127.0.0.1:{a_free_port()}"
        by_variable = await outside.here("alive")

    assert (by_file.code, by_variable.code) == (0, 1)
    assert [request.split(b" HTTP")[0] for request in other.requests] == [b"GET /livez"]


async def test_the_file_is_not_needed_where_the_environment_says_where(outside: Outside) -> None:
    outside.config.unlink()
    async with answering(answer(body=b"ok\n")) as other:
        outside.environ[VARIABLE] = f"127.0.0.1:{other.port}"

        assert (await outside.here("alive")).code == 0


async def test_no_daemon_is_not_alive(outside: Outside) -> None:
    port = a_free_port()
    outside.configure(listen=f'"127.0.0.1:{port}"')

    ended = await outside.here("alive")

    said = f"statusbridge: no daemon answers on 127.0.0.1:{port} (Connection refused)\n"
    assert (ended.code, ended.out, ended.err) == (1, "", said)


async def test_who_answers_otherwise_is_not_alive(outside: Outside) -> None:
    async with answering(answer("500 Internal Server Error")) as other:
        outside.environ[VARIABLE] = f"127.0.0.1:{other.port}"

        ended = await outside.here("alive")

    said = f"statusbridge: 127.0.0.1:{other.port} answers with 500\n"
    assert (ended.code, ended.err) == (1, said)


async def test_who_says_nothing_is_not_alive(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statusbridge.commands.alive._PATIENCE", 0.05)
    # Connected to by the kernel, and never looked at.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outside.environ[VARIABLE] = f"127.0.0.1:{silent.getsockname()[1]}"

        ended = await outside.here("alive")

    assert (ended.code, ended.out) == (1, "")
    assert "(timed out)" in ended.err


async def test_nobody_is_asked_where_nothing_is_served(outside: Outside) -> None:
    outside.configure(listen='""')

    by_file = await outside.here("alive")
    outside.environ[VARIABLE] = ""
    by_variable = await outside.here("alive")

    said = 'statusbridge: [server] listen is "": there is nobody to ask\n'
    assert [(one.code, one.err) for one in (by_file, by_variable)] == [(1, said), (1, said)]


async def test_an_address_that_is_none_is_an_error_of_configuration(outside: Outside) -> None:
    outside.environ[VARIABLE] = "9464"

    ended = await outside.here("alive")

    assert ended.code == 78
    assert ended.err.startswith(f'statusbridge: {VARIABLE}: "9464" is no address to listen on')
