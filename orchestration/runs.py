"""The record of every refresh: what it read and made, how it ended, where its time went.

A refresh tells a journal beside the working file (``runs.jsonl``) when it begins, when a step
begins, and how it ended. The journal can be written where no warehouse can: while another refresh
holds it, or when the file is broken. From it the table ``ops.refresh_runs`` is made, in the working
file and in the published one, apart from the marts; one of the three is enough to bring back the
others. A refresh that was killed writes no end; the next one does, in its name.

Times here are the clock's, and nothing else in the warehouse is: no figure is made of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import duckdb

from orchestration.catch_up import CatchUpError
from orchestration.journal import Journal
from orchestration.landing import LandingError
from orchestration.run_table import CHECKS_JOB, COLUMNS, figures_of, rows_of_published, write_table
from orchestration.settings import Settings, SettingsError
from orchestration.webhook import tell
from orchestration.working_file import WarehouseBusyError

PUBLISHED, FAILED, BAD_INPUT, BUSY = 0, 1, 2, 3
STATUS = {
    PUBLISHED: "published",
    FAILED: "failed",
    BAD_INPUT: "refused",
    BUSY: "busy",
    None: "partial",
}
MAX_MESSAGE = 2000
MAX_NAMED = 10

_current: Run | None = None


class Run:
    """One refresh, from its first step to its end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.row: dict[str, Any] = {
            "run_id": uuid.uuid4().hex,
            "started_at": _now(),
        }
        self.has_published = False
        self.is_failed = False
        self._started = monotonic()
        self._journal = Journal(settings.warehouse)

    def begin(self) -> None:
        """The warehouse is ours: whoever else began and did not end was killed."""
        self._add_seconds("prepare", monotonic() - self._started)
        for run in self._journal.unended():
            self._journal.write({"event": "ended", **run})
            tell_failure(run, self.settings)
        self._journal.write({"event": "began", **self.row})

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Within, the run is in this step; what goes wrong is the step's failure."""
        self._journal.write(
            {"event": "step", "run_id": self.row["run_id"], "step": name, "at": _now()}
        )
        started = monotonic()
        try:
            yield
        except Exception as error:
            self.fail(error, name)
            raise
        finally:
            self._add_seconds(name, monotonic() - started)

    def note(self, **figures: Any) -> None:
        """Figures of this run, by the names of their columns."""
        self.row.update(figures)

    def keep_before_publishing(self) -> None:
        """Bring the table of runs up to date, with this one as it will be once it is published."""
        with duckdb.connect(self.settings.working_file) as connection:
            self.note(**figures_of(connection))
            others = rows_of_published(connection, self.settings.published_file)
            shown = {**self.row, **self._end(PUBLISHED)}
            write_table(connection, [*others, *self._journal.ended(), shown])

    def published(self, rows: int) -> None:
        """The published file was replaced."""
        self.has_published = True
        self.note(published_rows=rows)

    def fail(self, error: BaseException, step: str | None = None) -> None:
        """Something went wrong; the first thing counts."""
        if not self.is_failed:
            self.is_failed = True
            self.note(
                exit_code=exit_code(error),
                failed_step=step,
                message=message_of(error)[:MAX_MESSAGE],
            )

    def settle(self) -> None:
        """Bring the table of runs up to date while the warehouse is still ours.

        Where it cannot be written the next refresh does it.
        """
        self._conclude()
        if not self.settings.working_file.exists():
            return
        with suppress(duckdb.Error), duckdb.connect(self.settings.working_file) as connection:
            write_table(connection, self._journal.ended())

    def end(self) -> None:
        """It is over: the last word in the journal, and to who wants to know."""
        self._conclude()
        if self.is_failed:
            tell_failure(self.row, self.settings)

    def _conclude(self) -> None:
        if self.is_failed:
            code = self.row["exit_code"]
        else:
            code = PUBLISHED if self.has_published else None
            if code is None:
                self.row.setdefault("message", "was not asked to publish")
        if self.row.get("status") != STATUS[code]:
            self.note(**self._end(code))
            self._journal.write({"event": "ended", **self.row})

    def _end(self, code: int | None) -> dict[str, Any]:
        return {
            "ended_at": _now(),
            "exit_code": code,
            "status": STATUS[code],
            "total_seconds": round(monotonic() - self._started, 1),
        }

    def _add_seconds(self, step: str, seconds: float) -> None:
        name = f"{step}_seconds"
        if name in COLUMNS:
            self.row[name] = round(self.row.get(name, 0) + seconds, 1)


@contextmanager
def recorded(settings: Settings) -> Iterator[Run]:
    """Within, a refresh is recorded; inside another such, it is the same refresh."""
    global _current
    if _current is not None:
        yield _current
        return
    run = _current = Run(settings)
    try:
        yield run
    except BaseException as error:
        run.fail(error)
        raise
    finally:
        _current = None
        run.end()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Within, the refresh of this process is in a step; one that is run by itself is no refresh."""
    with _current.step(name) if _current is not None else nullcontext():
        yield


def note(**figures: Any) -> None:
    """Figures of the refresh of this process, by the names of their columns."""
    if _current is not None:
        _current.note(**figures)


def failed(error: BaseException) -> None:
    """Something went wrong outside of the steps of the refresh that is recorded, if any is."""
    if _current is not None:
        _current.fail(error)


def current_run() -> Run:
    """The refresh that is recorded in this process."""
    if _current is None:
        raise RuntimeError("no refresh is being recorded")
    return _current


def exit_code(error: BaseException) -> int:
    """The exit code of a refresh that an error ended."""
    if isinstance(error, (LandingError, CatchUpError, SettingsError)):
        return BAD_INPUT
    is_held = isinstance(error, WarehouseBusyError) or "Could not set lock" in str(error)
    return BUSY if is_held else FAILED


def message_of(error: BaseException) -> str:
    """What went wrong, in short: of dbt's failures the names and the first one's words."""
    if failures := getattr(error, "failures", None):
        names = ", ".join(f"{failure.kind} {failure.name}" for failure in failures[:MAX_NAMED])
        more = f" and {len(failures) - MAX_NAMED} more" if len(failures) > MAX_NAMED else ""
        return f"{len(failures)} failed: {names}{more}. {failures[0].message.strip()}"
    return str(error).strip() or type(error).__name__


def tell_failure(row: Mapping[str, Any], settings: Settings) -> None:
    """Tell the webhook of a refresh that was not published, or of checks that did not hold."""
    step_name, day = row.get("failed_step"), row.get("as_of_date")
    where = f" in {step_name}" if step_name else ""
    as_of = f" as of {day}" if day else ""
    is_check = row.get("job") == CHECKS_JOB
    what = ("weekly checks", "did not pass") if is_check else ("refresh", "was not published")
    text = f"Tenure: the {what[0]}{as_of} {what[1]} ({row['status']}{where})"
    tell(
        {
            "text": f"{text}: {row.get('message')}",
            "warehouse": str(settings.warehouse),
            **{name: row.get(name) for name in COLUMNS},
        }
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
