"""Sealed files: a file beside a note that says what is in it, and by its hash that it still is.

Kept versions of what is published and backups of state are such files, named by the second in
which they were made, so that their names are in their order. The note is put in place last: what
has none is not whole, and is not seen.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NAME_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Sealed:
    """A sealed file; ``note`` is what was said of it when it was made."""

    path: Path
    note: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The second in which it was made, as in 20260131T060000Z; what it is asked for by."""
        return self.path.stem

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return datetime.strptime(self.name, NAME_FORMAT).replace(tzinfo=UTC)


def new_path(directory: Path, now: datetime | None = None) -> Path:
    """A path for a file made now: after all that are there, whatever the clock says."""
    made_at = (now or datetime.now(UTC)).replace(microsecond=0)
    if before := sealed_files(directory):
        made_at = max(made_at, before[0].made_at + timedelta(seconds=1))
    return directory / f"{made_at.strftime(NAME_FORMAT)}.duckdb"


def seal(path: Path, note: Mapping[str, Any]) -> Sealed:
    """Wait until the file is on the disk, then put its note beside it, with its hash."""
    sync(path)
    size = path.stat().st_size
    return annotate(Sealed(path, note), {"bytes": size, "sha256": _hash(path)})


def annotate(sealed: Sealed, more: Mapping[str, Any]) -> Sealed:
    """Say more of a sealed file."""
    noted = Sealed(sealed.path, {**sealed.note, **more})
    written = sealed.path.with_suffix(".json.tmp")
    written.write_text(json.dumps(noted.note, indent=2, default=str) + "\n", encoding="utf-8")
    sync(written)
    written.replace(sealed.path.with_suffix(".json"))
    sync(sealed.path.parent)
    return noted


def sealed_files(directory: Path) -> list[Sealed]:
    """The sealed files of a directory, newest first; those without a readable note are no such."""
    found = []
    for note in directory.glob("*.json"):
        if not is_name(note.stem):
            continue
        try:
            found.append(Sealed(note.with_suffix(".duckdb"), json.loads(note.read_text("utf-8"))))
        except (OSError, ValueError):
            continue
    return sorted(found, key=lambda sealed: sealed.name, reverse=True)


def damage(sealed: Sealed) -> str | None:
    """What is wrong with a sealed file; None where it is as it was made."""
    try:
        size = sealed.path.stat().st_size
        if size != sealed.note.get("bytes"):
            return f"it has {size:,} bytes of {sealed.note.get('bytes', 0):,}"
        if _hash(sealed.path) != sealed.note.get("sha256"):
            return "its content is not what was written"
    except OSError as error:
        return str(error)
    return None


def remove(sealed: Sealed) -> None:
    """Remove a sealed file, its note first: what is half removed is not seen."""
    sealed.path.with_suffix(".json").unlink(missing_ok=True)
    sealed.path.unlink(missing_ok=True)


def clear_unsealed(directory: Path) -> None:
    """Remove what killed runs left: temporary files, and files that came to no note.

    Only files with names as ours are: the directory may be one that somebody else uses too.
    """
    noted = {note.stem for note in directory.glob("*.json")}
    for path in directory.iterdir():
        name, _, kind = path.name.partition(".")
        if is_name(name) and kind != "json" and (kind != "duckdb" or name not in noted):
            path.unlink()


def is_name(text: str) -> bool:
    """Whether a sealed file could have this name."""
    try:
        return datetime.strptime(text, NAME_FORMAT).strftime(NAME_FORMAT) == text
    except ValueError:
        return False


def sync(path: Path) -> None:
    """Wait until a file's content, or a directory's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
