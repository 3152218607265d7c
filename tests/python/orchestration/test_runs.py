"""Every refresh is recorded, however it ends, and no record is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt_run import DbtError
from orchestration.drills.webhook import listening
from orchestration.journal import JOURNAL, Journal
from orchestration.landing import LandingError, Problem
from orchestration.progress import Failure
from orchestration.publish import publish
from orchestration.run_table import summary
from orchestration.runs import Run, current_run, message_of, recorded, step
from orchestration.settings import Settings
from orchestration.working_file import WarehouseBusyError, warehouse_lock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of a warehouse with one mart and nothing to say of the company."""
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create schema marts; create table marts.dim_a as select 1 as x")
    return Settings(raw_path=tmp_path / "landing", warehouse=tmp_path)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What a webhook was told."""
    with listening() as (address, messages):
        monkeypatch.setenv("TENURE_WEBHOOK_URL", address)
        yield messages


@contextmanager
def held(settings: Settings) -> Iterator[Run]:
    """A refresh that holds the warehouse, as the job does."""
    with recorded(settings) as run, warehouse_lock(settings.warehouse):
        run.begin()
        try:
            yield run
        finally:
            run.settle()


def a_refresh(settings: Settings, day: str = "2026-06-30") -> None:
    """A refresh that is published."""
    with held(settings) as run:
        with step("landing"):
            run.note(as_of_date=date.fromisoformat(day), landed_rows=10)
        with step("publish"):
            run.keep_before_publishing()
            rows = publish(
                settings.working_file,
                settings.published_file,
                ["dim_a"],
                operations=["refresh_runs"],
            )
            run.published(sum(rows.values()))


def refused(settings: Settings) -> None:
    """A refresh whose landing data breaks its contract."""
    with pytest.raises(LandingError), held(settings), step("landing"):
        raise LandingError([Problem("a wrong file")])


def killed(settings: Settings) -> None:
    """What the journal has of a refresh that was killed in dbt."""
    journal = Journal(settings.warehouse)
    journal.write({"event": "began", "run_id": "K", "started_at": "2026-06-30 04:00:00"})
    journal.write({"event": "step", "run_id": "K", "step": "landing"})
    journal.write({"event": "step", "run_id": "K", "step": "dbt"})


def rows(file: Path, columns: str) -> list[tuple]:
    """Columns of the table of runs, oldest first."""
    with duckdb.connect(file, read_only=True) as connection:
        return connection.execute(
            f"select {columns} from ops.refresh_runs order by started_at"
        ).fetchall()


def test_a_published_refresh_is_in_its_own_published_file(settings: Settings) -> None:
    a_refresh(settings)
    assert rows(settings.published_file, "status, exit_code, as_of_date, landed_rows") == [
        ("published", 0, date(2026, 6, 30), 10)
    ]
    assert rows(settings.published_file, "failed_step, message, publish_seconds") == [
        (None, None, None)
    ]
    ((seconds, published),) = rows(settings.working_file, "publish_seconds, published_rows")
    assert seconds is not None
    assert published == 2


def test_a_refresh_that_failed_is_recorded_and_published_with_the_next(
    settings: Settings, told: list[dict[str, Any]]
) -> None:
    refused(settings)
    expected = ("refused", 2, "landing")
    assert rows(settings.working_file, "status, exit_code, failed_step") == [expected]
    a_refresh(settings)
    assert rows(settings.published_file, "status, exit_code, failed_step") == [
        expected,
        ("published", 0, None),
    ]
    assert [(m["exit_code"], m["failed_step"]) for m in told] == [(2, "landing")]
    assert "was not published (refused in landing): The landing data breaks" in told[0]["text"]
    assert "a wrong file" in told[0]["message"]


def test_a_killed_refresh_is_recorded_by_the_next_one(
    settings: Settings, told: list[dict[str, Any]]
) -> None:
    killed(settings)
    a_refresh(settings)
    assert rows(settings.published_file, "status, exit_code, failed_step, ended_at")[0] == (
        "killed",
        None,
        "dbt",
        None,
    )
    a_refresh(settings)
    assert [status for (status,) in rows(settings.published_file, "status")].count("killed") == 1
    assert [message["run_id"] for message in told] == ["K"]


def test_a_refresh_that_found_the_warehouse_busy_writes_the_journal_alone(
    settings: Settings,
) -> None:
    before = settings.working_file.read_bytes()
    with pytest.raises(WarehouseBusyError), recorded(settings):
        raise WarehouseBusyError("another refresh holds it")
    assert settings.working_file.read_bytes() == before
    a_refresh(settings)
    assert rows(settings.published_file, "status, exit_code") == [("busy", 3), ("published", 0)]


def test_a_refusal_before_the_first_build_makes_no_working_file(settings: Settings) -> None:
    settings.working_file.unlink()
    refused(settings)
    assert not settings.working_file.exists()
    assert [run["status"] for run in Journal(settings.warehouse).ended()] == ["refused"]


@pytest.mark.parametrize("lost", [["warehouse.duckdb"], [JOURNAL], ["warehouse.duckdb", JOURNAL]])
def test_any_one_place_brings_back_the_runs(settings: Settings, lost: list[str]) -> None:
    refused(settings)
    a_refresh(settings, "2026-06-29")
    for name in lost:
        (settings.warehouse / name).unlink()
    with duckdb.connect(settings.working_file) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create or replace table marts.dim_a as select 1 as x")
    a_refresh(settings)
    assert rows(settings.published_file, "status, as_of_date") == [
        ("refused", None),
        ("published", date(2026, 6, 29)),
        ("published", date(2026, 6, 30)),
    ]


def test_a_line_that_was_cut_short_costs_itself_alone(settings: Settings) -> None:
    a_refresh(settings)
    journal = settings.warehouse / JOURNAL
    with journal.open("a") as lines:
        lines.write('{"event": "ended", "run_id"')
    a_refresh(settings)
    events = [event["event"] for event in Journal(settings.warehouse).events()]
    assert events == ["began", "step", "step", "ended"] * 2


def test_a_journal_that_cannot_be_written_stops_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.warehouse / JOURNAL).mkdir()
    a_refresh(settings)
    assert rows(settings.published_file, "status") == [("published",)]
    assert "was not written" in capsys.readouterr().err


def test_the_first_failure_counts_and_the_steps_before_it_have_their_seconds(
    settings: Settings,
) -> None:
    with pytest.raises(ValueError, match="second"), held(settings):
        with step("landing"):
            pass
        with pytest.raises(OSError, match="first"), step("dbt"):
            raise OSError("first")
        raise ValueError("second")
    assert rows(settings.working_file, "failed_step, message, exit_code") == [("dbt", "first", 1)]
    ((landing, publishing),) = rows(settings.working_file, "landing_seconds, publish_seconds")
    assert landing is not None
    assert publishing is None


def test_a_run_that_was_not_asked_to_publish_is_partial_and_no_failure(
    settings: Settings, told: list[dict[str, Any]]
) -> None:
    with held(settings):
        pass
    assert rows(settings.working_file, "status, exit_code") == [("partial", None)]
    assert told == []


def test_of_dbts_failures_the_names_and_the_first_ones_words_are_told() -> None:
    failures = [
        Failure("test", f"assert_{name}", f"Got {name}", 1, None) for name in "abcdefghijkl"
    ]
    message = message_of(DbtError("12 failed", failures))
    assert message.startswith("12 failed: test assert_a, test assert_b, ")
    assert message.endswith("test assert_j and 2 more. Got a")
    assert message_of(DbtError("dbt did not say why")).endswith("dbt did not say why")
    assert message_of(ValueError()) == "ValueError"


def test_a_refresh_within_a_refresh_is_the_same(settings: Settings) -> None:
    with recorded(settings) as outer, recorded(settings) as inner:
        assert inner is outer is current_run()
    with pytest.raises(RuntimeError):
        current_run()


def test_figures_are_counted_where_their_tables_are(settings: Settings) -> None:
    with duckdb.connect(settings.working_file) as connection:
        connection.execute(
            "create table marts.fct_rejected_rows as"
            " select i < 3 as is_set_aside from range(5) r(i)"
        )
        connection.execute(
            "create table marts.fct_unexplained_items as"
            " select i > 1 as is_open, i::decimal(18,2) as open_amount from range(4) r(i)"
        )
        connection.execute(
            "create table marts.rpt_kpi_alerts as"
            " select 'nrr' as kpi, i = 1 as is_alert from range(3) r(i)"
        )
    a_refresh(settings)
    figures = "rejected_rows, restated_months, unexplained_items, unexplained_amount, kpi_alerts"
    assert rows(settings.published_file, figures) == [(3, None, 2, 5, 1)]


def test_the_summary_leaves_out_what_is_not_known() -> None:
    row = {
        "landing_seconds": 1.2,
        "dbt_seconds": 61.0,
        "total_seconds": 70.4,
        "landed_rows": 30898,
        "kpi_alerts": 0,
    }
    assert summary(row).splitlines() == [
        "Refreshed in 70 s: landing 1 s, dbt 61 s",
        "30,898 rows landed, 0 KPI alerts",
    ]


def test_the_journal_is_json_lines(settings: Settings) -> None:
    a_refresh(settings)
    lines = (settings.warehouse / JOURNAL).read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events == ["began", "step", "step", "ended"]
