"""How what rpt_kpis serves is held against an independent computation."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd
import pytest

from orchestration.kpi_checks.frames import Tables
from orchestration.kpi_checks.registry import KpiCheck, differences, read_served

JANUARY = pd.Timestamp("2026-01-01")
PERIODS = pd.DataFrame({"period_grain": ["month"], "period_start": [JANUARY]})


def served(*rows: tuple[str, float | None, float | None, float | None]) -> pd.DataFrame:
    """rpt_kpis of January: dimension value, numerator, denominator and value of each row."""
    connection = duckdb.connect()
    connection.execute(
        "create schema marts; create table marts.rpt_kpis (metric varchar, period_grain varchar,"
        " period_start date, dimension_name varchar, dimension_value varchar,"
        " current_numerator double, current_denominator double, current_value double,"
        " is_final boolean)"
    )
    for value, *figures in rows:
        name = "total" if value == "all" else "segment"
        connection.execute(
            "insert into marts.rpt_kpis values ('m', 'month', $1, $2, $3, $4, $5, $6, true)",
            [JANUARY, name, value, *figures],
        )
    return read_served(connection)


def found(frame: pd.DataFrame, *rows: tuple[str, float | None, float | None, float | None]) -> list:
    """What differs from an independent computation that gives the rows."""
    computed = pd.DataFrame(
        [("month", JANUARY, "total" if row[0] == "all" else "segment", *row, "m") for row in rows],
        columns=[
            *("period_grain", "period_start", "dimension_name", "dimension_value"),
            *("numerator", "denominator", "value", "metric"),
        ],
    )
    computed = computed.astype(dict.fromkeys(("numerator", "denominator", "value"), float))
    computed["period_start"] = pd.to_datetime(computed["period_start"])
    tables = Tables(duckdb.connect(), date(2026, 2, 15))
    check = KpiCheck(("m",), "segment", lambda *_: {"m": computed})
    found_in = differences(tables, frame, PERIODS, [check], {"m": {"grains": ["month"]}})
    return [(one.dimension, one.part) for one in found_in]


def test_equal_figures_differ_in_nothing_and_a_millionth_is_seen():
    frame = served(("all", 9, 12, 0.75), ("a", 9, 12, 0.75))
    assert found(frame, ("all", 9, 12, 0.75), ("a", 9, 12, 0.75)) == []
    assert found(frame, ("all", 9, 12, 0.75001), ("a", 9, 12, 0.75)) == [("total all", "value")]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [([("all", 9, 12, 0.75)], []), ([], [("all", 9, 12, 0.75)])],
    ids=["too_much_is_served", "too_little_is_served"],
)
def test_a_row_on_one_side_only_is_a_difference(ours: list, theirs: list):
    assert ("total all", "value") in found(served(*ours), *theirs)


def test_right_by_the_wrong_parts_is_a_difference():
    assert found(served(("all", 9, 12, 0.75)), ("all", 3, 4, 0.75)) == [
        ("total all", "numerator"),
        ("total all", "denominator"),
    ]


def test_no_row_is_as_good_as_nothing_of_a_sum_but_not_of_a_rate():
    assert found(served(("all", 0, None, 0))) == []
    assert found(served(("all", 0, 12, 0.0))) != []


def test_what_closed_once_and_is_no_more_today_is_not_looked_at():
    assert found(served(("all", None, None, None))) == []


def test_before_the_first_fiscal_month_nothing_is_computed_unless_something_is_served():
    def compute(*_: object) -> dict:
        raise AssertionError("computed")

    check = KpiCheck(("m",), None, compute)
    tables = Tables(duckdb.connect(), date(2026, 2, 15))
    none = PERIODS.iloc[:0]
    assert differences(tables, served(), none, [check], {}) == []
    with pytest.raises(AssertionError, match="computed"):
        differences(tables, served(("all", 9, 12, 0.75)), none, [check], {})
