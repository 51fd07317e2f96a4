"""One reader of a day of alerts, in a process of its own: `python -m benchmarks.reader WHO`.

Prints as JSON the alerts read, the seconds from the first request on, and the memory in MB: after
the imports, and at its highest.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import peak_mb

Reading = tuple[int, float]
"""Alerts, and the seconds they took."""


def statusbridge() -> Callable[[], Reading]:
    """Read, store, match and measure, as the first cycle after a day without the daemon does."""
    from benchmarks.bridges import ready_after_a_day
    from statusbridge.commands.run import ONCE
    from statusbridge.cycle import evaluate, poll

    async def read(path: Path) -> Reading:
        async with ready_after_a_day(path) as bridge:
            bridge.budget = ONCE
            began = time.perf_counter()
            new, _ = await poll(bridge)
            evaluate(bridge)
            return new, time.perf_counter() - began

    def run() -> Reading:
        with tempfile.TemporaryDirectory() as folder:
            return asyncio.run(read(Path(folder) / "state.db"))

    return run


def twilio_python() -> Callable[[], Reading]:
    """Do with Twilio's SDK what its documentation shows, and nothing with what it yields."""
    from twilio.rest import Client

    def run() -> Reading:
        client = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
        client.monitor.base_url = os.environ["STATUSBRIDGE_TWILIO__BASE_URL"]
        began = time.perf_counter()
        count = sum(1 for _ in client.monitor.v1.alerts.stream(page_size=1000))
        return count, time.perf_counter() - began

    return run


def httpx_and_msgspec() -> Callable[[], Reading]:
    """Only fetch and decode the fields that rules may ask for: what the libraries could do at best."""
    import httpx
    import msgspec

    from statusbridge.adapters.twilio_wire import _Listed

    decoder = msgspec.json.Decoder(_Listed)

    def run() -> Reading:
        base = os.environ["STATUSBRIDGE_TWILIO__BASE_URL"]
        auth = (os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
        url: str | None = f"{base}/v1/Alerts?PageSize=1000"
        count = 0
        with httpx.Client(auth=auth, headers={"Accept-Encoding": "identity"}) as client:
            began = time.perf_counter()
            while url:
                page = decoder.decode(client.get(url).content)
                count += len(page.alerts)
                url = page.meta.next_page_url
            return count, time.perf_counter() - began

    return run


READERS = {
    "statusbridge": statusbridge,
    "twilio-python": twilio_python,
    "httpx + msgspec": httpx_and_msgspec,
}


def main() -> None:
    run = READERS[sys.argv[1]]()
    imported = peak_mb()
    alerts, seconds = run()
    print(json.dumps({"alerts": alerts, "seconds": seconds, "mb": (imported, peak_mb())}))


if __name__ == "__main__":
    main()
