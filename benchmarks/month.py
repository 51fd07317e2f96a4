"""A month of recorded alerts with three outages in it, as a file.

`python -m benchmarks.month COUNT FILE` writes it, oldest first, each line an alert as Twilio's API
gives it. The same COUNT gives the same bytes.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

DAY = 86_400
START = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
DAYS = 30

_URL = "https://hooks.example.com/{kind}?id={n:032x}"
_TEXT = (
    "Msg={words}&sourceComponent=12000&ErrorCode={code}&httpResponse={http}"
    "&url=https%3A%2F%2Fhooks.example.com%2F{kind}%3Fid%3D{n:032x}&LogLevel={level}"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert and its share of what it is part of."""

    share: float
    code: int
    prefix: str
    words: str
    level: str = "error"
    http: int = 200
    kind: str = "status"


NOISE = (
    Kind(0.34, 30003, "SM", "Unreachable+destination+handset"),
    Kind(0.22, 21610, "SM", "Attempt+to+send+to+unsubscribed+recipient"),
    Kind(0.16, 30005, "SM", "Unknown+destination+handset"),
    Kind(0.12, 63016, "SM", "Failed+to+send+freeform+message", level="warning"),
    Kind(0.0755, 11200, "CA", "Bad+Request", http=404, kind="voice"),
    Kind(0.04, 60200, "VE", "Invalid+parameter"),
    Kind(0.025, 13224, "CA", "Dial+invalid+phone+number", level="warning", kind="voice"),
    Kind(0.016, 30008, "SM", "Unknown+error"),
    Kind(0.0005, 11200, "SM", "Bad+Gateway", http=502, kind="sms"),
    Kind(0.003, 31005, "CA", "Connection+error", kind="voice"),
)
"""What is there all the time, by day more than by night; nothing that a customer would notice."""


@dataclass(frozen=True, slots=True)
class Storm:
    """One outage: *share* of all alerts, from *begin* on, for *last* seconds."""

    begin: int
    last: int
    share: float
    kind: Kind


STORMS = (
    Storm(6 * DAY + 9 * 3600, 5_400, 0.012, Kind(1, 30008, "SM", "Unknown+error")),
    Storm(
        15 * DAY + 14 * 3600 + 1200,
        2_700,
        0.006,
        Kind(1, 11200, "SM", "Bad+Gateway", http=502, kind="sms"),
    ),
    Storm(23 * DAY + 20 * 3600, 7_200, 0.010, Kind(1, 31502, "CA", "Bad+Gateway", kind="voice")),
)
"""Carriers, our own webhook, calls."""


def month(count: int) -> Iterator[bytes]:
    """Yield *count* alerts as lines, oldest first."""
    dice = random.Random(count)
    moments = sorted(_moments(count, dice), key=lambda entry: entry[0])
    number = 0
    for at, entries in groupby(moments, key=lambda entry: entry[0]):
        stamp = datetime.fromtimestamp(START + at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for _, kind in entries:
            number += 1
            yield _line(stamp, kind, dice.getrandbits(128), number)


def _moments(count: int, dice: random.Random) -> Iterator[tuple[int, Kind]]:
    left = count
    for storm in STORMS:
        for _ in range(round(count * storm.share)):
            yield storm.begin + dice.randrange(storm.last), storm.kind
            left -= 1
    hours = [0.6 + 0.4 * (8 <= hour < 20) for hour in range(24)]
    kinds, shares = NOISE, [kind.share for kind in NOISE]
    for kind in dice.choices(kinds, shares, k=left):
        hour = dice.choices(range(24), hours)[0]
        yield dice.randrange(DAYS) * DAY + hour * 3600 + dice.randrange(3600), kind


def _line(stamp: str, kind: Kind, sid: int, n: int) -> bytes:
    level = kind.level
    text = _TEXT.format(
        words=kind.words, code=kind.code, http=kind.http, kind=kind.kind, n=n, level=level.upper()
    )
    url = _URL.format(kind=kind.kind, n=n)
    return (
        f'{{"account_sid":"AC{1:032x}","alert_text":"{text}","api_version":"2010-04-01",'
        f'"date_created":"{stamp}","date_generated":"{stamp}","date_updated":"{stamp}",'
        f'"error_code":"{kind.code}","log_level":"{level}",'
        f'"more_info":"https://www.twilio.com/docs/errors/{kind.code}","request_method":"POST",'
        f'"request_url":"{url}","resource_sid":"{kind.prefix}{n:032x}","service_sid":null,'
        f'"sid":"NO{sid:032x}","url":"https://monitor.twilio.com/v1/Alerts/NO{sid:032x}"}}\n'
    ).encode()


def write(count: int, path: Path) -> None:
    """Write *count* alerts to *path*."""
    with path.open("wb") as file:
        file.writelines(month(count))


def written(count: int, path: Path) -> None:
    """Let a process of its own write them: what memory it takes, its parent's children inherit."""
    command = (sys.executable, "-m", "benchmarks.month", str(count), str(path))
    subprocess.run(command, check=True)


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]))
