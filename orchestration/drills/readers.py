"""Ten refreshes, a day each, while readers ask the published file in a loop.

The days are lived: each finds the landing data that was there on it. Afterwards the same days are
replayed from the newest landing data, one by one, and must come out the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.drills.company import Company, Content, content, cut_landing, differing
from orchestration.drills.report import Outcome
from orchestration.settings import PUBLISHED_FILE

READERS = 2
# What a reader sees must be of one day: the bridge ends where the customers' CMRR is.
QUERY = """
    select
        (select max(as_of_date) from marts.fct_refresh_days),
        (select count(*) from marts.dim_customers),
        (select sum(ending_cmrr) from marts.fct_cmrr_bridge),
        (select sum(amount) from marts.fct_cmrr_movements),
        (select count(*) from snapshots.contracts_snapshot)
"""


def reader_drill(company: Company, days: int) -> Iterator[Outcome]:
    """Live the days before today with readers beside, then replay them."""
    first = company.today - timedelta(days=days - 1)
    whole = company.landing
    before = first - timedelta(days=1)
    seen: dict[date, Content] = {}
    problems: list[str] = []
    readers: list[subprocess.Popen[str]] = []
    kept = company.directory
    shutil.rmtree(company.warehouse, ignore_errors=True)
    try:
        for day in [before + timedelta(days=number) for number in range(days + 1)]:
            company.landing = cut_landing(whole, company.directory / "landing-lived", day)
            ended = company.refresh(company.warehouse)
            if ended.code:
                problems.append(f"{day} ended with {ended.code}: {ended.err[:300]}")
                break
            seen[day] = content(company.warehouse / PUBLISHED_FILE)
            if day == before:
                kept = company.keep("before")
                readers = [
                    _start_reader(company.warehouse / PUBLISHED_FILE) for _ in range(READERS)
                ]
    finally:
        company.landing = whole
        told = [_stop(reader) for reader in readers]
    queries = sum(reader["queries"] for reader in told)
    problems += [error for reader in told for error in reader["errors"][:2]]
    days_seen = {answer[0] for reader in told for answer in reader["answers"]}
    for day in days_seen:
        answers = {json.dumps(a) for r in told for a in r["answers"] if a[0] == day}
        if len(answers) > 1:
            problems.append(f"of {day} readers saw {len(answers)} different states")
    if missed := {str(day) for day in list(seen)[1:-1]} - days_seen:
        problems.append(f"no reader saw {sorted(missed)}")
    yield Outcome(
        f"{READERS} readers, each opening the published file and asking in a loop,"
        f" through {len(seen) - 1} refreshes of a day each",
        f"{queries:,} queries, no error; each saw whole days only, {len(days_seen)} of them",
        problems,
    )
    yield _replayed(company, seen, kept)


def _replayed(company: Company, seen: dict[date, Content], kept: Path) -> Outcome:
    warehouse = company.begin_from(kept)
    problems = []
    for day in list(seen)[1:]:
        ended = company.refresh(warehouse, as_of=day)
        if ended.code:
            problems.append(f"{day} ended with {ended.code}: {ended.err[:300]}")
            break
        if difference := differing(seen[day], content(warehouse / PUBLISHED_FILE)):
            problems.append(f"{day} differs: {difference}")
    return Outcome(
        f"the same {len(seen) - 1} days replayed one by one from the newest landing data",
        f"the same {len(next(iter(seen.values())))} tables on every one of them: locks, closes,"
        " snapshots and marts",
        problems,
    )


def _start_reader(published_file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.drills.readers", str(published_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )


def _stop(reader: subprocess.Popen[str]) -> dict:
    out, _ = reader.communicate(input="stop\n")
    return json.loads(out)


def read_in_a_loop(published_file: str) -> None:
    """Open, ask, close, until something is written to the standard input."""
    import select

    queries, errors, answers = 0, [], {}
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        try:
            with duckdb.connect(published_file, read_only=True) as connection:
                row = [str(value) for value in connection.execute(QUERY).fetchall()[0]]
            answers[tuple(row)] = row
        except Exception as error:
            errors.append(str(error))
        queries += 1
    print(json.dumps({"queries": queries, "errors": errors, "answers": list(answers.values())}))


if __name__ == "__main__":
    read_in_a_loop(sys.argv[1])
