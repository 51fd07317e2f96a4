"""The simulators' own side door, `/_control/…`: JSON in, JSON out, not journaled, no credentials.

For tests in other processes and for people with curl; on loopback only, as the simulators are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from statusbridge.simulators.front import Front
from statusbridge.simulators.notation import NotationError, build, written
from statusbridge.simulators.strikes import Rule, read_rule
from statusbridge.simulators.wire import Wire

Control: TypeAlias = Callable[[object], object]
"""Takes the decoded body (None: there is none), returns what is answered."""

Controls: TypeAlias = Mapping[tuple[str, str], Control]
"""By method and path under `/_control`."""

S = TypeVar("S", bound=msgspec.Struct)


class Controlled(Protocol):
    """What both simulators let be controlled."""

    @property
    def front(self) -> Front: ...

    @property
    def switch_table(self) -> dict[str, object]: ...

    def set_switches(self, table: object) -> None: ...

    def clock(self) -> float: ...

    def reset(self) -> None: ...


def application(front: Front, controls: Controls) -> Starlette:
    """Return the ASGI application of a simulator: *controls*, and *front* for all the rest."""
    routes: list[BaseRoute] = [
        Route(path, _endpoint(control), methods=[method])
        for (method, path), control in controls.items()
    ]
    everything = Route("/{path:path}", Wire(front))
    return Starlette(routes=[Mount("/_control", routes=routes), everything])


def common_controls(simulator: Controlled) -> dict[tuple[str, str], Control]:
    """Return the controls that both simulators have."""
    front = simulator.front

    def add_faults(body: object) -> object:
        rules = _rules(body, simulator.clock())
        front.faults.add(*rules)
        return {"added": len(rules)}

    def clear_faults(_: object) -> object:
        front.faults.clear()
        return {}

    def set_switches(body: object) -> object:
        simulator.set_switches(body)
        return simulator.switch_table

    def reset(_: object) -> object:
        simulator.reset()
        return {}

    return {
        ("GET", "/journal"): lambda _: front.journal.report(),
        ("POST", "/faults"): add_faults,
        ("DELETE", "/faults"): clear_faults,
        ("GET", "/switches"): lambda _: simulator.switch_table,
        ("POST", "/switches"): set_switches,
        ("POST", "/reset"): reset,
    }


def switched(current: S, table: object) -> S:
    """Return *current* with the switches of *table* set. Raises `NotationError`."""
    wanted = build(type(current), table, "switches")
    given = table if isinstance(table, dict) else {}
    return msgspec.structs.replace(current, **{name: getattr(wanted, name) for name in given})


def listed(body: object) -> list[object]:
    """Return *body* as a list: one thing may be sent without brackets."""
    return body if isinstance(body, list) else [body]


def _rules(body: object, now: float) -> list[Rule]:
    rules = []
    for number, table in enumerate(listed(body)):
        place = f"faults[{number}]"
        if not isinstance(table, dict):
            raise NotationError(f"{place}: expected a table with a kind")
        rules.append(read_rule(table, now, place))
    return rules


def _endpoint(control: Control) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        raw = await request.body()
        try:
            return _json(200, control(msgspec.json.decode(raw) if raw else None))
        except (NotationError, msgspec.DecodeError) as error:
            return _json(400, {"error": str(error)})

    return answer


def _json(status: int, body: object) -> Response:
    return Response(
        msgspec.json.encode(body, enc_hook=written), status, media_type="application/json"
    )
