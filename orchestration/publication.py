"""Publication: a version of what is published, shown at every place, kept, and gone back to.

A refresh writes a version into a file of its own, prepares it at each place that is set up (Parquet
files, PostgreSQL) without anybody seeing it, and then shows it everywhere within moments: first
PostgreSQL, which can still refuse, then names that are replaced on the disk, ``published.duckdb``
last. If anything fails before, all places keep what they had. The newest versions are kept; going
back to one shows it in the same way.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.backups import back_up, kept_versions, mark_published
from orchestration.catch_up import day_in_progress
from orchestration.parquet_files import ParquetTarget
from orchestration.postgres import PostgresTarget
from orchestration.publish import PublishError
from orchestration.sealed import (
    Sealed,
    annotate,
    clear_unsealed,
    damage,
    new_path,
    remove,
    seal,
    sealed_files,
    sync,
)
from orchestration.settings import Settings
from orchestration.state import StateError, StateTable
from orchestration.working_file import WarehouseBusyError, read_day


def publish_everywhere(
    settings: Settings,
    state: Sequence[StateTable],
    write: Callable[[Path], dict[str, int]],
    now: datetime | None = None,
) -> dict[str, int]:
    """Back up the state, then have a version written and shown at every place; rows per table.

    ``write`` writes the published tables to the path it is given. Raises PublishError, with every
    place as it was, if anything fails before the first of them is shown. Until then the day counts
    as one whose refresh did not come to its end: what it tells of itself was shown to nobody.
    """
    as_of = read_day(settings.working_file)
    try:
        with duckdb.connect(settings.working_file) as connection:
            backup = back_up(connection, settings, state, now)
    except (StateError, duckdb.Error) as error:
        raise _not_replaced(settings, error) from error
    with day_in_progress(settings.working_file, as_of), _publishing(settings, wait=True):
        try:
            settings.versions.mkdir(parents=True, exist_ok=True)
            _clear_unshown(settings)
            path = new_path(settings.versions, now)
            rows = write(path)
        except PublishError as error:
            raise _not_replaced(settings, error.__cause__ or error) from error
        except (OSError, duckdb.Error) as error:
            raise _not_replaced(settings, error) from error
        try:
            version = seal(path, {"as_of": as_of.isoformat(), "rows": rows})
            _show(settings, version)
        except (PublishError, OSError, duckdb.Error) as error:
            remove(Sealed(path, {}))
            raise _not_replaced(settings, error) from error
        try:
            annotate(version, {"shown": True})
            if backup is not None:
                mark_published(backup, version)
            _keep_newest(settings)
        except OSError as error:
            raise PublishError(
                f"{settings.published_file} was replaced, but not noted as a version to go back to:"
                f" {error}"
            ) from error
    return rows


def roll_back(settings: Settings, name: str) -> Sealed:
    """Show a version that was kept, at every place, as a refresh shows a new one.

    The state that only grows is in the working file and its backups, and stays as it is. Raises
    PublishError, with every place as it was, and WarehouseBusyError while something is published.
    """
    with _publishing(settings, wait=False):
        known = {version.name: version for version in kept_versions(settings)}
        if name not in known:
            raise PublishError(f"There is no version {name!r}. {versions_told(settings)}")
        if wrong := damage(known[name]):
            raise PublishError(f"Version {name} cannot be gone back to: {wrong}")
        try:
            _show(settings, known[name])
        except (OSError, duckdb.Error) as error:
            raise _not_replaced(settings, error) from error
    return known[name]


def versions_told(settings: Settings) -> str:
    """The versions that are kept, newest first, for a person to choose from."""
    versions = kept_versions(settings)
    if not versions:
        return "No version is kept yet: the next refresh keeps the first one."
    lines = [
        f"  {version.name}  as of {version.note['as_of']},"
        f" {sum(version.note['rows'].values()):,} rows, {version.note['bytes'] / 1e6:,.1f} MB"
        f"{'  (published now)' if _is_shown(settings, version) else ''}"
        for version in versions
    ]
    return "\n".join(["Versions that are kept:", *lines])


def rewrite_kept(settings: Settings, rewrite: Callable[[Path], int]) -> int:
    """Have every kept version and backup written anew, as to take a person out; what was changed.

    ``rewrite`` replaces the file at a path in one step and says how much it changed. A file that
    is damaged is removed: nobody can say what is in it.
    """
    changes = 0
    with _publishing(settings, wait=True):
        for kept in [*sealed_files(settings.versions), *sealed_files(settings.backups)]:
            if damage(kept):
                remove(kept)
                continue
            was_shown = _is_shown(settings, kept)
            if changed := rewrite(kept.path):
                changes += changed
                seal(kept.path, kept.note)
                if was_shown:
                    _link(kept.path, settings.published_file)
                if settings.parquet:
                    ParquetTarget(settings.parquet).forget(kept.name)
    return changes


def _show(settings: Settings, version: Sealed) -> None:
    """Prepare everywhere, then show everywhere, ``published.duckdb`` last."""
    targets: list[PostgresTarget | ParquetTarget] = []
    if settings.postgres:
        targets.append(PostgresTarget(settings.postgres, settings.postgres_readers))
    if settings.parquet:
        targets.append(ParquetTarget(settings.parquet))
    shown: list[str] = []
    try:
        with duckdb.connect(version.path, read_only=True) as tables:
            # Files before PostgreSQL, whose transaction then is open for no longer than it loads.
            for target in reversed(targets):
                target.prepare(version.name, tables)
        for target in targets:
            target.switch()
            shown.append(target.name)
        _link(version.path, settings.published_file)
    except (PublishError, OSError, duckdb.Error) as error:
        if not shown:
            raise
        raise PublishError(
            f"{error}\n{' and '.join(shown)} had been replaced before: run the refresh again"
        ) from error
    finally:
        for target in targets:
            target.close()


def _link(version_file: Path, published_file: Path) -> None:
    """Make a kept file the published one, in one step; it stays kept."""
    for left_over in published_file.parent.glob(f"{published_file.name}.*.tmp*"):
        left_over.unlink()
    new_file = published_file.with_name(f"{published_file.name}.{os.getpid()}.tmp")
    try:
        new_file.hardlink_to(version_file)
    except OSError:
        # A file system without hard links.
        shutil.copy2(version_file, new_file)
        sync(new_file)
    new_file.replace(published_file)
    # Renaming onto another name of the same file leaves both.
    new_file.unlink(missing_ok=True)
    sync(published_file.parent)


def _is_shown(settings: Settings, version: Sealed) -> bool:
    try:
        kept, published = version.path.stat(), settings.published_file.stat()
    except OSError:
        return False
    return (kept.st_size, kept.st_mtime_ns) == (published.st_size, published.st_mtime_ns)


def _clear_unshown(settings: Settings) -> None:
    """Remove what a killed run left: a version that nobody saw is none."""
    clear_unsealed(settings.versions)
    for version in sealed_files(settings.versions):
        if not (version.note.get("shown") or _is_shown(settings, version)):
            remove(version)


def _keep_newest(settings: Settings) -> None:
    versions = kept_versions(settings)
    for version in versions[settings.keep_versions :]:
        if not _is_shown(settings, version):
            remove(version)
    if settings.parquet:
        ParquetTarget(settings.parquet).keep({v.name for v in versions[: settings.keep_versions]})


def _not_replaced(settings: Settings, error: BaseException) -> PublishError:
    return PublishError(f"{settings.published_file} was not replaced: {error}")


@contextmanager
def _publishing(settings: Settings, *, wait: bool) -> Iterator[None]:
    """Alone in what is published: a refresh waits for a rollback, which takes seconds; a rollback
    does not wait, as it would undo what is being published at the moment."""
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    with (settings.warehouse / ".publishing").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise WarehouseBusyError(
                f"a refresh, or another rollback, is publishing into {settings.warehouse};"
                " look at what is published when it has ended, and run again if need be"
            ) from None
        yield
