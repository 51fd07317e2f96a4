"""State files to be harmed: filled, altered behind the program's back, left by a killed process."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

from builders import T0, an_alert
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.core.coverage import Batch, Coverage

PAGE_SIZE = 4096


def filled(path: Path, alerts: int = 3000) -> SqliteStore:
    store = SqliteStore.open(path)
    many = tuple(an_alert(T0 + n) for n in range(alerts))
    store.record("prod", Batch(many, Coverage(T0, T0)))
    return store


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def altered(path: Path, statement: str) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA writable_schema = ON")
    db.executescript(statement)
    db.close()


def killed(path: Path) -> None:
    """Leave at *path* and beside it what a killed process leaves."""
    store = filled(path)
    files = {file: file.read_bytes() for file in (path, log_of(path))}
    store.close()
    for file, content in files.items():
        file.write_bytes(content)


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)
