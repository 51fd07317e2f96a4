"""The schema of a state file: held against what its version must have, and brought forward.

Knows the schema's entries; not what is in the tables.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.sqlite_schema import APPLICATION_ID, MIGRATIONS

_SHAPE = """
    SELECT m.type, m.name, c.name, c.type, c."notnull", c.pk
    FROM sqlite_schema m LEFT JOIN pragma_table_info(m.name) c
    WHERE m.name NOT LIKE 'sqlite_%'"""


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError where the file is another program's, a newer version's, or lacks a part."""
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if mark != APPLICATION_ID and tables:
        raise StoreError(
            f"{path} is a database of another program. Give [store] path another name."
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer statusbridge (schema {version}, this one knows "
            f"{len(MIGRATIONS)}). Install that version again, or restore the backup made before it."
        )
    if lacking := sorted(_wanted(version) - set(connection.execute(_SHAPE))):
        kind, name, column, *_ = lacking[0]
        part = f"{kind} {name}" if column is None else f"{kind} {name} with column {column}"
        raise StoreError(
            f"{path} is damaged: it has no {part} as schema {version} has it. Restore it from a "
            "backup."
        )


def _wanted(version: int) -> set[tuple[str, ...]]:
    blank = sqlite3.connect(":memory:")
    try:
        blank.executescript("".join(MIGRATIONS[: max(0, version)]))
        return set(blank.execute(_SHAPE))
    finally:
        blank.close()


def migrate(connection: sqlite3.Connection, path: Path | None) -> None:
    """Bring the database to the newest version, in one transaction.

    Its former self is kept beside *path* first, as `NAME.before-VERSION`. None: in memory, not
    worth keeping.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == len(MIGRATIONS):
        return
    if version and path is not None:
        _keep(connection, path.with_name(f"{path.name}.before-{len(MIGRATIONS)}"))
    statements = "".join(MIGRATIONS[version:])
    connection.executescript(
        f"BEGIN IMMEDIATE; {statements} PRAGMA application_id = {APPLICATION_ID};"
        f"PRAGMA user_version = {len(MIGRATIONS)}; COMMIT;"
    )


def _keep(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the database to *target*, which is there whole or not at all."""
    part = target.with_name(f"{target.name}.part")
    for left in (part, part.with_name(f"{part.name}-journal")):
        left.unlink(missing_ok=True)
    file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.fchmod(file, 0o600)
    os.close(file)
    copy = sqlite3.connect(part)
    try:
        connection.backup(copy)
    finally:
        copy.close()
    part.replace(target)
