"""Which missed days are replayed, and in what order."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.catch_up import (
    CatchUpError,
    History,
    build_arguments,
    catch_up,
    closes_arguments,
    day_in_progress,
    days_in_environment,
    lock_days,
    missed_days,
    replay_arguments,
)
from orchestration.state import StateTable


def day(text: str) -> date:
    """A day of 2026, or of the year given."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


@pytest.mark.parametrize(
    ("after", "before", "period", "start_month", "expected"),
    [
        ("01-31", "04-01", "month", 1, ["02-01", "03-01"]),
        ("02-01", "03-02", "month", 1, ["03-01"]),
        ("03-05", "03-31", "month", 1, []),
        ("2025-11-30", "02-02", "month", 1, ["2025-12-01", "01-01", "02-01"]),
        ("01-31", "12-31", "quarter", 1, ["04-01", "07-01", "10-01"]),
        ("01-31", "12-31", "quarter", 2, ["02-01", "05-01", "08-01", "11-01"]),
    ],
)
def test_lock_periods_begin_with_fiscal_months_or_quarters(
    after: str, before: str, period: str, start_month: int, expected: list[str]
) -> None:
    found = lock_days(day(after), day(before), period, start_month)
    assert found == [day(text) for text in expected]


def shown(history: History, as_of: str, locks: list[str], closes: list[str]) -> list[str]:
    """Replays as they are shown."""
    replays = missed_days(history, day(as_of), map(day, locks), map(day, closes))
    return [str(replay) for replay in replays]


def lived(*days: str) -> History:
    """The days given were built to their end, the first of them first."""
    return History(day(days[0]), frozenset(map(day, days)))


def test_before_the_first_build_there_is_nothing_to_catch_up_with() -> None:
    assert shown(History(), "03-31", ["02-01", "03-01"], ["03-10"]) == []


def test_missed_days_come_in_order_and_say_why() -> None:
    found = shown(lived("01-31"), "03-11", ["03-01", "02-01"], ["03-10", "02-10", "03-01"])
    assert found == [
        "2026-02-01 (lock)",
        "2026-02-10 (close)",
        "2026-03-01 (lock and close)",
        "2026-03-10 (close)",
    ]


def test_a_lock_day_that_was_built_is_not_missed_and_the_day_asked_for_is_not_replayed() -> None:
    assert shown(lived("01-31", "02-01", "02-05"), "03-01", ["02-01", "03-01"], ["03-01"]) == []


def test_only_lock_days_after_the_newest_build_are_missed() -> None:
    """What a later build locked is locked: an earlier day would add nothing."""
    assert shown(lived("01-31", "02-05"), "02-20", ["02-01"], []) == []
    assert shown(lived("01-31", "03-05"), "02-20", ["02-01"], []) == []


def test_a_close_that_was_loaded_after_its_day_was_built_is_replayed() -> None:
    assert shown(lived("02-09", "02-10"), "02-11", [], ["02-10"]) == ["2026-02-10 (close)"]


def test_closes_before_the_first_build_are_replayed_as_of_the_first_build() -> None:
    assert shown(lived("02-10"), "02-12", [], ["02-05", "01-09"]) == ["2026-02-10 (close)"]
    assert shown(lived("02-10"), "02-10", [], ["02-05"]) == []


def test_a_day_that_did_not_come_to_its_end_counts_as_missed() -> None:
    history = History(day("01-31"), frozenset([day("01-31")]))
    assert shown(history, "02-02", ["02-01"], []) == ["2026-02-01 (lock)"]


def test_a_first_build_that_did_not_end_is_done_first() -> None:
    history = History(day("01-31"), frozenset([day("02-03")]))
    assert shown(history, "02-04", [], []) == ["2026-01-31 (first build)"]


def test_the_dbt_commands() -> None:
    assert build_arguments(day("02-01"))[-1] == '{"as_of_date": "2026-02-01"}'
    assert build_arguments(day("02-01"), full_refresh=True)[-1] == "--full-refresh"
    replay = replay_arguments(day("02-01"), day("02-05"))
    assert replay[:3] == ["build", "--select", "+tag:state"]
    assert replay[-1] == '{"as_of_date": "2026-02-01", "closes_known_by": "2026-02-05"}'
    assert closes_arguments(day("02-01"))[:3] == ["run", "--select", "+int_period_closes"]


def test_days_reach_dbt_through_the_environment_and_leave_it_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TENURE_AS_OF", "2026-03-01")
    monkeypatch.delenv("TENURE_CLOSES_KNOWN_BY", raising=False)
    with days_in_environment(replay_arguments(day("02-01"), day("02-05"))) as given:
        assert os.environ["TENURE_AS_OF"] == "2026-02-01"
        assert os.environ["TENURE_CLOSES_KNOWN_BY"] == "2026-02-05"
        assert "--vars" not in given and given[-1] == "unit_test"
    with days_in_environment(build_arguments(day("02-01"), full_refresh=True)) as given:
        assert os.environ["TENURE_CLOSES_KNOWN_BY"] == ""
        assert given[-1] == "--full-refresh"
    assert os.environ["TENURE_AS_OF"] == "2026-03-01"
    assert "TENURE_CLOSES_KNOWN_BY" not in os.environ


