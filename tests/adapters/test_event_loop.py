"""Names are looked up on threads that keep nobody waiting."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from statusbridge.adapters import event_loop

ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]


class Names:
    """A name server that answers once `release` is set."""

    def __init__(self, error: OSError | None = None) -> None:
        self.asked: list[Any] = []
        self.release = threading.Event()
        self.gone = threading.Event()
        self.error = error

    def getaddrinfo(self, *who: Any, **how: Any) -> Any:
        self.asked.append((who, how))
        self.release.wait()
        self.gone.set()
        if self.error is not None:
            raise self.error
        return ANSWER


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


async def ask(name: str = "example.com") -> Any:
    return await asyncio.get_running_loop().getaddrinfo(name, 80, type=socket.SOCK_STREAM)


def test_who_asks_for_the_same_name_meanwhile_waits_for_the_same_answer(names: Names) -> None:
    async def asking() -> Any:
        asks = [asyncio.create_task(ask(name)) for name in ("one", "one", "two")]
        await asyncio.sleep(0)
        names.release.set()
        found = await asyncio.gather(*asks)
        return [*found, await ask("one")]

    found = event_loop.run(asking())

    assert found == [ANSWER] * 4
    assert sorted(who[0] for who, _ in names.asked) == ["one", "one", "two"]


def test_a_name_is_asked_for_again_after_there_was_no_thread_to_ask_on(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def asking() -> Any:
        names.release.set()
        with monkeypatch.context() as short, pytest.raises(OSError, match="no thread"):
            short.setattr(threading.Thread, "start", refuse)
            await ask()
        return await asyncio.wait_for(ask(), 5)

    assert event_loop.run(asking()) == ANSWER


def test_that_there_is_no_such_name_is_told_to_all_who_ask(names: Names) -> None:
    names.error = socket.gaierror(-2, "Name or service not known")
    names.release.set()

    async def asking() -> Any:
        return await asyncio.gather(ask(), ask(), return_exceptions=True)

    assert event_loop.run(asking()) == [names.error, names.error]


def test_a_loop_ends_while_a_name_server_is_silent_and_heeds_no_late_answer(names: Names) -> None:
    async def asking() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await ask()

    event_loop.run(asking())
    (resolver,) = (t for t in threading.enumerate() if t.name == "resolver")
    names.release.set()
    resolver.join(10)

    assert (names.gone.is_set(), resolver.is_alive()) == (True, False)
