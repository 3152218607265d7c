"""Twelve days that cross a month end, a lock and a close, lived in every way: the same rows."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.drills.state import short_window, two_months
from refreshing import BuiltCompany

WAYS = [
    "closes frozen on the day they fell",
    "the last day twice",
    "the days replayed one by one from the newest landing data",
    "the first build killed, and run again",
    "the day of a lock killed, and run again",
    "the day that learns of a close killed, and run again",
    "the day of a lock killed, and the next run",
    "all days between skipped",
    "skipped days run afterwards, out of order",
    "the last day with --full-refresh",
    "the working file lost, state from the published one",
    "a frozen cent changed",
]


@pytest.fixture(scope="module")
def results(
    built_company: BuiltCompany, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What the short drill told of a company of forty customers."""
    out = tmp_path_factory.mktemp("drill")
    drill = [*("--short", "--landing", str(built_company.landing)), *("--out", str(out / "lives"))]
    file = out / "results.json"
    drilled = subprocess.run(
        [sys.executable, "-m", "orchestration.drills.state", *drill, "--results", str(file)],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.exists(), drilled.stdout + drilled.stderr
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_live_the_days_leaves_the_same(results: dict[str, str], way: str) -> None:
    assert results[way].startswith("same"), results[way]


def test_no_way_is_left_out(results: dict[str, str]) -> None:
    assert list(results) == WAYS


def test_the_days_cross_a_month_end_a_lock_and_a_close() -> None:
    closes = [
        (date(2026, 4, 10), date(2026, 4, 11)),
        (date(2026, 5, 12), date(2026, 5, 13)),
    ]
    assert short_window(closes) == (date(2026, 3, 31), date(2026, 4, 11))


@pytest.mark.parametrize(
    ("last_day", "expected"),
    [
        (date(2026, 6, 30), (date(2026, 4, 30), date(2026, 6, 30))),
        (date(2026, 6, 29), (date(2026, 3, 31), date(2026, 5, 31))),
        (date(2026, 1, 15), (date(2025, 10, 31), date(2025, 12, 31))),
    ],
)
def test_the_long_drill_is_of_two_whole_months(last_day: date, expected: tuple[date, date]) -> None:
    assert two_months(last_day) == expected
