"""The 28-day measures, recomputed by brute force from the events, day by day and user by user."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from refreshing import BuiltCompany

WINDOW = 28
SAMPLED_ACCOUNTS = 25
SAMPLED_DAYS = 40
SIGHT = tuple[date, str, str]  # day, user, feature


@pytest.fixture(scope="module")
def company(built_company: BuiltCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    """The small company's working file, read only."""
    file = Path(built_company.warehouse_dir) / "warehouse.duckdb"
    with duckdb.connect(file, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def sights(company: duckdb.DuckDBPyConnection) -> dict[str, set[SIGHT]]:
    """Per account, who used which feature on which day, the login left out."""
    found: dict[str, set[SIGHT]] = defaultdict(set)
    for account, user, feature, at in company.execute(
        "select account_id, end_user_id, feature_name, occurred_at"
        " from staging.stg_product_usage__events where feature_name <> 'login'"
    ).fetchall():
        found[account].add((at.date(), user, feature))
    return found


def within(sights: Iterable[SIGHT], last: date, days: int = WINDOW) -> list[SIGHT]:
    """What happened in the days that end on ``last``."""
    return [seen for seen in sights if last - timedelta(days=days) < seen[0] <= last]


def measures(sights: Iterable[SIGHT], last: date, sticky: set[str]) -> tuple[int, int, int, int]:
    """Active users, their days, features used and sticky users of the 28 days to ``last``."""
    seen = within(sights, last)
    sticky_days: dict[str, set[date]] = defaultdict(set)
    for day, user, feature in seen:
        if feature in sticky:
            sticky_days[user].add(day)
    return (
        len({user for _, user, _ in seen}),
        len({(day, user) for day, user, _ in seen}),
        len({feature for *_, feature in seen}),
        sum(len(found) >= 4 for found in sticky_days.values()),
    )


def sampled_days(first: date, last: date) -> list[date]:
    """Days of the history: both ends, month ends and the days beside them, others at random."""
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    month_ends = [day for day in every if (day + timedelta(days=1)).day == 1]
    beside = [day + timedelta(days=1) for day in month_ends if day < last]
    return sorted(
        {first, last, *month_ends, *beside, *random.Random(1).sample(every, SAMPLED_DAYS)}
    )


def test_levels_of_any_day_are_those_counted_from_events(
    company: duckdb.DuckDBPyConnection, sights: dict[str, set[SIGHT]], built_company: BuiltCompany
) -> None:
    sticky = {
        name
        for (name,) in company.execute(
            "select feature_name from staging.stg_product_usage__features where is_sticky"
        ).fetchall()
    }
    accounts = random.Random(2).sample(sorted(sights), min(SAMPLED_ACCOUNTS, len(sights)))
    levels: dict[str, list[tuple]] = defaultdict(list)
    for account, *level in company.execute("from intermediate.int_adoption_levels").fetchall():
        levels[account].append(tuple(level))
    first = min(day for account in accounts for day, *_ in sights[account])
    compared = 0
    for day in sampled_days(first, built_company.as_of):
        for account in accounts:
            standing = [row[2:] for row in levels[account] if row[0] <= day < row[1]]
            assert len(standing) <= 1, (account, day)
            counted = measures(sights[account], day, sticky)
            assert (standing or [(0, 0, 0, 0)])[0] == counted, (account, day)
            compared += counted[0] > 0
    assert compared > SAMPLED_DAYS
    assert any(row[5] for rows in levels.values() for row in rows), "nobody was ever sticky"


def test_users_of_a_sku_are_those_counted_from_events(
    company: duckdb.DuckDBPyConnection, sights: dict[str, set[SIGHT]]
) -> None:
    unlocked: dict[str, set[str]] = defaultdict(set)
    for sku, bundle, feature in company.execute(
        "select sku, bundle_sku, feature_name from staging.stg_product_usage__features"
        " inner join staging.stg_billing__products using (sku)"
    ).fetchall():
        unlocked[sku].add(feature)
        unlocked[bundle or sku].add(feature)
    months = company.execute(
        "select month, report_date, customer_id, sku, active_users"
        " from marts.fct_licence_utilisation_months"
        " inner join intermediate.int_months using (month)"
    ).fetchall()
    assert len(months) > 100
    for _, report_date, customer, sku, active_users in months:
        seen = within(sights[customer], report_date)
        counted = {user for _, user, feature in seen if feature in unlocked[sku]}
        assert active_users == len(counted), (report_date, customer, sku)


def test_months_compare_with_28_and_364_days_before(
    company: duckdb.DuckDBPyConnection, sights: dict[str, set[SIGHT]]
) -> None:
    months = company.execute(
        "select report_date, customer_id, active_users, active_user_days, features_used,"
        " sticky_users, active_users_before, active_user_days_before,"
        " active_users_year_ago, active_user_days_year_ago"
        " from marts.fct_adoption_months inner join intermediate.int_months using (month)"
    ).fetchall()
    seen_before = 0
    for report_date, customer, users, user_days, features, _, *earlier in months:
        found = sights[customer]
        assert (users, user_days, features) == measures(found, report_date, set())[:3]
        before = measures(found, report_date - timedelta(days=28), set())[:2]
        year_ago = measures(found, report_date - timedelta(days=364), set())[:2]
        assert tuple(earlier) == (*before, *year_ago), (report_date, customer)
        seen_before += before[0] > 0
    assert seen_before > 20


def test_activation_counts_the_thirty_days_to_each_step(
    company: duckdb.DuckDBPyConnection, sights: dict[str, set[SIGHT]], built_company: BuiltCompany
) -> None:
    steps = company.execute(
        "select customer_id, days_after_go_live, went_live_date, active_users"
        " from marts.fct_activation"
    ).fetchall()
    assert steps
    for customer, days, live, active_users in steps:
        last = live + timedelta(days=days)
        assert last <= built_company.as_of
        seen = within(sights[customer], last, days=30)
        assert active_users == len({user for _, user, _ in seen}), (customer, days)
