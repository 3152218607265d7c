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

FIRST, LAST = date(2025, 2, 23), date(2025, 3, 4)
USERS = [f"U{number}" for number in range(6)]
LATE_USER = "U5"
FEATURES = ("login", "plan", "export")
MOST_DAYS_LATE = 40
AT = datetime(2025, 1, 1)
ADOPTION = ("path:models/intermediate/adoption", "path:models/marts/adoption")
# What the events and the changes of the ten days come by, and what is made of it.
DAILY = (
    "base_crm__accounts",
    "base_product_usage__end_users",
    "base_product_usage__features",
    "base_product_usage__licence_events",
    "base_product_usage__meter_readings",
    "base_billing__order_lines",
    "base_billing__order_line_checks",
    "int_recurring_lines_priced",
    "int_line_commitments",
    "int_months",
    "base_product_usage__event_rows",
    "base_product_usage__event_loads",
    "base_product_usage__event_parents",
    "base_product_usage__events",
    *ADOPTION,
)
BUILT = ("staging.base_product_usage__events", "intermediate.int_user_months")
PLANS = ("int_usage_redo", "int_adoption_redo")


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
                    *("build", "--quiet", *dbt_paths(self.root), "--threads", "1"),
                    *("--resource-type", "model", "--resource-type", "seed"),
                    *("--select", *(models or [f"+{path}" for path in ADOPTION])),
                ]
            )
        assert result.success, result.exception or [
            (run.node.name, run.message) for run in result.result if run.status == "error"
        ]

    def tables(self, name: str) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of every table that use is counted in, but for the number of the build."""
        with duckdb.connect(self.root / name / "warehouse.duckdb") as connection:
            made = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
                " where schema_name in ('intermediate', 'marts')"
            ).fetchall()
            columns = "columns(lambda name: name <> 'change_number')"
            return {
                table: connection.execute(f"select {columns} from {table} order by all").fetchall()
                for table in sorted({*BUILT, *(table for (table,) in made)})
                if table.split(".")[1] not in PLANS
            }

    def rewritten(self, name: str) -> dict[str, int]:
        """How many rows of the kept tables the newest build of each wrote."""
        with duckdb.connect(self.root / name / "warehouse.duckdb") as connection:
            return dict(
                connection.execute(
                    "select 'events', count(*) from staging.base_product_usage__events"
                    " where change_number = (select change_number from"
                    " staging.base_product_usage__builds"
                    " where model_name = 'base_product_usage__events')"
                    " union all select 'accounts', count(*) from intermediate.int_usage_redo"
                ).fetchall()
            )

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


def differing(left: dict[str, list], right: dict[str, list]) -> dict[str, tuple[list, list]]:
    """The tables that are not the same in both, with the rows that one of the two alone has."""
    return {
        table: (
            [row for row in left.get(table, []) if row not in right.get(table, [])],
            [row for row in right.get(table, []) if row not in left.get(table, [])],
        )
        for table in {*left, *right}
        if left.get(table) != right.get(table)
    }


def made_events(seed: int) -> list[dict[str, Any]]:
    """Events of ten days: some up to 40 days late, some landed twice, some changed afterwards."""
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for day in days():
        for _ in range(14):
            late = dice.choice([0, 0, 0, 1, dice.randint(2, MOST_DAYS_LATE), MOST_DAYS_LATE, -1])
            rows.append(event(dice, f"E{len(rows)}", day, day - timedelta(days=late)))
        for old in dice.sample(rows[:-14], min(3, len(rows) - 14)):
            moved = old["occurred_at"].date() - timedelta(days=dice.choice([0, 0, 1, 30]))
            rows.append(event(dice, old["event_id"], day, moved))
        rows.append(dict(rows[-1]))
    return rows


def event(dice: random.Random, event_id: str, loaded: date, occurred: date) -> dict[str, Any]:
    at = datetime(occurred.year, occurred.month, occurred.day, dice.choice([0, 12, 23]), 30)
    return {
        "event_id": event_id,
        "account_id": dice.choice(["A1", "A1", "A2", "A3"]),
        "end_user_id": dice.choice(USERS),
        "feature_name": dice.choice(FEATURES),
        "platform": dice.choice(["web", "mobile", "api"]),
        "occurred_at": at,
        "received_at": at,
        "loaded_at": datetime(loaded.year, loaded.month, loaded.day, 2),
    }


def days() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


def on_day(number: int) -> datetime:
    """The hour at which files land on the day of that number, from 1 on."""
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=number - 1, hours=2)


def company() -> dict[tuple[str, str], list[dict[str, Any]]]:
    """All but the events. What use is judged by changes on some of the ten days."""
    stamp = {"created_at": AT, "updated_at": AT}
    contracts = [
        {
            "contract_id": f"C{number}",
            "account_id": f"A{number}",
            "signed_at": AT,
            "start_date": date(2025, 1, number),
            "end_date": date(2025, 12, 31),
            "billing_frequency": "annual",
            "auto_renews": True,
            "currency": "USD",
            **stamp,
        }
        for number in (1, 2)
    ]
    lines = [("C1", "CORE", 5), ("C2", "CORE", 3), ("C2", "CALLS", 120)]
    return {
        # The second account is deleted on the eighth day.
        ("crm", "accounts"): [
            *({"account_id": f"A{n}", "account_name": f"Acme {n}", **stamp} for n in (1, 2, 3)),
            {
                "account_id": "A2",
                "account_name": "Acme 2",
                "created_at": AT,
                "updated_at": on_day(8),
                "is_deleted": True,
            },
        ],
        ("billing", "products"): [
            {
                "sku": sku,
                "product_name": sku,
                "product_line": "Core",
                "charge_type": "recurring",
                "unit_of_measure": unit,
                "is_archive": False,
                "updated_at": AT,
            }
            for sku, unit in (("CORE", "seat"), ("CALLS", "thousand_calls"))
        ],
        ("billing", "contracts"): contracts,
        ("billing", "orders"): [
            {
                "order_id": contract["contract_id"].replace("C", "O"),
                "contract_id": contract["contract_id"],
                "order_type": "new",
                "signed_at": AT,
                **stamp,
            }
            for contract in contracts
        ],
        # On the fourth day the first account's licences are put right, back to January.
        ("billing", "order_lines"): [
            {
                "order_line_id": f"{contract}-{sku}",
                "order_id": contract.replace("C", "O"),
                "sku": sku,
                "quantity": quantity,
                "list_unit_price": 100,
                "discount_percent": 0,
                "service_start_date": date(2025, 1, 10),
                "service_end_date": date(2025, 12, 31),
                "updated_at": at,
            }
            for contract, sku, quantity, at in [
                *((*line, AT) for line in lines),
                ("C1", "CORE", 8, on_day(4)),
            ]
        ],
        # On the ninth day the export turns out to be sticky.
        ("product_usage", "features"): [
            {
                "feature_name": name,
                "sku": "CORE",
                "is_sticky": is_sticky,
                "released_at": AT,
                "loaded_at": at,
            }
            for name, is_sticky, at in [
                *((name, name == "plan", AT) for name in FEATURES),
                ("export", True, on_day(9)),
            ]
        ],
        # One user lands days after the first of that user's events.
        ("product_usage", "end_users"): [
            {
                "end_user_id": user,
                "account_id": "A1",
                **stamp,
                "loaded_at": on_day(6) if user == LATE_USER else AT,
            }
            for user in USERS
        ],
        ("product_usage", "licence_events"): [
            {
                "licence_event_id": f"L{number}",
                "account_id": "A1",
                "end_user_id": user,
                "sku": "CORE",
                "event_type": "assigned",
                "occurred_at": AT + timedelta(days=10 * number),
                "loaded_at": on_day(number + 1),
            }
            for number, user in enumerate(USERS[:-1])
        ],
        ("product_usage", "meter_readings"): [
            {
                "account_id": "A2",
                "sku": "CALLS",
                "reading_date": date(2025, 2, 20) + timedelta(days=number),
                "units_consumed": 3 + number,
                "loaded_at": on_day(number + 1),
            }
            for number in range(5)
        ],
        ("success", "onboarding_projects"): [
            {
                "project_id": "P1",
                "account_id": "A1",
                "contract_id": "C1",
                "planned_go_live_date": date(2025, 1, 27),
                "went_live_at": datetime(2025, 1, 27),
                "updated_at": AT,
            }
        ],
    }


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouses]:
    """Ten days of landing data, and ``daily`` built on each of them, the fifth in part alone."""
    root = tmp_path_factory.mktemp("late_events")
    before = {name: os.environ.get(name) for name in ("TENURE_WAREHOUSE", "TENURE_AS_OF")}
    rows = {**company(), ("product_usage", "events"): made_events(seed=5)}
    landing = write_landing(root / "landing", rows)
    os.environ["TENURE_WAREHOUSE"], os.environ["TENURE_AS_OF"] = str(root), FIRST.isoformat()
    with redirect_stdout(StringIO()):
        parsed = dbtRunner().invoke(["parse", "--quiet", *dbt_paths(root)])
    assert parsed.success, parsed.exception
    landed = check_landing(landing, read_contract())
    made = Warehouses(dbtRunner(manifest=parsed.result), landed, root)
    made.build("daily", FIRST)
    for number, day in enumerate(days()[1:], start=2):
        stopped = DAILY[: DAILY.index(ADOPTION[0])]
        made.build("daily", day, *(DAILY if number != 5 else [*stopped, "int_usage_redo"]))
        if number == 5:
            made.build("daily", day, "int_usage_days", "int_adoption_inputs")
    yield made
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def test_ten_daily_increments_are_one_build_at_the_end(warehouses: Warehouses) -> None:
    warehouses.build("once", LAST)
    once = warehouses.tables("once")
    assert not differing(warehouses.tables("daily"), once)
    usage_days = once["intermediate.int_usage_days"]
    assert {row[1] for row in usage_days} == set(USERS)
    assert min(row[3] for row in usage_days) < FIRST - timedelta(days=MOST_DAYS_LATE // 2)
    assert not [table for table, rows in once.items() if table.startswith("marts.") and not rows]


def test_the_same_day_again_changes_nothing(warehouses: Warehouses) -> None:
    before = warehouses.tables("daily")
    warehouses.build("daily", LAST, *DAILY)
    assert not differing(warehouses.tables("daily"), before)
    assert warehouses.rewritten("daily") == {"events": 0, "accounts": 0}


def test_an_earlier_day_built_after_a_later_one_is_as_it_was(warehouses: Warehouses) -> None:
    middle = FIRST + timedelta(days=4)
    latest = warehouses.tables("daily")
    warehouses.build("middle", middle)
    warehouses.build("daily", middle, *DAILY)
    assert not differing(warehouses.tables("daily"), warehouses.tables("middle"))
    assert differing(warehouses.tables("daily"), latest)
    warehouses.build("daily", LAST, *DAILY)
    assert not differing(warehouses.tables("daily"), latest)


def test_rows_that_land_later_on_a_day_that_was_built_are_found(warehouses: Warehouses) -> None:
    before = warehouses.tables("daily")
    dice = random.Random(6)
    old_day = FIRST - timedelta(days=30)
    late = [event(dice, f"L{number}", LAST, old_day) for number in range(3)]
    warehouses.land_more(late)
    warehouses.build("daily", LAST, *DAILY)
    written = warehouses.rewritten("daily")
    assert 3 <= written["events"] < len(before["staging.base_product_usage__events"]) // 2
    # A file that a loader put right under the date of its first writing.
    warehouses.land_more([*late, event(dice, "B1", FIRST + timedelta(days=1), FIRST)])
    warehouses.build("daily", LAST, *DAILY)
    warehouses.build("afresh", LAST)
    afresh = warehouses.tables("afresh")
    assert not differing(warehouses.tables("daily"), afresh)
    assert differing(before, afresh)
