"""The program as strace can watch it: `python -m kills.launch FAULT [ARGUMENT…]`.

It does not close its memory to others, who could not tell its files apart then unless they are
root. A FAULT other than "" is planted in it: one of the simulation, or one of two that only the
death of a process can show.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from simulation.planted import PLANTED, Patch
from statusbridge import cli
from statusbridge.adapters.sqlite_access import Access
from statusbridge.bridge import publishing
from statusbridge.core.operations import Ledger, Operation, OperationState


def no_transactions() -> Iterable[Patch]:
    """Every statement is committed by itself."""

    @contextmanager
    def bare(access: Access) -> Iterator[None]:
        yield

    return ((Access, "transaction", bare),)


def effect_before_intent() -> Iterable[Patch]:
    """What is sent is recorded only then."""
    commit = publishing._Desk.commit

    def late(desk: Any, operation: Operation, ledger: Ledger | None) -> Operation:
        if operation.state is OperationState.SENT:
            return operation
        return commit(desk, operation, ledger)

    return ((publishing._Desk, "commit", late),)


FAULTS: dict[str, Callable[[], Iterable[Patch]]] = {
    "": lambda: (),
    **PLANTED,
    "no_transactions": no_transactions,
    "effect_before_intent": effect_before_intent,
}


def program(fault: str = "") -> tuple[str, ...]:
    """Return the words that start the program with *fault* in it; "" for without any."""
    return (sys.executable, "-W", "error", "-m", "kills.launch", fault)


PLAIN = program()


def main(fault: str, *args: str) -> int:
    """Run the command *args* with *fault*; return its exit code."""
    with ExitStack() as stack:
        for target, attribute, value in FAULTS[fault]():
            stack.enter_context(patch.object(target, attribute, value))
        return cli.main(list(args))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
