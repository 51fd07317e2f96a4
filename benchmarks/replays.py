"""A recorded history, decoded or replayed: `python -m benchmarks.replays WHAT FILE`.

structs   each line decoded by msgspec to a struct of all fields that Twilio's API gives
dicts     each line decoded by msgspec to a dict
backtest  read, matched, measured and lived through by the rules of config.example.toml

Prints seconds, processor seconds, peak memory before and after, and what was found, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.processes import ROOT
from benchmarks.report import peak_mb
from statusbridge import logs
from statusbridge.adapters.recording import portions
from statusbridge.config.load import load
from statusbridge.rehearse.backtest import History, replay


class Alert(msgspec.Struct):
    """An alert as Twilio's API documents it."""

    account_sid: str | None = None
    alert_text: str | None = None
    api_version: str | None = None
    date_created: str | None = None
    date_generated: str | None = None
    date_updated: str | None = None
    error_code: str | None = None
    log_level: str | None = None
    more_info: str | None = None
    request_method: str | None = None
    request_url: str | None = None
    resource_sid: str | None = None
    service_sid: str | None = None
    sid: str | None = None
    url: str | None = None


def decoded(decoder: msgspec.json.Decoder[Any], path: Path) -> dict[str, int]:
    """Decode each line of *path*; return how many there were."""
    count = 0
    with path.open("rb") as file:
        for line in file:
            decoder.decode(line)
            count += 1
    return {"alerts": count}


def backtest(path: Path) -> dict[str, int]:
    """Replay *path*; return how many alerts and incidents there were."""
    logs.configure("error", "json")
    config = load(ROOT / "config.example.toml", {"HOME": "/nonexistent"})
    history = History(partial(portions, path), lambda sid: "prod")
    result = asyncio.run(replay(config, history, lambda *_: None, lambda _: None)).result
    return {"alerts": result.alerts, "incidents": len(result.outages)}


WHATS = {
    "structs": partial(decoded, msgspec.json.Decoder(Alert)),
    "dicts": partial(decoded, msgspec.json.Decoder()),
    "backtest": backtest,
}


def main(what: str, path: str) -> None:
    before, begun, used = peak_mb(), time.perf_counter(), time.process_time()
    found = WHATS[what](Path(path))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    told = {"seconds": seconds, "cpu": cpu, "mb": [before, peak_mb()], **found}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
