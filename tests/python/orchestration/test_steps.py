"""The steps of a refresh, one by one, without dbt: order, refusals, and who holds the warehouse."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration import refresh, steps
from orchestration.checks import Check, CheckError
from orchestration.dbt_run import DbtError, NodeResult
from orchestration.landing import Landing
from orchestration.landing_files import LandingChangedError, note_files
from orchestration.progress import Failure
from orchestration.project import prepare_manifest
from orchestration.publish import PublishError
from orchestration.settings import Settings, project_variables
from orchestration.steps import (
    PartialRefreshError,
    build_part,
    build_range,
    built_columns,
    check_every_period,
    held_warehouse,
    one_writer,
    row_counts,
)
from orchestration.upgrade import forget_outdated
from orchestration.working_file import (
    WarehouseBusyError,
    finish_day,
    start_day,
    warehouse_lock,
    write_day,
)

MARCH = [date(2026, 3, day) for day in (1, 2, 3)]
FINDS = Check("finds", "fct_x", "Finds.", lambda _: ["a cent too much"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a warehouse in which 2 March 2026 was built to its end."""
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_refresh_days as"
            " select date '2026-03-02' as as_of_date, true as is_first_build"
        )
        write_day(connection, MARCH[1])
        start_day(connection, MARCH[1])
        finish_day(connection, MARCH[1])
    return Settings(raw_path=tmp_path / "landing", warehouse=tmp_path)


