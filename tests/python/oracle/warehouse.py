"""Runs the project's own compiled SQL on an in-memory DuckDB, so that a history takes a second and
no build."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from dbt.cli.main import dbtRunner

from landing_maker import arrow_type
from orchestration.contract import PROJECT_DIR, Table, read_contract
from tests.python.oracle.reading import Books

MARTS = ("fct_cmrr_movements", "fct_cmrr_months", "fct_cmrr_bridge", "dim_contracts")
PLACEHOLDER_DAY = date(1987, 6, 5)
LONG_AGO = datetime(2001, 1, 1)
Rows = dict[tuple[str, str], list[dict[str, Any]]]


class Warehouse:
    """The models up to some marts, compiled once and run for any rows and any as-of date."""

    def __init__(
        self,
        work_dir: Path,
        grace_days: int = 90,
        marts: Sequence[str] = MARTS,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Compile the models into ``work_dir``. Raises RuntimeError where dbt cannot."""
        given = {
            "as_of_date": str(PLACEHOLDER_DAY),
            "late_renewal_grace_days": grace_days,
            **(variables or {}),
        }
        arguments = [
            "compile",
            "--quiet",
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
            *("--target-path", str(work_dir / "target"), "--log-path", str(work_dir)),
            *("--select", *(f"+{mart}" for mart in marts)),
            *("--vars", json.dumps(given)),
        ]
        with _environment(TENURE_WAREHOUSE=str(work_dir)), redirect_stdout(StringIO()):
            result = dbtRunner().invoke(arguments)
        if not result.success:
            raise RuntimeError(f"dbt compile failed: {result.exception or result.result}")
        manifest = json.loads((work_dir / "target" / "manifest.json").read_text(encoding="utf-8"))
        self.contract = read_contract()
        self.nodes = _in_order(manifest, marts)

    def run(self, rows: Rows, as_of: date) -> duckdb.DuckDBPyConnection:
        """Build everything from the landing rows as of a day; the caller closes the connection."""
        connection = duckdb.connect(":memory:")
        connection.execute("attach ':memory:' as warehouse; use warehouse")
        for table in self.contract:
            self._load(connection, table, rows.get((table.source, table.name), []))
        for node in self.nodes:
            name = f'"{node["schema"]}"."{node["name"]}"'
            connection.execute(f'create schema if not exists "{node["schema"]}"')
            if node["resource_type"] == "seed":
                path = PROJECT_DIR / node["original_file_path"]
                types = node["config"].get("column_types") or {}
                connection.execute(
                    f"create table {name} as select * from read_csv('{path}', header = true,"
                    f" types = {json.dumps(types)})"
                )
                continue
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            sql = node["compiled_code"].replace(str(PLACEHOLDER_DAY), str(as_of))
            connection.execute(f"create {kind} {name} as {sql}")
        return connection

    def _load(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        rows: Iterable[dict[str, Any]],
    ) -> None:
        schema = pa.schema([(c.name, arrow_type(c.data_type)) for c in table.columns])
        landed = pa.Table.from_pylist(
            [{c.name: _typed(c.data_type, row.get(c.name)) for c in table.columns} for row in rows],
            schema=schema,
        )
        connection.execute(f"create schema if not exists {table.schema}")
        connection.register("landed_rows", landed)
        connection.execute(f"create table {table.schema}.{table.name} as select * from landed_rows")
        connection.unregister("landed_rows")


def landing_rows(histories: Iterable[Books], honest: bool = False) -> Rows:
    """Landing rows of all the histories. Loaded long ago, or ``honest``: on the day they speak
    of.
    """
    accounts, contracts, orders, lines, cancellations = [], [], [], [], []
    products, rates = {}, {}
    for books in histories:
        signed = {order.order_id: order.signed_at for order in books.orders}
        accounts += [
            {"account_id": account, "account_name": account}
            for account in sorted({contract.account_id for contract in books.contracts})
        ]
        contracts += [
            {
                **vars(row),
                "billing_frequency": "annual",
                "auto_renews": False,
                "loaded_at": row.signed_at,
            }
            for row in books.contracts
        ]
        orders += [{**vars(row), "loaded_at": row.signed_at} for row in books.orders]
        lines += [{**vars(row), "loaded_at": signed[row.order_id]} for row in books.order_lines]
        cancellations += [
            {**vars(row), "loaded_at": row.notified_at} for row in books.cancellations
        ]
        products |= {row.sku: row for row in books.products}
        rates |= {(row.rate_date, row.currency): row for row in books.rates}
    found: Rows = {
        ("crm", "accounts"): accounts,
        ("billing", "contracts"): contracts,
        ("billing", "orders"): orders,
        ("billing", "order_lines"): lines,
        ("billing", "cancellations"): cancellations,
        ("billing", "products"): [
            {
                **vars(row),
                "product_name": row.sku,
                "product_line": "suite",
                "unit_of_measure": "seat",
            }
            for row in products.values()
        ],
        ("billing", "exchange_rates"): [vars(row) for row in rates.values()],
    }
    for rows in found.values():
        for number, row in enumerate(rows):
            loaded_at = row.get("loaded_at", LONG_AGO) if honest else LONG_AGO
            rows[number] = {
                "is_deleted": False,
                **row,
                "created_at": loaded_at,
                "updated_at": loaded_at,
                "loaded_at": loaded_at,
            }
    return found


def _typed(data_type: str, value: Any) -> Any:
    if value is not None and data_type.startswith("decimal"):
        scale = arrow_type(data_type).scale
        return Decimal(value).quantize(Decimal(1).scaleb(-scale))
    return value


def _in_order(manifest: dict[str, Any], marts: Sequence[str]) -> list[dict[str, Any]]:
    nodes = manifest["nodes"]
    ordered: dict[str, dict[str, Any]] = {}

    def visit(key: str) -> None:
        if key in ordered or key not in nodes:
            return
        for parent in nodes[key]["depends_on"].get("nodes", []):
            visit(parent)
        ordered[key] = nodes[key]

    for mart in marts:
        visit(f"model.tenure.{mart}")
    return list(ordered.values())


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
