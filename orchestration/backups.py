"""Backups of what only grows: made before each run and with each publication, checked before use.

A backup is a DuckDB file with the state tables alone, sealed (orchestration/sealed.py). It is
written anew only where the state has changed. What readers never saw did not happen: state that is
lost comes back from the newest backup that was made with a publication, or, where that is damaged,
from the kept version of that publication, and so on, back to the oldest.

Kept are the newest backups, the last of each day for as many days, and the last of each month for
a year.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.casts import quote_text
from orchestration.publish import STORAGE_VERSION
from orchestration.sealed import (
    Sealed,
    annotate,
    clear_unsealed,
    damage,
    new_path,
    remove,
    seal,
    sealed_files,
)
from orchestration.settings import Settings
from orchestration.state import StateError, StateTable, exists
from orchestration.working_file import unfinished_days

MONTHS_KEPT = 12


def back_up(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    tables: Sequence[StateTable],
    now: datetime | None = None,
    spared: Collection[str] = (),
) -> Sealed | None:
    """Back up the state of the working file, unless the newest backup is of the same state.

    Older ones are thinned then, but those to be spared. None where there is no state. Raises
    StateError where the backup cannot be written, or cannot be read again as it was written.
    """
    kept = [table for table in tables if exists(connection, table)]
    if not kept:
        return None
    note = {
        "warehouse": str(settings.warehouse),
        "duckdb": duckdb.__version__,
        "content": {table.label: _content(connection, table.label) for table in kept},
        "unfinished_days": sorted(day.isoformat() for day in unfinished_days(connection)),
    }
    before = sealed_files(settings.backups)
    _refuse_another(before, settings)
    is_same = before and all(before[0].note.get(key) == value for key, value in note.items())
    if is_same and damage(before[0]) is None:
        return before[0]
    try:
        settings.backups.mkdir(parents=True, exist_ok=True)
        clear_unsealed(settings.backups)
        path = new_path(settings.backups, now)
        _write(connection, path, kept)
        _compare(path, note["content"])
        backup = seal(path, note)
    except (OSError, duckdb.Error) as error:
        raise StateError(
            f"The state could not be backed up to {settings.backups}: {error}\nMake room there,"
            " or name another directory in TENURE_BACKUPS."
        ) from error
    _thin(settings, spared)
    return backup


def mark_published(backup: Sealed, version: Sealed) -> None:
    """Note that a backup is of the state that a version was published with."""
    annotate(backup, {"published": version.name})


def state_source(settings: Settings) -> tuple[Path, list[str]]:
    """The file that lost state is to come back from, and what had to be passed over.

    Not what is published at the moment, which may be an older version that somebody went back to.
    """
    found = [
        *((backup.note["published"], 1, backup.name, backup) for backup in published(settings)),
        *((version.name, 0, "", version) for version in kept_versions(settings)),
    ]
    warnings = []
    for _, is_backup, _, sealed in sorted(found, key=lambda entry: entry[:3], reverse=True):
        wrong = damage(sealed)
        if wrong is None:
            return sealed.path, warnings
        kind = "backup" if is_backup else "version"
        warnings.append(f"the {kind} {sealed.path} is damaged and passed over: {wrong}")
    return settings.published_file, warnings


def kept_versions(settings: Settings) -> list[Sealed]:
    """The versions that were published and are kept, newest first."""
    return [version for version in sealed_files(settings.versions) if version.note.get("shown")]


def published(settings: Settings) -> list[Sealed]:
    """The backups that were made with a publication, newest first."""
    return [backup for backup in sealed_files(settings.backups) if "published" in backup.note]


def backups_told(settings: Settings) -> str:
    """The backups, newest first, for a person to choose from."""
    backups = sealed_files(settings.backups)
    if not backups:
        return f"There is no backup in {settings.backups} yet: the next refresh makes the first."
    lines = []
    for backup in backups:
        rows = sum(count for count, _ in backup.note["content"].values())
        version = backup.note.get("published")
        shown = f"published as {version}" if version else "not published"
        lines.append(
            f"  {backup.name}  {len(backup.note['content'])} tables, {rows:,} rows,"
            f" {backup.note['bytes'] / 1e6:,.1f} MB, {shown}"
        )
    return "\n".join(["Backups of what only grows:", *lines])


def kept_backups(backups: Sequence[Sealed], count: int) -> set[str]:
    """Names of those to keep, of backups given newest first."""
    kept = {backup.name for backup in backups[:count]}
    kept.update(_newest_of(backups, lambda made_at: made_at.date())[:count])
    kept.update(_newest_of(backups, lambda made_at: (made_at.year, made_at.month))[:MONTHS_KEPT])
    kept.update(backup.name for backup in [b for b in backups if "published" in b.note][:1])
    return kept


def _newest_of(backups: Sequence[Sealed], period: Callable[[datetime], Any]) -> list[str]:
    newest: dict[Any, str] = {}
    for backup in backups:
        newest.setdefault(period(backup.made_at), backup.name)
    return list(newest.values())


def _thin(settings: Settings, spared: Collection[str]) -> None:
    backups = sealed_files(settings.backups)
    kept = {*kept_backups(backups, settings.keep_backups), *spared}
    for backup in backups:
        if backup.name not in kept:
            remove(backup)


def _refuse_another(backups: Sequence[Sealed], settings: Settings) -> None:
    """Two warehouses with one directory of backups would take each other's state.

    Backups within the warehouse are its own, wherever it was copied from.
    """
    if not backups or settings.backups.is_relative_to(settings.warehouse):
        return
    other = Path(backups[0].note.get("warehouse", settings.warehouse))
    if other != settings.warehouse and other.exists():
        raise StateError(
            f"{settings.backups} has the backups of the warehouse {other};"
            " name a directory of its own for this one in TENURE_BACKUPS."
        )


def _write(connection: duckdb.DuckDBPyConnection, path: Path, tables: Sequence[StateTable]) -> None:
    connection.execute(
        f"attach {quote_text(str(path))} as backup (storage_version {quote_text(STORAGE_VERSION)})"
    )
    try:
        for table in tables:
            connection.execute(f'create schema if not exists backup."{table.schema}"')
            connection.execute(f"create table backup.{table.label} as from {table.label}")
        connection.execute("checkpoint backup")
    finally:
        connection.execute("detach backup")


def _compare(path: Path, content: dict[str, list]) -> None:
    """Read a backup as it is on the disk; StateError where it is not what was to be kept."""
    with duckdb.connect(path, read_only=True) as connection:
        for label, expected in content.items():
            found = _content(connection, label)
            if found != expected:
                raise StateError(
                    f"The backup {path} of {label} has {found[0]:,} rows in place of"
                    f" {expected[0]:,}, or others; look after the disk."
                )


def _content(connection: duckdb.DuckDBPyConnection, label: str) -> list:
    """Rows of a table and the sum of their hashes, which says whether another has the same rows."""
    return list(
        connection.execute(
            f"select count(*), coalesce(sum(hash(rows_of)), 0)::varchar from {label} as rows_of"
        ).fetchall()[0]
    )
