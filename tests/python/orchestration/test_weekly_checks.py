"""The weekly checks look at every period, and a difference in an old one is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration import refresh
from orchestration.drills.webhook import listening
from orchestration.project import prepare_manifest
from orchestration.refresh import FAILED, PUBLISHED
from refreshing import BuiltCompany

OLD = """
    update marts.rpt_kpis set current_value = current_value + 1
    where metric = 'cmrr' and period_grain = 'month' and dimension_name = 'total'
        and period_start = (
            select min(period_start) from marts.rpt_kpis
            where metric = 'cmrr' and period_grain = 'month' and current_value > 0
        )
    returning 'cmrr, month ' || period_start || ', total all: value is '
"""


@pytest.fixture
def copied(
    built_company: BuiltCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, BuiltCompany]:
    """A warehouse of the small company that a test may break, named by the environment."""
    for name in ("warehouse.duckdb", "published.duckdb", "landing_files.json"):
        shutil.copy(built_company.warehouse_dir / name, tmp_path)
    monkeypatch.setenv("TENURE_RAW_PATH", str(built_company.landing))
    monkeypatch.setenv("TENURE_WAREHOUSE", str(tmp_path))
    prepare_manifest()
    return tmp_path, built_company


def test_a_difference_in_an_old_period_is_a_failed_run_that_is_recorded_and_told(
    copied: tuple[Path, BuiltCompany],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    warehouse, company = copied
    with duckdb.connect(warehouse / "warehouse.duckdb") as connection:
        [(planted,)] = connection.execute(OLD).fetchall()
    with listening() as (address, messages):
        monkeypatch.setenv("TENURE_WEBHOOK_URL", address)
        assert refresh.refresh(["--checks"]) == FAILED
    said = capsys.readouterr().err
    assert said.startswith("1 check of the built warehouse failed:\n  kpis_of_cmrr")
    assert planted in said
    [message] = messages
    begins = f"Tenure: the weekly checks as of {company.as_of} did not pass (failed in checks): "
    assert message["text"].startswith(begins)
    assert planted in message["message"]
    with duckdb.connect(warehouse / "warehouse.duckdb") as connection:
        runs = connection.execute(
            "select job, status, failed_step, exit_code from ops.refresh_runs order by started_at"
        ).fetchall()
        assert runs == [
            ("refresh", "published", None, PUBLISHED),
            ("weekly_checks", "failed", "checks", FAILED),
        ]


def test_a_refresh_looks_at_the_open_and_newest_periods_alone(
    copied: tuple[Path, BuiltCompany],
) -> None:
    """What the weekly checks are for: the same difference is no matter of a refresh."""
    from orchestration.settings import read_settings
    from orchestration.steps import check

    warehouse, _ = copied
    with duckdb.connect(warehouse / "warehouse.duckdb") as connection:
        connection.execute(OLD)
    assert not any(check(read_settings(), ["kpis_of_cmrr"]).values())