class Told:
    """What the steps were asked for, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.found: dict[Check, list[str]] = {}
        monkeypatch.setattr(steps, "read_manifest", lambda: {"nodes": {}})
        monkeypatch.setattr(steps, "build", self.build)
        monkeypatch.setattr(steps, "check", self.check)
        monkeypatch.setattr(steps, "publish_marts", self.publish)
        monkeypatch.setattr(steps, "back_up", lambda *_: self.calls.append("back up"))
        monkeypatch.setattr(steps, "Dbt", lambda _: SimpleNamespace(run=self.run))

    def build(self, _: Settings, day: date) -> list[NodeResult]:
        """A build of a day."""
        self.calls.append(f"build {day}")
        return []

    def check(self, *_: object, every_period: bool = False) -> dict[Check, list[str]]:
        """The checks, with what they are to find."""
        self.calls.append("check every period" if every_period else "check")
        return self.found

    def publish(self, _: Settings) -> None:
        """Publishing."""
        self.calls.append("publish")

    def run(self, arguments: list[str]) -> list[NodeResult]:
        """A dbt command."""
        self.calls.append(" ".join(arguments[-2:]))
        return []


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """The steps, in place of which only what they were asked for is noted."""
    return Told(monkeypatch)


def test_a_range_is_built_checked_and_published_day_by_day(settings: Settings, told: Told) -> None:
    build_range(settings, MARCH)
    one_day = ["check", "publish"]
    expected = ["build 2026-03-01", *one_day, "build 2026-03-02", *one_day, "build 2026-03-03"]
    assert told.calls == expected


def test_a_range_stops_at_the_first_day_that_is_wrong(settings: Settings, told: Told) -> None:
    told.found = {FINDS: ["a cent too much"]}
    with pytest.raises(CheckError, match="a cent too much"):
        build_range(settings, MARCH)
    assert told.calls == ["build 2026-03-01", "check"]


def test_a_part_is_built_for_the_day_of_the_rest_after_a_backup(
    settings: Settings, told: Told
) -> None:
    build_part(settings, [], ["--select", "fqn:x"])
    build_part(settings, [MARCH[1]], ["--select", "fqn:y"])
    assert told.calls == ["back up", "--select fqn:x", "back up", "--select fqn:y"]


def test_a_part_of_another_day_is_refused(settings: Settings, told: Told) -> None:
    for days in ([MARCH[2]], MARCH):
        with pytest.raises(PartialRefreshError, match="last built as of 2026-03-02; asked for is"):
            build_part(settings, days, ["--select", "fqn:x"])
    assert told.calls == []


def test_a_part_of_a_day_that_did_not_come_to_its_end_is_refused(
    settings: Settings, told: Told
) -> None:
    with duckdb.connect(settings.working_file) as connection:
        start_day(connection, MARCH[1])
    with pytest.raises(PartialRefreshError, match="has no whole build"):
        build_part(settings, [], ["--select", "fqn:x"])
    (nothing := settings.warehouse / "nothing").mkdir()
    with pytest.raises(PartialRefreshError, match="has no whole build"):
        build_part(Settings(settings.raw_path, nothing), [], ["--select", "fqn:x"])
    assert told.calls == []


def test_every_period_of_a_whole_build_is_checked_and_nothing_is_built(
    settings: Settings, told: Told
) -> None:
    told.found = {FINDS: ["a cent too much"]}
    assert check_every_period(settings) == told.found
    assert told.calls == ["check every period"]


def test_what_is_half_built_or_no_longer_lands_is_not_checked(
    settings: Settings, told: Told
) -> None:
    landed = settings.warehouse / "accounts.csv"
    landed.write_text("account_id")
    with duckdb.connect(settings.working_file) as connection:
        note_files(connection, settings.warehouse, {str(landed): [1, 1, 1]})
    with pytest.raises(LandingChangedError, match=r"accounts\.csv"):
        check_every_period(settings)
    with duckdb.connect(settings.working_file) as connection:
        start_day(connection, MARCH[1])
    with pytest.raises(PartialRefreshError, match="no whole build that could be checked"):
        check_every_period(settings)
    assert told.calls == []


def test_a_second_refresh_waits_for_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    first = warehouse_lock(tmp_path)
    first.__enter__()
    threading.Timer(0.3, first.__exit__, (None, None, None)).start()
    started = time.monotonic()
    with held_warehouse(tmp_path, 1, said.append):
        assert time.monotonic() - started >= 0.3
    assert said
    assert said[0].startswith("Waiting: another refresh (process ")


def test_a_second_refresh_that_is_not_to_wait_says_so(tmp_path: Path) -> None:
    with (
        warehouse_lock(tmp_path),
        pytest.raises(WarehouseBusyError, match="another refresh"),
        held_warehouse(tmp_path, 0, print),
    ):
        pass


def test_a_file_that_another_program_writes_to_is_told_plainly(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    code = (
        "import duckdb, sys, time; connection = duckdb.connect(sys.argv[1]);"
        "print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        with pytest.raises(WarehouseBusyError, match="another program has"), one_writer(path):
            duckdb.connect(path)
        program.kill()
    with pytest.raises(WarehouseBusyError), one_writer(path):
        raise DbtError("IO Error: Could not set lock on file")
    with pytest.raises(DbtError), one_writer(path):
        raise DbtError("IO Error: No space left on device")


def test_rows_of_tables_and_views_are_counted_but_not_of_landing_data(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "rows.parquet"
    with duckdb.connect(settings.working_file) as connection:
        connection.execute(f"copy (select 1 as a union all select 2) to '{file}'")
        for view in ("staging.rows", "raw_crm.rows"):
            connection.execute(f"create schema {view.partition('.')[0]}")
            connection.execute(f"create view {view} as select * from '{file}'")
    counts = row_counts(settings.working_file)
    assert (counts["marts", "fct_refresh_days"], counts["staging", "rows"]) == (1, 2)
    assert ("raw_crm", "rows") not in counts
    file.unlink()
    assert row_counts(settings.working_file) == {
        table: count for table, count in counts.items() if table != ("staging", "rows")
    }


def test_columns_and_types_of_tables_and_views_are_known(settings: Settings) -> None:
    with duckdb.connect(settings.working_file) as connection:
        connection.execute(
            "create view marts.days as select as_of_date as day from marts.fct_refresh_days"
        )
    columns = built_columns(settings.working_file)
    assert columns["marts", "fct_refresh_days"] == {
        "as_of_date": "date",
        "is_first_build": "boolean",
    }
    assert columns["marts", "days"] == {"day": "date"}


def test_a_part_is_refused_where_a_model_that_is_added_to_was_made_by_other_code(
    settings: Settings, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = {
        "resource_type": "model",
        "unique_id": "model.tenure.fct_days",
        "schema": "marts",
        "alias": "fct_days",
        "config": {"materialized": "incremental"},
        "tags": [],
        "checksum": {"checksum": "1"},
    }
    manifest = {"nodes": {node["unique_id"]: node}, "macros": {}}
    monkeypatch.setattr(steps, "read_manifest", lambda: manifest)
    with duckdb.connect(settings.working_file) as connection:
        forget_outdated(connection, manifest, project_variables())
        connection.execute("create table marts.fct_days as select 1 as day")
    build_part(settings, [], ["--select", "fqn:x"])
    node["checksum"] = {"checksum": "2"}
    with pytest.raises(PartialRefreshError, match="has changed since fct_days was made"):
        build_part(settings, [], ["--select", "fqn:y"])
    assert told.calls == ["back up", "--select fqn:x"]


class FakeSteps:
    """The job with steps that do nothing, or what a test puts in their place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        from orchestration import assets

        self.monkeypatch, self.assets = monkeypatch, assets
        self.published: list[Settings] = []
        monkeypatch.setenv("TENURE_RAW_PATH", str(tmp_path))
        monkeypatch.setenv("TENURE_WAREHOUSE", str(tmp_path / "warehouse"))
        self.put("land", lambda _, days: (Landing(tmp_path, []), MARCH[0], list(days)))
        self.put("read_day", lambda _: MARCH[0])
        self.put("build", lambda *_: self.results())
        self.put("row_counts", lambda _: {})
        self.put("built_columns", lambda _: {})
        self.put("check", lambda *_: {})
        self.put("publish_marts", lambda settings: self.published.append(settings) or {})

    def results(self) -> list[NodeResult]:
        """Everything built, in an order in which dbt can, and every test passed."""
        models = self.assets.dbt_models
        specs = {spec.key: spec for spec in models.specs}
        parents = {key: {dep.asset_key for dep in spec.deps} for key, spec in specs.items()}
        order = [specs[key] for key in TopologicalSorter(parents).static_order() if key in specs]
        statuses = {"success": order, "pass": models.check_specs}
        return [
            NodeResult(spec.metadata["dagster_dbt/unique_id"], status, 0.1, None, "")
            for status, specs in statuses.items()
            for spec in specs
        ]

    def put(self, name: str, step: object) -> None:
        """Put something in the place of a step."""
        self.monkeypatch.setattr(self.assets, name, step)

    def run(self) -> None:
        """Run the job in this process."""
        refresh._run_job("refresh")


