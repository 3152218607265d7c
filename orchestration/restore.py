"""Bring state back from a backup, ``python -m orchestration.restore``.

Without a name it lists the backups. With one, the tables that only grow become in the working file
what they were in the backup; as they stood before, they are backed up first. Everything else, and
what is published, stays until the next refresh, which replays the days that are missed by then.
Where the working file is lost nobody need run this: a refresh takes the newest state by itself.

Exit codes: 0 done, or listed; 1 the backup cannot be used; 2 a setting is wrong; 3 a refresh or
another program holds the warehouse.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date

import duckdb

from orchestration.backups import back_up, backups_told, kept_versions, mark_published
from orchestration.project import ParseError, prepare_manifest, read_manifest
from orchestration.sealed import damage, sealed_files
from orchestration.settings import Settings, SettingsError, read_settings
from orchestration.state import StateError, StateTable, replace_state, state_tables
from orchestration.working_file import (
    WarehouseBusyError,
    finish_day,
    open_working_file,
    start_day,
    unfinished_days,
    warehouse_lock,
)

DONE, FAILED, BAD_INPUT, BUSY = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """List the backups, or bring one back; the exit code says how it went."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.restore", description=__doc__.splitlines()[0]
    )
    parser.add_argument("backup", nargs="?", help="name of the backup (default: list them)")
    name = parser.parse_args(arguments or []).backup
    try:
        settings = read_settings(reads_landing=False)
        if name is None:
            print(backups_told(settings))
            return DONE
        prepare_manifest()
        with warehouse_lock(settings.warehouse):
            rows = bring_back(settings, name, state_tables(read_manifest()))
    except SettingsError as error:
        return _failed(BAD_INPUT, error)
    except (StateError, ParseError, duckdb.Error, OSError) as error:
        return _failed(FAILED, error)
    except WarehouseBusyError as error:
        return _failed(BUSY, f"Not brought back: {error}.")
    print(
        f"Brought back from backup {name}: {len(rows)} tables, {sum(rows.values()):,} rows."
        " The next refresh builds on them."
    )
    return DONE


def bring_back(settings: Settings, name: str, tables: list[StateTable]) -> dict[str, int]:
    """The state of a backup in place of what the working file has; rows by table.

    It counts as the state of what is published, so that it is this that comes back should the
    working file be lost before the next refresh. Raises StateError, with nothing done, where the
    backup is damaged or there is none.
    """
    known = {backup.name: backup for backup in sealed_files(settings.backups)}
    if name not in known:
        raise StateError(f"There is no backup {name!r}. {backups_told(settings)}")
    if wrong := damage(known[name]):
        raise StateError(f"Backup {name} cannot be used: {wrong}")
    connection, _ = open_working_file(settings.working_file)
    with connection:
        back_up(connection, settings, tables, spared=[name])
        rows = replace_state(connection, known[name].path, tables)
        unfinished = map(date.fromisoformat, known[name].note["unfinished_days"])
        for day in unfinished_days(connection):
            finish_day(connection, day)
        for day in unfinished:
            start_day(connection, day)
        again = back_up(connection, settings, tables)
    versions = kept_versions(settings)
    if again is not None and versions:
        mark_published(again, versions[0])
    return rows


def _failed(code: int, text: object) -> int:
    print(text, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
