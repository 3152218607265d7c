"""The landing files as they stood when they were checked, and whether they still do.

The check reads every file, and dbt reads them again, for minutes. A loader that writes into a file
or puts another in its place meanwhile would make one day of two deliveries. So what each file
looked like at the check is noted beside the working file, and compared after every step that reads
them and before anything is published.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from orchestration.backups import state_source
from orchestration.contract import Table
from orchestration.landing import Landing, LandingError, Problem, check_landing
from orchestration.settings import Settings
from orchestration.state import StateTable, built_days, drop_state

Stamps = Mapping[str, list[int]]  # path -> size, time of change, number of the file

NOTE = "landing_files.json"
WAITS = (2.0, 5.0, 10.0)
RECENT_SECONDS = 60
MAX_NAMED = 5


class LandingChangedError(LandingError):
    """Files changed while they were read; nothing that was made of them is to be believed."""

    def __init__(self, paths: Sequence[str]) -> None:
        named = ", ".join(paths[:MAX_NAMED])
        more = f" and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else ""
        super().__init__(
            [
                Problem(
                    f"the landing files changed while they were read: {named}{more};"
                    " expected files that stay as they are until the refresh has ended"
                    " (write under another name, then rename)"
                )
            ]
        )


def stamp_files(directory: Path, contract: Sequence[Table]) -> Stamps:
    """Size, time of change and number of every data file of the contract's tables."""
    stamps = {}
    for table in contract:
        folder = directory / table.source / table.name
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            stamp = _stamp(path)
            if path.suffix.lower() in (".parquet", ".csv") and path.name[0] not in "._" and stamp:
                stamps[str(path)] = stamp
    return stamps


def check_quiet_landing(
    directory: Path,
    contract: Sequence[Table],
    waits: Sequence[float] = WAITS,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Landing, Stamps]:
    """The landing data, checked, with its files as they stood meanwhile.

    Files that changed while they were read are read again after a wait, and so is what cannot be
    read where a file is so new that it may still be written. Nothing else gets better by waiting.
    """
    directory = directory.expanduser().resolve()
    for wait in (*waits, None):
        before = stamp_files(directory, contract)
        try:
            landing = check_landing(directory, contract)
        except LandingError:
            if wait is None or not _is_being_written(directory, contract, before, wait, sleep):
                raise
            continue
        changed = _changed(before, stamp_files(directory, contract))
        if not changed:
            return landing, before
        if wait is None:
            raise LandingChangedError(changed)
        sleep(wait)
    raise AssertionError("the last turn returns or raises")


def note_files(connection: duckdb.DuckDBPyConnection, warehouse: Path, stamps: Stamps) -> None:
    """Note what the landing files look like, and that nothing that is made of them is published.

    State without an older note is of an earlier version of the refresh, which published it.
    """
    is_first = not (warehouse / NOTE).exists() and not built_days(connection)["days"]
    is_ever_published = not is_first and noted(warehouse).is_ever_published
    _write(warehouse, _Note(stamps, False, is_ever_published))


def mark_published(warehouse: Path) -> None:
    """Note that what was made of the files is published."""
    _write(warehouse, _Note(noted(warehouse).files, True, True))


def ensure_unchanged(warehouse: Path) -> None:
    """Raise LandingChangedError where a file that was checked is no longer what it was.

    A file that came since is no part of this refresh: the views name those that were checked.
    """
    before = noted(warehouse).files or {}
    changed = _changed(before, {path: _stamp(Path(path)) for path in before})
    if changed:
        raise LandingChangedError(changed)


@contextmanager
def landing_kept(warehouse: Path) -> Iterator[None]:
    """Within, the landing files are read; a change of them is told before what came of it."""
    try:
        yield
    finally:
        ensure_unchanged(warehouse)


def forget_unpublished(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    stamps: Stamps,
    tables: Sequence[StateTable],
) -> str | None:
    """Forget the state if a refresh that was not published made it of other files; what was done.

    What readers never saw did not happen: a lock made of a delivery that failed its checks, or of
    half of one, would stay when the right one comes. The newest publication has the state as it
    was; where it cannot give it back, the state is kept. Made of the same files it
    would come out the same, and is kept: days that were caught up with need not be replayed again.
    """
    note = noted(settings.warehouse)
    if note.is_published or note.files is None or note.files == stamps:
        return None
    if note.is_ever_published and not _has_state(state_source(settings)[0]):
        return None
    drop_state(connection, tables)
    return (
        "the last refresh was not published, and the landing files have changed since:"
        " what it locked and froze is forgotten"
    )


@dataclass(frozen=True)
class _Note:
    """What the newest refresh noted: the files, and what became of what was made of them."""

    files: Stamps | None = None
    is_published: bool = False
    is_ever_published: bool = True


def noted(warehouse: Path) -> _Note:
    """The note of the newest refresh; of a warehouse without one nothing is known."""
    try:
        text = (warehouse / NOTE).read_text(encoding="utf-8")
        return _Note(**json.loads(text))
    except (OSError, ValueError, TypeError):
        return _Note()


def _write(warehouse: Path, note: _Note) -> None:
    new = warehouse / f".{NOTE}.tmp"
    new.write_text(json.dumps(asdict(note)), encoding="utf-8")
    new.replace(warehouse / NOTE)


def _has_state(source: Path) -> bool:
    try:
        with duckdb.connect(source, read_only=True) as connection:
            return bool(built_days(connection)["days"])
    except duckdb.Error:
        return False


def _changed(before: Mapping[str, list[int]], after: Mapping[str, list[int] | None]) -> list[str]:
    """Files that are new, gone, or no longer what they were."""
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _is_being_written(
    directory: Path,
    contract: Sequence[Table],
    before: Stamps,
    wait: float,
    sleep: Callable[[float], None],
) -> bool:
    """Whether files changed since, or do while we wait for those that changed just now."""
    if _changed(before, stamp_files(directory, contract)):
        sleep(wait)
        return True
    now = time.time_ns()
    if not any(abs(now - stamp[1]) < RECENT_SECONDS * 10**9 for stamp in before.values()):
        return False
    sleep(wait)
    return bool(_changed(before, stamp_files(directory, contract)))


def _stamp(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ino]
