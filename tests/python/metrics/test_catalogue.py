"""Every KPI of the catalogue is defined, served, checked and described."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.checks import metrics_of
from orchestration.kpi_checks.registry import kpi_checks
from orchestration.project import PROJECT_DIR, prepare_manifest, read_manifest

CATALOGUE = Path(__file__).with_name("catalogue.csv")
NEEDED = ("kpi", "area", "unit", "direction", "owner", "formula", "sample_size")


@pytest.fixture(scope="module")
def manifest() -> dict:
    """dbt's manifest of the project."""
    prepare_manifest()
    return read_manifest()


@pytest.fixture(scope="module")
def catalogue() -> set[tuple[str, str]]:
    """Area and name of every KPI."""
    with CATALOGUE.open(encoding="utf-8") as file:
        return {(row["area"], row["kpi"]) for row in csv.DictReader(file)}


def test_every_kpi_of_the_catalogue_has_a_metric_and_every_metric_a_kpi(manifest, catalogue):
    defined = {(meta["area"], meta["kpi"]) for meta in metrics_of(manifest).values()}
    assert len(catalogue) == 123
    assert defined == catalogue


def test_every_metric_says_what_it_is(manifest):
    silent = {
        name: [key for key in NEEDED if not meta.get(key)]
        for name, meta in metrics_of(manifest).items()
    }
    assert {name: keys for name, keys in silent.items() if keys} == {}
    served = metrics_of(manifest)
    labels = [one["label"] for one in manifest["metrics"].values() if one["name"] in served]
    assert len(labels) == len(set(labels))


def test_every_metric_is_computed_independently_and_by_one_check_only(manifest):
    checks = [check for own in kpi_checks().values() for check in own]
    checked = [metric for check in checks for metric in check.metrics]
    assert sorted(checked) == sorted(metrics_of(manifest))


def test_checks_read_no_served_value():
    """A check that read the KPIs, or what they are made of, would agree with anything."""
    for file in (PROJECT_DIR / "orchestration/kpi_checks").glob("*.py"):
        if file.stem not in ("__init__", "registry"):
            assert not re.search(r"rpt_kpis|metrics\.kpi_", file.read_text("utf-8")), file.name


def test_what_serves_a_kpi_is_made_of_its_yaml_and_divides_nothing_itself():
    """A formula in SQL beside the YAML would be a second one."""
    for file in (PROJECT_DIR / "models/metrics").glob("*/*.sql"):
        sql = re.sub(r"--.*|'[^']*'", "", file.read_text("utf-8"))
        if file.stem.startswith("kpi_values_"):
            made = re.fullmatch(r"\s*with\s*\{\{ kpi_values\(.*\) \}\}\s*", sql, re.DOTALL)
            assert made and "select" not in sql, file.name
        else:
            divides = re.search(r"/|\b(ratio|quotient|divide_money|mean_of|median_of)\(", sql)
            assert not divides, file.name


def test_a_rate_that_a_report_publishes_beside_the_kpi_is_held_against_it(manifest):
    """Reports of the company's periods; those of a customer, or of a group, are no KPI's."""
    rates = {
        metric["name"]
        for metric in manifest["metrics"].values()
        if metric["type"] == "ratio" and metric["name"] in metrics_of(manifest)
    }
    texts = [
        file.read_text("utf-8")
        for file in (PROJECT_DIR / "tests/dbt/metrics").glob("assert_*_agree_with_kpis.sql")
    ]
    reports = [
        node
        for node in manifest["nodes"].values()
        if node["name"].startswith("rpt_")
        and not {"customer_id", "group_customer_id"} & set(node["columns"])
    ]
    published = {(node["name"], rate) for node in reports for rate in rates & set(node["columns"])}
    assert len(published) > 30
    held = {
        (report, rate)
        for report, rate in published
        if any(f"'{report}'" in text and re.search(rf"\b{rate}\b", text) for text in texts)
    }
    assert published - held == set()


def test_the_page_of_metrics_names_every_metric(manifest):
    page = (PROJECT_DIR / "docs/metrics.md").read_text(encoding="utf-8")
    assert [name for name in metrics_of(manifest) if f"(`{name}`)" not in page] == []


def test_the_page_says_all_of_every_kpi_and_works_one_number(catalogue):
    page = (PROJECT_DIR / "docs/metrics.md").read_text(encoding="utf-8")
    entries = {entry.splitlines()[0]: entry for entry in page.split("\n### ")[1:]}
    assert set(entries) == {kpi for _, kpi in catalogue}
    parts = (r"- Formula: \S", r"- Unit: \S", r"- From `\w+`, by \w")
    for kpi, entry in entries.items():
        for part in (*parts, r"- Mind: \S", r"- Worked: (?!no value)"):
            assert re.search(part, entry), (kpi, part)


def test_the_page_of_metrics_is_fresh(built_default_company, manifest):
    assert manifest
    published = built_default_company.warehouse_dir / "published.duckdb"
    script = [sys.executable, PROJECT_DIR / "tools/metrics_page.py", published, "--check"]
    checked = subprocess.run(script, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
