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


def test_the_page_of_metrics_names_every_metric(manifest):
    page = (PROJECT_DIR / "docs/metrics.md").read_text(encoding="utf-8")
    assert [name for name in metrics_of(manifest) if f"(`{name}`)" not in page] == []


def test_the_page_of_metrics_is_fresh(built_default_company, manifest):
    assert manifest
    published = built_default_company.warehouse_dir / "published.duckdb"
    script = [sys.executable, PROJECT_DIR / "tools/metrics_page.py", published, "--check"]
    checked = subprocess.run(script, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
