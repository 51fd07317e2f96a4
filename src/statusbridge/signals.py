"""What signals do to the daemon."""

from __future__ import annotations

import asyncio
import signal

from statusbridge.daemon import Daemon
from statusbridge.first_process import ends_at_once


def on_signals(daemon: Daemon) -> None:
    """Let SIGTERM and SIGINT end *daemon*, a second one at once; SIGHUP reload it."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        daemon.stop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            ends_at_once(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, daemon.ask_reload)