@pytest.fixture
def fake_steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeSteps:
    """The job with steps that do nothing."""
    prepare_manifest()
    return FakeSteps(monkeypatch, tmp_path)


def test_the_job_publishes_what_nothing_was_found_against(fake_steps: FakeSteps) -> None:
    fake_steps.run()
    assert len(fake_steps.published) == 1


def test_a_refresh_that_published_nothing_does_not_end_well(fake_steps: FakeSteps) -> None:
    some = fake_steps.results()[1:]
    fake_steps.put("build", lambda *_: [each for each in some if "fct_cmrr" not in each.unique_id])
    with pytest.raises(PublishError, match="Nothing was published"):
        fake_steps.run()
    assert fake_steps.published == []


def test_a_check_that_finds_something_blocks_publishing(fake_steps: FakeSteps) -> None:
    first = fake_steps.assets.checks_of(steps.read_manifest())[0]
    fake_steps.put("check", lambda *_: {first: ["a cent too much"]})
    with pytest.raises(CheckError, match="a cent too much"):
        fake_steps.run()
    assert fake_steps.published == []


def test_a_test_that_fails_blocks_checks_and_publishing(fake_steps: FakeSteps) -> None:
    def build(*_: object) -> list[NodeResult]:
        failure = Failure("test", "assert_x", "Got 1 result", 1, None)
        result = NodeResult("test.tenure.assert_x", "fail", 0.1, 1, "Got 1 result")
        raise DbtError("None", [failure], [result])

    fake_steps.put("build", build)
    fake_steps.put("check", lambda *_: pytest.fail("checked what dbt did not build"))
    with pytest.raises(DbtError) as error:
        fake_steps.run()
    assert str(error.value).splitlines()[:2] == ["1 model or test failed:", "  test assert_x"]
    assert fake_steps.published == []
