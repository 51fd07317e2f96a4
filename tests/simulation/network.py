"""The network between the bridge and the two simulators, in place of `adapters.http.Wire`.

Requests take time, may not leave, and their answers may not come; what the simulators order of
delays, cuts and garbage is delivered as the real wire would tell of it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from simulation.mortal import Process
from simulation.virtual import START
from statusbridge.adapters.http import Interrupted, NotSent, Reply
from statusbridge.core.errors import Unavailable
from statusbridge.simulators.exchange import Delivery, Request
from statusbridge.simulators.front import Front

DEADLINE = 8.0
"""Seconds of one exchange, scaled down like all times here."""
LARGEST = 16 * 2**20


class Onlooker(Protocol):
    """Who is told what the bridge sends and what it has read."""

    def sends(self, host: str, request: Request) -> None: ...
    def reads(self, host: str, request: Request, reply: Reply) -> None: ...
    def strays(self, host: str, headers: Mapping[str, str]) -> None: ...


@dataclass(slots=True)
class Network:
    """How requests fare. *unsent*: the share of those that never leave."""

    dice: random.Random
    onlooker: Onlooker
    unsent: float = 0.0
    slowest: float = 0.5
    """Seconds that one way takes at most."""
    marks: Counter[str] = field(default_factory=Counter)

    async def travel(self) -> None:
        """Let one way of a request pass."""
        if self.slowest:
            await asyncio.sleep(self.dice.random() * self.slowest)


class SimulatedWire:
    """The same methods, answers and errors as `adapters.http.Wire`, to one simulator."""

    def __init__(
        self, network: Network, process: Process, front: Front, host: str,
        authorization: Callable[[], str],
    ) -> None:  # fmt: skip
        self._network = network
        self._process = process
        self._front = front
        self.host = host
        self.authorization = authorization

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        if "://" in path:
            self._network.onlooker.strays(path.split("/")[2], self._headers())
            raise Unavailable(f"GET {path} failed: nobody is there")
        try:
            reply = await self.exchange(Request("GET", path, params or {}, self._headers()))
        except (NotSent, Interrupted) as error:
            raise Unavailable(error.reason) from error
        if 300 <= reply.status < 400:
            raise Unavailable(f"GET {path} was redirected ({reply.status})")
        return reply

    async def post_once(self, path: str, body: bytes) -> Reply:
        return await self.exchange(Request("POST", path, {}, self._headers(), body))

    def _headers(self) -> dict[str, str]:
        return {"host": self.host, "authorization": self.authorization()}

    async def exchange(self, request: Request) -> Reply:
        """Return the whole answer. Raises NotSent and Interrupted."""
        kind = request.method.lower()
        self._process.effect(f"{kind}.before")
        network = self._network
        await network.travel()
        if network.unsent and network.dice.random() < network.unsent:
            network.marks["fault NotSent"] += 1
            raise NotSent(f"{request.method} {request.path} failed: connection refused")
        self._process.effect(f"{kind}.leaving")
        network.onlooker.sends(self.host, request)
        delivery = self._front.receive(request)
        _settle_in_time(self._front)
        await _arrival(network, delivery)
        self._process.effect(f"{kind}.after")
        reply = as_delivered(delivery)
        network.onlooker.reads(self.host, request, reply)
        return reply


def _settle_in_time(front: Front) -> None:
    """Let what is applied late be applied when it is due, though nobody asks the page then."""
    if (due := front.next_late) is not None:
        asyncio.get_running_loop().call_at(due - START, front.settle)


async def _arrival(network: Network, delivery: Delivery) -> None:
    late = max(delivery.delay, delivery.drip)
    await (asyncio.sleep(min(late, DEADLINE)) if late else network.travel())


def as_delivered(delivery: Delivery) -> Reply:
    """Return the whole answer. Raises Interrupted where the real wire would find it broken."""
    reply = delivery.reply
    if reply is None or delivery.cut is not None or max(delivery.delay, delivery.drip) >= DEADLINE:
        raise Interrupted("no whole answer came")
    headers = httpx.Headers([*reply.headers, ("content-type", reply.content_type)])
    if delivery.pad > LARGEST or "content-encoding" in headers:
        raise Interrupted("the answer is too large, or encoded")
    return Reply(reply.status, headers, reply.body + b" " * delivery.pad)
