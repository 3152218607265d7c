"""A formula that is broken in the YAML turns the check of its metric red, and no other's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from orchestration.built import Built
from orchestration.checks import open_built
from orchestration.drills.project import copy_project
from orchestration.kpi_checks.registry import differences, kpi_checks
from orchestration.progress import dbt_failures
from orchestration.project import DBT_EXECUTABLE, dbt_project, prepare_manifest
from refreshing import BuiltCompany

# One of each area: the metric, what its YAML says, and what a wrong one would.
BROKEN = {
    "acquisition": (
        "lead_conversion_rate",
        "{numerator: leads_converted, denominator: leads_created}",
        "{numerator: leads_created, denominator: leads_converted}",
    ),
    "adoption": (
        "active_user_percent_60",
        "numerator: activation_users_60",
        "numerator: activation_users_30",
    ),
    "advocacy": (
        "advocates_percent",
        "denominator: customers_who_may_advocate",
        "denominator: customers_advocating",
    ),
    "cmrr": (
        "quick_ratio",
        "expr: -(downgrade_cmrr + cancellation_cmrr + archive_cmrr)",
        "expr: -(cancellation_cmrr + archive_cmrr)",
    ),
    "delivery": (
        "issues_identified_vs_resolved",
        "{numerator: issues_resolved_in_months, denominator: issues_opened_in_months}",
        "{numerator: issues_opened_in_months, denominator: issues_resolved_in_months}",
    ),
    "engagement": (
        "email_engagement_rate",
        "{numerator: mails_engaged, denominator: mails_sent}",
        "{numerator: mails_clicked, denominator: mails_sent}",
    ),
    "expansion": (
        "attach_rate",
        "{numerator: pair_holders_of_both, denominator: pair_holders}",
        "{numerator: pair_holders, denominator: pair_holders_of_both}",
    ),
    "finance": (
        "gross_margin_percent",
        "numerator: recurring_gross_margin",
        "numerator: recurring_revenue_of_margin",
    ),
    "health": (
        "band_distribution_red_share",
        "{numerator: red_customers_now, denominator: customers_with_score}",
        "{numerator: red_customers_now, denominator: customers_with_health}",
    ),
    "onboarding": (
        "onboarding_completion_rate_60",
        "numerator: onboarding_projects_complete_60",
        "numerator: onboarding_projects_complete_30",
    ),
    "renewal": (
        "resolution_rate",
        "{numerator: renewals_resolved_cmrr, denominator: renewals_due_cmrr}",
        "{numerator: renewals_retained_cmrr, denominator: renewals_due_cmrr}",
    ),
    "retention": (
        "gross_revenue_retention",
        "{numerator: gross_retained_cmrr_kept, denominator: retention_beginning_cmrr}",
        "{numerator: net_retained_cmrr_kept, denominator: retention_beginning_cmrr}",
    ),
    "team": (
        "interactions_by_type",
        "{numerator: contacts, denominator: customer_months}",
        "{numerator: calls, denominator: customer_months}",
    ),
    "voice_of_customer": (
        "csat",
        "{numerator: csat_positive, denominator: csat_responses}",
        "{numerator: csat_score_sum, denominator: csat_responses}",
    ),
}


@pytest.fixture(scope="module")
def built(built_company: BuiltCompany, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The small company with rpt_kpis built anew from a project in which each formula is broken."""
    prepare_manifest()
    project = copy_project(tmp_path_factory.mktemp("broken") / "project")
    for area, (_, right, wrong) in BROKEN.items():
        file = project / "models/metrics" / area / f"_{area}__metrics.yml"
        text = file.read_text(encoding="utf-8")
        assert text.count(right) == 1, right
        file.write_text(text.replace(right, wrong), encoding="utf-8")
    target = project / "target"
    target.mkdir()
    # What dbt need not parse again: all but the YAML that is broken.
    shutil.copy(dbt_project.manifest_path.with_name("partial_parse.msgpack"), target)
    warehouse = project / "warehouse"
    warehouse.mkdir()
    for name in ("warehouse.duckdb", "published.duckdb"):
        shutil.copy(built_company.warehouse_dir / name, warehouse)
    ran = subprocess.run(
        [DBT_EXECUTABLE, "run", "--select", "kpi_values*", "rpt_kpis", "--profiles-dir", "."],
        cwd=project,
        env={
            **os.environ,
            "TENURE_WAREHOUSE": str(warehouse),
            "TENURE_AS_OF": built_company.as_of.isoformat(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, dbt_failures(target) or ran.stdout
    with open_built(
        warehouse / "warehouse.duckdb", warehouse / "published.duckdb", every_period=True
    ) as built:
        yield built


@pytest.mark.parametrize("area", kpi_checks())
def test_a_broken_formula_turns_its_own_check_red(built: Built, area: str) -> None:
    found = differences(
        built.tables, built.served, built.periods, kpi_checks()[area], built.metrics
    )
    assert {one.metric for one in found} == {BROKEN[area][0]}
