"""A refresh from end to end: published, or refused with everything left as it was."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from landing_maker import write_landing
from orchestration.contract import PROJECT_DIR
from orchestration.report import write_report
from orchestration.working_file import read_day, warehouse_lock
from refreshing import BuiltCompany, refresh_environment, run_refresh


def content(published: Path) -> dict[str, list[tuple]]:
    """Every row of every published table, in the order in which the file holds them."""
    with duckdb.connect(published, read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
        ).fetchall()
        return {name: connection.execute(f"from marts.{name}").fetchall() for (name,) in names}


@pytest.fixture(scope="module")
def published(one_customer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse directory after one refresh of the company of one customer."""
    warehouse = tmp_path_factory.mktemp("published")
    refreshed = run_refresh(one_customer, warehouse)
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    return warehouse


def test_a_refresh_says_what_it_did_and_nothing_else(built_company: BuiltCompany) -> None:
    refreshed = run_refresh(built_company.landing, built_company.warehouse_dir)
    lines = refreshed.stdout.splitlines()
    assert refreshed.returncode == 0
    assert lines[0].startswith("Landing data keeps its contract: 40 tables, ")
    assert lines[0].endswith(f"; as of {built_company.as_of}")
    assert [line.split()[0] for line in lines[1:5]] == ["dbt:"] * 4
    assert lines[5].startswith("Published ")
    assert lines[6].startswith("Refreshed in ")
    assert "rows landed, " in lines[7]
    assert len(lines) == 8
    assert refreshed.stderr == ""


def test_a_second_refresh_of_the_day_changes_nothing(
    built_company: BuiltCompany, tmp_path: Path
) -> None:
    before = content(built_company.warehouse_dir / "published.duckdb")
    shutil.copy(built_company.warehouse_dir / "warehouse.duckdb", tmp_path)
    refreshed = run_refresh(built_company.landing, tmp_path, built_company.as_of.isoformat())
    assert refreshed.returncode == 0, refreshed.stderr
    assert content(tmp_path / "published.duckdb") == before
    assert before["fct_cmrr_movements"]


def test_one_customer_gets_its_cmrr(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = read_day(published / "warehouse.duckdb")
    assert day.isoformat() == "2025-02-15"
    write_report(published / "published.duckdb", day, "USD", sys.stdout)
    report = capsys.readouterr().out
    assert "CMRR bridge of February 2025 as of 2025-02-15, USD a month" in report
    assert "  ending        100.00" in report
    assert "\n".join(["  beginning    1", "  new          0", "  reactivated  0"]) in report


def test_a_company_without_contracts_is_published_empty(tmp_path: Path) -> None:
    user = {"user_id": "U1", "full_name": "Jo", "user_role": "csm", "is_active": True}
    at = "2025-02-15 06:00:00"
    write_landing(
        tmp_path / "landing",
        {("crm", "users"): [{**user, "created_at": at, "updated_at": at}]},
        kind="csv",
    )
    refreshed = run_refresh(tmp_path / "landing", tmp_path / "warehouse")
    assert refreshed.returncode == 0, refreshed.stderr
    tables = content(tmp_path / "warehouse/published.duckdb")
    assert tables["fct_cmrr_bridge"] == tables["dim_customers"] == []
    with (tmp_path / "report").open("w") as out:
        write_report(
            tmp_path / "warehouse/published.duckdb",
            read_day(tmp_path / "warehouse/warehouse.duckdb"),
            "USD",
            out,
        )
    assert "No customer has had" in (tmp_path / "report").read_text()


@pytest.mark.parametrize(
    ("raw_path", "as_of", "expected"),
    [
        ("", "", "TENURE_RAW_PATH is not set"),
        ("/nowhere", "", "/nowhere is not a directory"),
        (".", "", "the folder"),
    ],
)
def test_bad_input_ends_with_2_and_a_list(
    raw_path: str, as_of: str, expected: str, tmp_path: Path
) -> None:
    refreshed = run_refresh(Path(raw_path) if raw_path else Path(), tmp_path, as_of)
    if not raw_path:
        environment = {**refresh_environment(Path(), tmp_path), "TENURE_RAW_PATH": ""}
        refreshed = subprocess.run(
            [sys.executable, "-m", "orchestration.refresh"],
            cwd=PROJECT_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert refreshed.returncode == 2
    assert expected in refreshed.stderr
    assert "Traceback" not in refreshed.stderr
    assert not (tmp_path / "warehouse.duckdb").exists()
    assert not (tmp_path / "published.duckdb").exists()


def test_an_as_of_before_all_data_builds_nothing(one_customer: Path, published: Path) -> None:
    before = (published / "published.duckdb").read_bytes()
    refreshed = run_refresh(one_customer, published, "2025-02-14")
    assert refreshed.returncode == 2
    assert "the as-of date 2025-02-14 is before all data" in refreshed.stderr
    assert "published.duckdb is as it was" in refreshed.stderr
    assert (published / "published.duckdb").read_bytes() == before


def test_a_refresh_while_another_runs_ends_with_3(one_customer: Path, published: Path) -> None:
    with warehouse_lock(published):
        refreshed = run_refresh(one_customer, published)
    assert refreshed.returncode == 3
    assert refreshed.stderr.startswith("Not run: another refresh (process ")
    assert len(refreshed.stderr.splitlines()) == 1


def test_a_failed_test_blocks_publishing(
    one_customer: Path, published: Path, project_copy: Path, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse"
    shutil.copytree(published, warehouse)
    before = (warehouse / "published.duckdb").read_bytes()
    test = project_copy / "tests/dbt/assert_nobody_is_called_acme.sql"
    test.write_text("select customer_id from {{ ref('dim_customers') }}\n")
    refreshed = run_refresh(one_customer, warehouse, project_dir=project_copy)
    assert refreshed.returncode == 1
    assert (warehouse / "published.duckdb").read_bytes() == before
    assert "1 model or test failed:" in refreshed.stderr
    assert "  test assert_nobody_is_called_acme\n    1 row that" in refreshed.stderr
    assert "published.duckdb is as it was" in refreshed.stderr
    assert "Traceback" not in refreshed.stderr


def test_a_model_that_does_not_parse_is_told_in_dbts_words(
    one_customer: Path, project_copy: Path, tmp_path: Path
) -> None:
    (project_copy / "models/marts/core/dim_broken.sql").write_text("select {{ nonsense(")
    refreshed = run_refresh(one_customer, tmp_path / "warehouse", project_dir=project_copy)
    assert refreshed.returncode == 1
    assert refreshed.stderr.startswith("The dbt project does not parse:")
    assert "Nothing is published yet." in refreshed.stderr
    assert "Traceback" not in refreshed.stderr
