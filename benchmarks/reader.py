"""One reader of a day of alerts, in a process of its own: `python -m benchmarks.reader WHO`.

Prints as JSON the alerts read, the seconds from the first request on, the seconds of its processor
from the end of the imports on, and the memory in MB: after the imports, and at its highest.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from benchmarks.report import peak_mb

Reading = tuple[int, float]
"""Alerts, and the seconds they took."""


def _in_a_folder(read: Callable[[Path], Coroutine[Any, Any, Reading]]) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(read(Path(folder) / "state.db"))


def statusbridge() -> Callable[[], Reading]:
    """Read, store, match and measure, as the first cycle after a day without the daemon does."""
    from benchmarks.bridges import ready_after_a_day
    from statusbridge.bridge.evaluating import evaluate
    from statusbridge.bridge.polling import poll
    from statusbridge.commands.run import ONCE

    async def read(path: Path) -> Reading:
        async with ready_after_a_day(path) as bridge:
            bridge.budget = ONCE
            began = time.perf_counter()
            new, _ = await poll(bridge)
            await evaluate(bridge)
            return new, time.perf_counter() - began

    return lambda: _in_a_folder(read)


def statusbridge_reading_alone() -> Callable[[], Reading]:
    """Only what the bridge's source does: fetch, walk the listings back, make alerts of pages."""
    from benchmarks.bridges import ready_after_a_day
    from statusbridge.commands.run import ONCE

    async def read(path: Path) -> Reading:
        async with ready_after_a_day(path) as bridge:
            (source,) = bridge.sources
            known = bridge.store.coverage()[source.account]
            sids: set[str] = set()
            began = time.perf_counter()
            async for batch in source.poll(known, ONCE):
                sids.update(alert.sid for alert in batch.alerts)
            return len(sids), time.perf_counter() - began

    return lambda: _in_a_folder(read)


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
    """Only fetch and decode what rules may ask for: what these libraries could do at best."""
    import httpx
    import msgspec

    from benchmarks.wire import Page

    decoder = msgspec.json.Decoder(Page)

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
    "statusbridge, reading alone": statusbridge_reading_alone,
    "twilio-python": twilio_python,
    "httpx + msgspec": httpx_and_msgspec,
}


def main() -> None:
    run = READERS[sys.argv[1]]()
    imported, began = peak_mb(), time.process_time()
    alerts, seconds = run()
    cpu = time.process_time() - began
    found = {"alerts": alerts, "seconds": seconds, "cpu": cpu, "mb": (imported, peak_mb())}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
