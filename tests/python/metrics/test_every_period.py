"""Of the default company every check holds in every period: each KPI, and each invariant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestration.built import Built, Check
from orchestration.checks import CHECKS, open_built
from orchestration.project import prepare_manifest
from refreshing import BuiltCompany


@pytest.fixture(scope="module")
def built(built_default_company: BuiltCompany) -> Iterator[Built]:
    """The warehouse of the default company, all periods asked for, beside what is published."""
    prepare_manifest()
    warehouse = built_default_company.warehouse_dir
    with open_built(
        warehouse / "warehouse.duckdb", warehouse / "published.duckdb", every_period=True
    ) as built:
        yield built


def test_all_periods_are_asked_for(built: Built) -> None:
    months = built.periods[built.periods["period_grain"] == "month"]
    assert built.is_published
    assert len(months) >= 48
    assert set(built.periods["period_grain"]) == {"month", "quarter", "year"}


@pytest.mark.parametrize("check", CHECKS, ids=[check.name for check in CHECKS])
def test_nothing_differs_in_any_period(built: Built, check: Check) -> None:
    found = check.find(built)
    assert not found, "\n".join(found)
