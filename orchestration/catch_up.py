"""Catching up: days that were missed and on which something is written once are replayed in order.

A lock is of the first day of its period, a frozen bridge of the day of its close. A refresh that
was not run on such a day (or that learns of a close a day later) first builds the state as of that
day, then the day that it was asked for. A close is known to the replay though its row was loaded
later; nothing else is. So living day by day and catching up write the same rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.landing import local_date
from orchestration.settings import project_variable
from orchestration.state import (
    TAG,
    StateTable,
    built_days,
    drop_state,
    frozen_closes,
)
from orchestration.working_file import finish_day, start_day, unfinished_days

MAX_REPLAYS = 24
DAY_VARIABLES = {"as_of_date": "TENURE_AS_OF", "closes_known_by": "TENURE_CLOSES_KNOWN_BY"}

RunDbt = Callable[[list[str]], None]


class CatchUpError(Exception):
    """More days were missed than a refresh replays unasked; the text says how to ask."""


@dataclass(frozen=True)
class Replay:
    """A missed day, and what falls on it: a lock, a close, or both."""

    day: date
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.day} ({' and '.join(self.reasons)})"


@dataclass(frozen=True)
class History:
    """The days that were built: the first ever, and those whose build came to its end."""

    first: date | None = None
    finished: frozenset[date] = frozenset()


def lock_days(after: date, before: date, period: str, fiscal_year_start_month: int) -> list[date]:
    """First days of the fiscal months (or quarters) strictly between two days."""
    step = {"month": 1, "quarter": 3}[period]
    days = []
    day = after.replace(day=1)
    while day < before:
        if day > after and (day.month - fiscal_year_start_month) % step == 0:
            days.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return days


def missed_days(
    history: History, as_of: date, lock_period_starts: Iterable[date], closes: Iterable[date]
) -> list[Replay]:
    """What is to be replayed before ``as_of``, in order.

    Of the days on which a lock period begins, those after the newest build that were not built; of
    the closes that are known and not frozen, the day on which each fell, or the first day ever
    built where that is later: as of earlier days there may be no data. A first build that did not
    end. Before the first build there is nothing to catch up with: it backfills.
    """
    if history.first is None:
        return []
    newest = max(history.finished, default=None)
    reasons: dict[date, list[str]] = {}
    for day in lock_period_starts:
        after = newest is None or day > newest
        if history.first < day < as_of and after and day not in history.finished:
            reasons.setdefault(day, []).append("lock")
    for close in closes:
        day = max(close, history.first)
        if day < as_of and "close" not in reasons.setdefault(day, []):
            reasons[day].append("close")
    if history.first < as_of and history.first not in history.finished:
        reasons.setdefault(history.first, []).append("first build")
    return [Replay(day, tuple(names)) for day, names in sorted(reasons.items()) if names]


def build_arguments(as_of: date, *, full_refresh: bool = False) -> list[str]:
    """The dbt command that builds everything as of a day and tests the data.

    Unit tests are of the code and not of the data: they run where the code is changed.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test", *_variables(as_of_date=as_of)]
    return [*arguments, "--full-refresh"] if full_refresh else arguments


def replay_arguments(day: date, closes_known_by: date) -> list[str]:
    """The dbt command that builds the state as of a missed day, and what it is made of."""
    select = ["--select", f"+tag:{TAG}", "--indirect-selection", "cautious"]
    known = _variables(as_of_date=day, closes_known_by=closes_known_by)
    return ["build", *select, "--exclude-resource-type", "unit_test", *known]


def closes_arguments(as_of: date) -> list[str]:
    """The dbt command that finds the closes which are known by a day."""
    return ["run", "--select", "+int_period_closes", *_variables(as_of_date=as_of)]