STATE = [StateTable("marts", "fct_refresh_days"), StateTable("marts", "fct_closed_periods")]


@pytest.fixture
def working(tmp_path: Path) -> Path:
    """A working file whose first day was 31 January 2024, with no close landed."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema marts; create schema raw_ledger")
        connection.execute("create schema intermediate")
        connection.execute(
            "create table marts.fct_refresh_days as"
            " select '2024-01-31'::date as as_of_date, true as is_first_build"
        )
        connection.execute(
            "create table raw_ledger.fiscal_periods"
            " (period_start date, period_end date, closed_at timestamp, loaded_at timestamp)"
        )
    return path


def test_replays_are_run_in_order_and_shown(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []
    replays = catch_up(working, date(2024, 3, 31), STATE, asked.append)
    assert [replay.day for replay in replays] == [date(2024, 2, 1), date(2024, 3, 1)]
    known = date(2024, 3, 31)
    assert asked == [replay_arguments(replay.day, known) for replay in replays]
    assert capsys.readouterr().out.splitlines() == [
        "Replaying 2024-02-01 (lock), 1 of 2",
        "Replaying 2024-03-01 (lock), 2 of 2",
    ]


def test_more_than_24_missed_days_are_replayed_only_when_asked(working: Path) -> None:
    asked: list[list[str]] = []
    assert len(catch_up(working, date(2026, 2, 1), STATE, asked.append)) == 24
    with pytest.raises(CatchUpError, match=r"25 days .* CATCH_UP=1 .*--catch-up"):
        catch_up(working, date(2026, 2, 2), STATE, asked.append)
    assert len(asked) == 24
    assert len(catch_up(working, date(2026, 2, 2), STATE, asked.append, many=True)) == 25


def test_dbt_is_asked_for_closes_only_where_the_ledger_has_one_to_find(working: Path) -> None:
    close = (date(2024, 1, 1), datetime(2024, 2, 9, 16, 30))
    asked: list[list[str]] = []

    def dbt(arguments: list[str]) -> None:
        asked.append(arguments)
        with duckdb.connect(working) as connection:
            connection.execute(
                "create or replace table intermediate.int_period_closes as select $1 as month,"
                " $2::timestamp as closed_at, $2::date as close_date",
                close,
            )

    with duckdb.connect(working) as connection:
        connection.execute(
            "insert into raw_ledger.fiscal_periods values"
            " ($1, last_day($1), $2, '2024-02-11 02:00'), ('2024-01-02', '2024-01-31', $2, $2)",
            close,
        )
    assert catch_up(working, date(2024, 2, 1), STATE, dbt) == []
    assert catch_up(working, date(2024, 2, 1), STATE, dbt) == []
    with duckdb.connect(working) as connection:
        connection.execute("insert into marts.fct_refresh_days values ('2024-02-10', false)")
    assert catch_up(working, date(2024, 2, 10), STATE, dbt) == []
    assert asked == []
    assert [str(replay) for replay in catch_up(working, date(2024, 2, 11), STATE, dbt)] == [
        "2024-02-09 (close)"
    ]
    assert asked[0] == closes_arguments(date(2024, 2, 11))
    with duckdb.connect(working) as connection:
        connection.execute(
            "create table marts.fct_closed_periods as select $1 as month, $2::timestamp"
            " as closed_at",
            close,
        )
    asked.clear()
    assert catch_up(working, date(2024, 2, 12), STATE, dbt) == []
    assert asked == []


def test_a_killed_day_is_remembered_until_it_is_built(working: Path) -> None:
    def killed(_: list[str]) -> None:
        with duckdb.connect(working) as connection:
            connection.execute("insert into marts.fct_refresh_days values ('2024-02-01', false)")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catch_up(working, date(2024, 2, 5), STATE, killed)
    asked: list[list[str]] = []
    assert [replay.day for replay in catch_up(working, date(2024, 2, 5), STATE, asked.append)] == [
        date(2024, 2, 1)
    ]
    assert catch_up(working, date(2024, 2, 6), STATE, asked.append) == []
    assert len(asked) == 1


def test_a_first_build_that_never_ended_is_forgotten_by_another_day(working: Path) -> None:
    with pytest.raises(KeyboardInterrupt), day_in_progress(working, date(2024, 1, 31)):
        raise KeyboardInterrupt
    assert catch_up(working, date(2024, 1, 31), STATE, [].append) == []
    with duckdb.connect(working) as connection:
        assert connection.execute("from marts.fct_refresh_days").fetchall()
    assert catch_up(working, date(2024, 3, 31), STATE, [].append) == []
    with duckdb.connect(working) as connection:
        assert not connection.execute(
            "from duckdb_tables() where table_name = 'fct_refresh_days'"
        ).fetchall()
