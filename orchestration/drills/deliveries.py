"""Landing files that are half written, broken, or replaced while they are read."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.casts import quote_text
from orchestration.drills.company import Company, runs_of, working_file
from orchestration.drills.kills import kill
from orchestration.drills.report import Outcome

TABLE = "billing/order_lines"
FILE = "part-0.parquet"
BAD_INPUT = 2


def delivery_drill(company: Company) -> Iterator[Outcome]:
    """Refusals first, each on what the one before left; then what is right is delivered."""
    good = company.directory / "good"
    shutil.rmtree(good, ignore_errors=True)
    shutil.copytree(company.landing / TABLE, good)
    file = company.landing / TABLE / FILE
    warehouse = company.yesterdays()
    try:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        yield _refused(company, warehouse, "a Parquet file half written", FILE)

        # Bytes in the midst of the data; the footer, which names the columns, is whole.
        spoilt = bytearray(whole)
        spoilt[len(whole) // 4 : len(whole) // 2] = random.Random(1).randbytes(
            len(whole) // 2 - len(whole) // 4
        )
        file.write_bytes(bytes(spoilt))
        yield _refused(company, warehouse, "a Parquet file with spoilt pages", FILE)

        file.unlink()
        lines = _as_csv(good / FILE, file.with_suffix(".csv"))
        file.with_suffix(".csv").write_bytes(lines[: int(len(lines) * 0.7)].rstrip(b"\n")[:-25])
        yield _refused(company, warehouse, "a CSV file half written", "part-0.csv")
        file.with_suffix(".csv").unlink()

        yield _replaced(company, warehouse, good)

        file.write_bytes(whole[: len(whole) // 2])
        writer = threading.Timer(4.0, _write_whole, (file, whole))
        writer.start()
        problem = company.next_is_right(warehouse)
        writer.join()
        yield Outcome(
            "a file that is still being written when the refresh begins, whole 4 s later",
            "read again when it was whole; then published the undisturbed marts",
            [problem] if problem else [],
        )
    finally:
        shutil.rmtree(company.landing / TABLE)
        shutil.copytree(good, company.landing / TABLE)


def _refused(company: Company, warehouse: Path, name: str, file: str) -> Outcome:
    began = time.monotonic()
    ended = company.refresh(warehouse)
    problems = [company.is_old(warehouse)]
    if ended.code != BAD_INPUT:
        problems.append(f"ended with {ended.code}, not 2: {ended.err[:300]}")
    if not (file in ended.err and "billing.order_lines" in ended.err):
        problems.append(f"did not name the file: {ended.err[:300]}")
    if "Traceback" in ended.err:
        problems.append("a traceback")
    return Outcome(
        name,
        f"refused with exit code 2 after {time.monotonic() - began:.0f} s, table and file named;"
        " yesterday stays",
        [problem for problem in problems if problem],
    )


def _replaced(company: Company, warehouse: Path, good: Path) -> Outcome:
    """Another delivery takes a file's place before the lock is made of it; then the old one."""
    file = company.landing / TABLE / FILE
    other = file.with_name(".other.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * replace (quantity * 2 as quantity)"
            f" from read_parquet({quote_text(str(good / FILE))}))"
            f" to {quote_text(str(other))} (format parquet)"
        )
    shutil.copy(good / FILE, file)
    problems = []
    with company.start(warehouse) as process:
        if company.wait_for(process, warehouse, "catch_up"):
            other.replace(file)
        try:
            _, err = process.communicate(timeout=900)
        finally:
            kill(process)
    if process.returncode != BAD_INPUT or "changed while they were read" not in err:
        problems.append(f"ended with {process.returncode}: {err[:300]}")
    problems.append(company.is_old(warehouse))
    last = runs_of(working_file(warehouse))[-1]
    if last["status"] != "refused":
        problems.append(f"the table of runs says {last['status']}")
    return Outcome(
        "a file replaced while it is read, by one with other quantities, before the lock",
        "exit code 2, the file named, yesterday stays; this lock is taken back (runbook)",
        [problem for problem in problems if problem],
    )


def _as_csv(parquet: Path, target: Path) -> bytes:
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (from read_parquet({quote_text(str(parquet))}))"
            f" to {quote_text(str(target))} (format csv, header)"
        )
    return target.read_bytes()


def _write_whole(file: Path, whole: bytes) -> None:
    file.write_bytes(whole)