def catch_up(
    working_file: Path,
    as_of: date,
    tables: Iterable[StateTable],
    run_dbt: RunDbt,
    *,
    many: bool = False,
) -> list[Replay]:
    """Replay what was missed before ``as_of``; the days that were.

    Raises CatchUpError, with nothing replayed, where it is more than MAX_REPLAYS and not ``many``.
    """
    history = _read_history(working_file, as_of, list(tables))
    if history.first is None:
        return []
    closes = _unfrozen_closes(working_file, as_of, run_dbt)
    period, start_month = map(project_variable, ("expected_cmrr_lock", "fiscal_year_start_month"))
    starts = lock_days(history.first, as_of, period, start_month)
    replays = missed_days(history, as_of, starts, closes)
    if len(replays) > MAX_REPLAYS and not many:
        raise CatchUpError(
            f"{len(replays)} days on which a period is locked or closed were missed,"
            f" from {replays[0].day} to {replays[-1].day}; a refresh replays {MAX_REPLAYS} unasked."
            " Run make refresh CATCH_UP=1 (or give --catch-up) to replay them all."
        )
    for number, replay in enumerate(replays, start=1):
        print(f"Replaying {replay}, {number} of {len(replays)}", flush=True)
        with day_in_progress(working_file, replay.day):
            run_dbt(replay_arguments(replay.day, as_of))
    return replays


@contextmanager
def day_in_progress(working_file: Path, day: date) -> Iterator[None]:
    """Within, a day is being built; one that does not come to its end is remembered as missed."""
    with duckdb.connect(working_file) as connection:
        start_day(connection, day)
    yield
    with duckdb.connect(working_file) as connection:
        finish_day(connection, day)


def _read_history(working_file: Path, as_of: date, tables: list[StateTable]) -> History:
    """The days built; a first build that never ended and is not asked for again is forgotten."""
    with duckdb.connect(working_file) as connection:
        built = built_days(connection)
        finished = frozenset(built["days"]) - unfinished_days(connection)
        first = built["first"][0] if built["first"] else None
        if built["days"] == [first] and not finished and first != as_of:
            drop_state(connection, tables)
            return History()
        return History(first, finished)


def _unfrozen_closes(working_file: Path, as_of: date, run_dbt: RunDbt) -> list[date]:
    """Days of the closes that are known by ``as_of`` and not frozen yet.

    dbt is asked, as it judges the ledger's rows, and only where a raw row has a close to find.
    """
    time_zone = project_variable("time_zone")
    with duckdb.connect(working_file, read_only=True) as connection:
        frozen = frozen_closes(connection)
        landed: list[tuple[date, datetime]] = connection.execute(
            "select period_start, closed_at, loaded_at from raw_ledger.fiscal_periods"
            " where closed_at is not null and loaded_at is not null"
            " and extract(day from period_start) = 1 and period_end = last_day(period_start)"
        ).fetchall()
    if not any(
        (month, closed_at) not in frozen
        and local_date(closed_at, time_zone) < as_of
        and local_date(loaded_at, time_zone) <= as_of
        for month, closed_at, loaded_at in landed
    ):
        return []
    print("Looking for closes that are not frozen yet", flush=True)
    run_dbt(closes_arguments(as_of))
    with duckdb.connect(working_file, read_only=True) as connection:
        closes = connection.execute(
            "select month, closed_at, close_date from intermediate.int_period_closes order by 3, 2"
        ).fetchall()
    return [day for month, closed_at, day in closes if (month, closed_at) not in frozen]


def _variables(**days: date) -> list[str]:
    return ["--vars", json.dumps({name: day.isoformat() for name, day in days.items()})]


@contextmanager
def days_in_environment(arguments: list[str]) -> Iterator[list[str]]:
    """Within, the days that the arguments name are in the environment; the arguments without them.

    dbt parses the whole project anew when a variable of its command line changes, which takes
    longer than a replay; what the environment says it reads when it runs.
    """
    before = {name: os.environ.get(name) for name in DAY_VARIABLES.values()}
    at = arguments.index("--vars")
    days = json.loads(arguments[at + 1])
    for variable, name in DAY_VARIABLES.items():
        os.environ[name] = days.get(variable, "")
    try:
        yield arguments[:at] + arguments[at + 2 :]
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
