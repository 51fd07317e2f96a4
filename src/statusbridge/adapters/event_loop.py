"""The event loop of a process that has to end in time. Knows nothing of what runs in it.

A name's address is asked for in C, and the asking can't be broken off: while name servers are
silent it takes half a minute or more. On asyncio's own threads it would keep the process from
ending until then, since both the loop and the interpreter wait for those.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from errno import EAGAIN
from functools import partial
from threading import Thread
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

_Question: TypeAlias = tuple[Any, ...]
"""The arguments of `socket.getaddrinfo`."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* to its end as `asyncio.run` does, but wait for no name server after it."""
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(main)


class EventLoop(asyncio.SelectorEventLoop):
    """A loop that asks for addresses on threads which end with the process.

    One thread a name: who asks again meanwhile waits for the same answer, so that however long
    nobody answers there are no more threads than names.
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[_Question, asyncio.Future[list[Any]]] = {}

    async def getaddrinfo(self, *who: Any, **how: Any) -> list[Any]:
        """Return what `socket.getaddrinfo` does. Raises what it raises."""
        question = (*who, *sorted(how.items()))
        answer = self._asked.get(question)
        if answer is None:
            answer = self._asked[question] = self.create_future()
            answer.add_done_callback(lambda told: self._forget(question, told))
            thread = Thread(target=self._ask, args=(answer, who, how), name="resolver", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                # Told as what it is to who asks: the name can't be looked up now, but may be later.
                answer.set_exception(OSError(EAGAIN, f"no thread to look up a name on: {error}"))
        return await asyncio.shield(answer)

    def _ask(self, answer: asyncio.Future[list[Any]], who: Any, how: Any) -> None:
        told: Callable[[], None]
        try:
            told = partial(answer.set_result, socket.getaddrinfo(*who, **how))
        except Exception as error:  # noqa: BLE001 - whoever waits for the answer gets it
            told = partial(answer.set_exception, error)
        # The answer may come when the loop is closed and nobody waits for it.
        with suppress(RuntimeError):
            self.call_soon_threadsafe(told)

    def _forget(self, question: _Question, answer: asyncio.Future[list[Any]]) -> None:
        del self._asked[question]
        # Heard, also where all who asked have left by now: else asyncio complains that it is lost.
        answer.exception()
