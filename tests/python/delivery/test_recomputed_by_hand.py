"""Windows, medians and states of onboarding and delivery, recomputed row by row in Python."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import numpy as np
import pytest

from refreshing import BuiltCompany


@dataclass
class Warehouse:
    """The working file, read only, and the day that counts as today."""

    connection: duckdb.DuckDBPyConnection
    as_of: date

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def warehouse(built_company: BuiltCompany) -> Iterator[Warehouse]:
    file = built_company.warehouse_dir / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        yield Warehouse(connection, built_company.as_of)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _hours(first: datetime, last: datetime) -> Decimal:
    return _cents(Decimal(int((last - first).total_seconds())) / 3600)


def _median(values: list[Any]) -> Decimal | None:
    return _cents(Decimal(statistics.median(values))) if values else None


def test_first_logins_and_the_trend_of_the_first_90_days(warehouse: Warehouse) -> None:
    users, logins = defaultdict(set), defaultdict(set)
    for account_id, user_id, day, feature in warehouse.rows(
        "select account_id, end_user_id, cast(occurred_at as date), feature_name"
        " from staging.stg_product_usage__events"
    ):
        if day <= warehouse.as_of:
            if feature == "login":
                logins[account_id].add(day)
            else:
                users[account_id].add((user_id, day))
    projects = warehouse.rows(
        "select customer_id, start_date, cast(signed_at as date), usage_weeks, usage_trend,"
        " days_to_first_login"
        " from marts.fct_onboarding inner join staging.stg_billing__contracts using (contract_id)"
    )
    assert any(days is not None for *_, days in projects)
    for customer_id, start, signed, weeks, trend, days_to_first_login in projects:
        active = []
        for number in range(12):
            first = start + timedelta(days=7 * number)
            last = first + timedelta(days=6)
            if last <= warehouse.as_of:
                active.append(len({u for u, day in users[customer_id] if first <= day <= last}))
        assert weeks == len(active)
        assert (trend is None) == (weeks < 2)
        if trend is not None:
            slope = np.polyfit(range(1, weeks + 1), active, 1)[0]
            assert float(trend) == pytest.approx(slope, abs=1e-6)
        first_login = min((d for d in logins[customer_id] if d >= min(start, signed)), default=None)
        assert days_to_first_login == (first_login and (first_login - start).days)


def test_licences_activated_after_30_and_60_days(warehouse: Warehouse) -> None:
    events = defaultdict(list)
    for account_id, user_id, sku, kind, day in warehouse.rows(
        "select account_id, end_user_id, sku, event_type, cast(occurred_at as date)"
        " from staging.stg_product_usage__licence_events"
        " semi join (from staging.stg_billing__products where unit_of_measure = 'seat')"
        " using (sku) order by occurred_at, event_type, licence_event_id"
    ):
        events[account_id].append((user_id, sku, kind, day))
    activated = 0
    for customer_id, start, *shown in warehouse.rows(
        "select customer_id, contract_start_date, licences_activated_30_days,"
        " licences_activated_60_days from marts.fct_onboarding"
    ):
        for days, licences in zip((30, 60), shown, strict=True):
            day, seats = start + timedelta(days=days), set()
            for user_id, sku, kind, happened in events[customer_id]:
                if happened <= day and kind == "activated":
                    seats.add((user_id, sku))
                if happened <= day and kind == "deactivated":
                    seats.discard((user_id, sku))
            assert licences == (len(seats) if day <= warehouse.as_of else None)
            activated += licences or 0
    assert activated > 0


def test_counts_medians_and_backlog_of_tickets(warehouse: Warehouse) -> None:
    tickets = warehouse.rows(
        "select created_at, first_response_at, solved_at, cast(created_at as date),"
        " cast(solved_at as date), ticket_type, priority from staging.stg_support__tickets"
    )
    slices = warehouse.rows(
        "select period_start, period_end, dimension_name, dimension_value, tickets_created,"
        " tickets_solved, tickets_open, median_first_response_hours, median_resolution_hours,"
        " median_open_days from marts.rpt_ticket_service"
        " where dimension_name in ('all', 'ticket_type', 'priority')"
    )
    assert slices
    for first, last, name, value, *shown in slices:
        place = {"ticket_type": 5, "priority": 6}.get(name)
        mine = [t for t in tickets if place is None or t[place] == value]
        raised = [t for t in mine if first <= t[3] <= last]
        solved = [t for t in mine if t[4] and first <= t[4] <= last]
        still_open = [t for t in mine if t[3] <= last and not (t[4] and t[4] <= last)]
        assert shown == [
            len(raised),
            len(solved),
            len(still_open),
            _median([_hours(t[0], t[1]) for t in raised if t[1]]),
            _median([_hours(t[0], t[2]) for t in solved]),
            _median([(last - t[3]).days for t in still_open]),
        ]


def test_value_of_success_measures_as_last_measured_by_each_month_end(warehouse: Warehouse) -> None:
    measured = defaultdict(lambda: defaultdict(list))
    for measure_id, account_id, at, version, value in warehouse.rows(
        "select measure_id, account_id, measured_at, version_number, annual_value"
        " from staging.base_success__success_measures"
        " semi join staging.stg_success__success_measures using (measure_id)"
        " where measured_at is not null"
    ):
        measured[account_id][measure_id].append((at, -version, value))
    months = warehouse.rows("select month, customer_id, annual_value from marts.fct_success_months")
    assert any(value for *_, value in months)
    for month, customer_id, shown in months:
        next_month = (month + timedelta(days=31)).replace(day=1)
        last = min(next_month - timedelta(days=1), warehouse.as_of)
        values = []
        for versions in measured[customer_id].values():
            known = [v for v in versions if v[0].date() <= last]
            if known and max(known)[2] is not None:
                values.append(max(known)[2])
        assert shown == (sum(values) if values else None)
