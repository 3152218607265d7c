"""A full disk, while dbt builds and while the new file is written for publishing.

Where this process may mount, the disk is one of memory, as small as it is to be. Elsewhere the
system lets no file of the refresh grow beyond a size, which is met at the same places.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

from orchestration.drills.company import Company, Ended, runs_of, working_file
from orchestration.drills.report import Outcome
from orchestration.settings import PUBLISHED_FILE

FAILED = 1
MARGIN = 1 << 20


def disk_drill(company: Company) -> Iterator[Outcome]:
    """Full in dbt, full in publishing; then there is room again."""
    company.prepare()
    before = _used(company.undisturbed_yesterday)
    published = (company.undisturbed_today / PUBLISHED_FILE).stat().st_size
    rooms = {
        "dbt": before + MARGIN,
        "publish": _used(company.undisturbed_today) - published // 2,
    }
    for step, room in rooms.items():
        yield _full(company, step, room)


def _full(company: Company, step: str, room: int) -> Outcome:
    warehouse = company.warehouse
    disk = _Disk.mounted(warehouse, room)
    try:
        company.yesterdays()
        if disk is None:
            limit = working_file(company.undisturbed_today).stat().st_size
            size = limit * 2 // 3 if step == "dbt" else limit
            ended = company.refresh(warehouse, preexec_fn=lambda: _limit(size))
            how = f"no file may grow beyond {size >> 20} MB"
        else:
            ended = company.refresh(warehouse)
            how = f"a disk of {room >> 20} MB"
        problems = _judge(company, warehouse, ended)
        if disk is not None:
            disk.grow(room * 4)
        problems.append(company.next_is_right(warehouse))
        failed = [run for run in runs_of(warehouse / PUBLISHED_FILE) if run["exit_code"] == FAILED]
        found = failed[-1]["failed_step"] if failed else "none"
        if found not in ("catch_up", "dbt", "publish"):
            problems.append(f"the table of runs names the step {found}")
    finally:
        if disk is not None:
            disk.unmount()
    return Outcome(
        f"disk full, room until {step}: {how}",
        f"exit code 1 in {found}, the cause told, yesterday stays; with room again the next"
        " refresh published the undisturbed marts",
        [problem for problem in problems if problem],
    )


def _judge(company: Company, warehouse: Path, ended: Ended) -> list[str]:
    problems = [company.is_old(warehouse)]
    if ended.code != FAILED:
        problems.append(f"ended with {ended.code}, not 1")
    if not any(word in ended.err for word in ("No space left", "too large", "space", "full")):
        problems.append(f"the cause is not told: {ended.err[-500:]}")
    if "Traceback" in ended.err:
        problems.append(f"a traceback: {ended.err[-500:]}")
    return problems


class _Disk:
    """A disk of memory, as small as it is to be."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @classmethod
    def mounted(cls, place: Path, size: int) -> _Disk | None:
        """The disk; None where this process may not mount."""
        place.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        try:
            mounted = subprocess.run(command, capture_output=True, check=False)
        except OSError:
            return None
        return cls(place) if mounted.returncode == 0 else None

    def grow(self, size: int) -> None:
        """Make room."""
        options = f"remount,size={size}"
        subprocess.run(["mount", "-o", options, str(self.place)], check=True)

    def unmount(self) -> None:
        """Give it back."""
        subprocess.run(["umount", str(self.place)], check=True)


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _used(directory: Path) -> int:
    """What a directory takes on a disk, in whole pages."""
    page = os.sysconf("SC_PAGE_SIZE")
    files = [path for path in directory.rglob("*") if path.is_file()]
    return sum(-(-path.stat().st_size // page) * page for path in files)
