"""Day by day or all at once: the usage models say the same, however late the events are."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from landing_maker import write_landing, write_table
from orchestration.contract import PROJECT_DIR, read_contract
from orchestration.landing import Landing, check_landing, create_raw_views

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 10)
USERS = [f"U{number}" for number in range(6)]
LATE_USER = "U5"
FEATURES = ("login", "plan", "export")
MOST_DAYS_LATE = 40
AT = datetime(2025, 1, 1)
DAILY = (
    "base_product_usage__end_users",
    "base_product_usage__events",
    "int_usage_days_landed",
    "int_usage_days",
)
USAGE_DAYS = """
    select * from intermediate.int_usage_days
    order by account_id, end_user_id, feature_name, usage_date
"""


@dataclass
class Warehouses:
    """Landing data and what builds it; one warehouse directory for each way of building."""

    runner: dbtRunner
    landed: Landing
    root: Path

    def build(self, name: str, as_of: date, *models: str) -> None:
        """Build models of the warehouse ``name`` as of a day; all of usage where none are named."""
        directory = self.root / name
        directory.mkdir(exist_ok=True)
        with duckdb.connect(directory / "warehouse.duckdb") as connection:
            create_raw_views(connection, self.landed)
        os.environ["TENURE_WAREHOUSE"] = str(directory)
        os.environ["TENURE_AS_OF"] = as_of.isoformat()
        with redirect_stdout(StringIO()):
            result = self.runner.invoke(
                [
                    *("run", "--quiet", *dbt_paths(self.root), "--threads", "1"),
                    *("--select", *(models or ("+int_usage_days",))),
                ]
            )
        assert result.success, result.exception or result.result

    def usage_days(self, name: str) -> list[tuple[Any, ...]]:
        """Every row of the usage by day."""
        with duckdb.connect(self.root / name / "warehouse.duckdb") as connection:
            return connection.execute(USAGE_DAYS).fetchall()

    def land_more(self, rows: list[dict[str, Any]]) -> None:
        """Add a file of events."""
        table = next(t for t in read_contract() if t.label == "product_usage.events")
        write_table(
            self.landed.directory / "product_usage" / "events" / "part-1.parquet", table, rows
        )
        self.landed = check_landing(self.landed.directory, read_contract())


def dbt_paths(root: Path) -> list[str]:
    return [
        *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
        *("--target-path", str(root / "target"), "--log-path", str(root)),
    ]


def made_events(seed: int) -> list[dict[str, Any]]:
    """Events of ten days: some up to 40 days late, some landed twice, some changed afterwards."""
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for day in days():
        for _ in range(12):
            late = dice.choice([0, 0, 0, 1, dice.randint(2, MOST_DAYS_LATE), MOST_DAYS_LATE])
            rows.append(event(dice, f"E{len(rows)}", day, day - timedelta(days=late)))
        for old in dice.sample(rows[:-12], min(3, len(rows) - 12)):
            moved = old["occurred_at"].date() - timedelta(days=dice.choice([0, 0, 1, 30]))
            rows.append(event(dice, old["event_id"], day, moved))
        rows.append(dict(rows[-1]))
    return rows


def event(dice: random.Random, event_id: str, loaded: date, occurred: date) -> dict[str, Any]:
    at = datetime(occurred.year, occurred.month, occurred.day, dice.choice([0, 12, 23]), 30)
    return {
        "event_id": event_id,
        "account_id": "A1",
        "end_user_id": dice.choice(USERS),
        "feature_name": dice.choice(FEATURES),
        "platform": dice.choice(["web", "mobile", "api"]),
        "occurred_at": at,
        "received_at": at,
        "loaded_at": datetime(loaded.year, loaded.month, loaded.day, 2),
    }


def days() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouses]:
    """Ten days of landing data, and ``daily`` built on each of them."""
    root = tmp_path_factory.mktemp("late_events")
    before = {name: os.environ.get(name) for name in ("TENURE_WAREHOUSE", "TENURE_AS_OF")}
    stamp = {"created_at": AT, "updated_at": AT}
    rows = {
        ("crm", "accounts"): [{"account_id": "A1", "account_name": "Acme", **stamp}],
        ("billing", "products"): [
            {
                "sku": "CORE",
                "product_name": "Core",
                "product_line": "Core",
                "charge_type": "recurring",
                "unit_of_measure": "seat",
                "is_archive": False,
                "updated_at": AT,
            }
        ],
        ("product_usage", "features"): [
            {
                "feature_name": name,
                "sku": "CORE",
                "is_sticky": name == "plan",
                "released_at": AT,
                "loaded_at": AT,
            }
            for name in FEATURES
        ],
        # One user lands days after the first of that user's events.
        ("product_usage", "end_users"): [
            {
                "end_user_id": user,
                "account_id": "A1",
                **stamp,
                "loaded_at": datetime(2025, 3, 6) if user == LATE_USER else AT,
            }
            for user in USERS
        ],
        ("product_usage", "events"): made_events(seed=5),
    }
    landing = write_landing(root / "landing", rows)
    os.environ["TENURE_WAREHOUSE"], os.environ["TENURE_AS_OF"] = str(root), FIRST.isoformat()
    with redirect_stdout(StringIO()):
        parsed = dbtRunner().invoke(["parse", "--quiet", *dbt_paths(root)])
    assert parsed.success, parsed.exception
    landed = check_landing(landing, read_contract())
    made = Warehouses(dbtRunner(manifest=parsed.result), landed, root)
    made.build("daily", FIRST)
    for day in days()[1:]:
        made.build("daily", day, *DAILY)
    yield made
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def test_ten_daily_increments_are_one_build_at_the_end(warehouses: Warehouses) -> None:
    warehouses.build("once", LAST)
    usage_days = warehouses.usage_days("once")
    assert warehouses.usage_days("daily") == usage_days
    assert {row[1] for row in usage_days} == set(USERS)
    assert min(row[3] for row in usage_days) < FIRST - timedelta(days=MOST_DAYS_LATE // 2)


def test_the_same_day_again_changes_nothing(warehouses: Warehouses) -> None:
    before = warehouses.usage_days("daily")
    warehouses.build("daily", LAST, *DAILY)
    assert warehouses.usage_days("daily") == before


def test_an_earlier_day_built_after_a_later_one_is_as_it_was(warehouses: Warehouses) -> None:
    middle = FIRST + timedelta(days=4)
    latest = warehouses.usage_days("daily")
    warehouses.build("middle", middle)
    warehouses.build("daily", middle, *DAILY)
    assert warehouses.usage_days("daily") == warehouses.usage_days("middle") != latest
    warehouses.build("daily", LAST, *DAILY)
    assert warehouses.usage_days("daily") == latest


def test_rows_that_land_later_on_a_day_that_was_built_are_found(warehouses: Warehouses) -> None:
    before = warehouses.usage_days("daily")
    dice = random.Random(6)
    old_day = FIRST - timedelta(days=30)
    late = [event(dice, f"L{number}", LAST, old_day) for number in range(3)]
    # A file that a loader put right under the date of its first writing.
    backdated = [event(dice, "B1", FIRST + timedelta(days=1), FIRST)]
    warehouses.land_more(late + backdated)
    warehouses.build("daily", LAST, *DAILY)
    warehouses.build("once", LAST, *DAILY)
    warehouses.build("afresh", LAST)
    afresh = warehouses.usage_days("afresh")
    assert warehouses.usage_days("daily") == warehouses.usage_days("once") == afresh != before
