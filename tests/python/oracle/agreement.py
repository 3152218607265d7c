"""Where the marts and the reading of one history differ, said so that a person can decide who is
right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import duckdb

from tests.python.oracle.reading import MOVEMENT_TYPES, PARTS, Books, Movement, Reading, read

MOVEMENT_COLUMNS = tuple(field.name for field in fields(Movement))
MONTH_COLUMNS = ("month", "contract_family_id", "sku", "customer_id", *PARTS)
BRIDGE_COLUMNS = (
    "month",
    "contract_family_id",
    "sku",
    "customer_id",
    "beginning_cmrr",
    *(f"{kind}_cmrr" for kind in MOVEMENT_TYPES),
    "ending_cmrr",
)
TABLES = {
    "fct_cmrr_movements": MOVEMENT_COLUMNS,
    "fct_cmrr_months": MONTH_COLUMNS,
    "fct_cmrr_bridge": BRIDGE_COLUMNS,
    "dim_contracts": ("contract_id", "contract_family_id", "customer_id"),
}

Row = tuple[Any, ...]


def differences(connection: duckdb.DuckDBPyConnection, histories: Sequence[Books]) -> list[str]:
    """One text per history (each with accounts of its own) that the marts see differently."""
    owner = {
        contract.account_id: number
        for number, books in enumerate(histories)
        for contract in books.contracts
    }
    found: dict[str, list[list[Row]]] = {}
    for table, columns in TABLES.items():
        found[table] = [[] for _ in histories]
        customer = columns.index("customer_id")
        for row in connection.execute(f"select {', '.join(columns)} from marts.{table}").fetchall():
            found[table][owner[row[customer]]].append(row)
    texts = []
    for number, books in enumerate(histories):
        expected = expected_rows(read(books))
        changed = []
        for table in TABLES:
            ours, theirs = expected[table], found[table][number]
            changed += [f"{table}: only the reading {line}" for line in sorted_only(ours, theirs)]
            changed += [f"{table}: only the marts   {line}" for line in sorted_only(theirs, ours)]
        if changed:
            texts.append("\n".join([f"history {number}", *describe(books), *changed]))
    return texts


def sorted_only(rows: list[Row], others: list[Row]) -> list[str]:
    """Rows that the others lack, counted as often as they are there, as text."""
    left = list(others)
    only = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            only.append(" ".join("-" if value is None else str(value) for value in row))
    return sorted(only)


def expected_rows(reading: Reading) -> dict[str, list[Row]]:
    """What the marts should hold, by table."""
    customer = reading.customer_of
    return {
        "fct_cmrr_movements": [
            tuple(getattr(movement, column) for column in MOVEMENT_COLUMNS)
            for movement in reading.movements
        ],
        "fct_cmrr_months": [
            (*key, customer[key[1]], *(level[part] for part in PARTS))
            for key, level in reading.months().items()
        ],
        "fct_cmrr_bridge": [
            (*key, customer[key[1]], *(row[column] for column in BRIDGE_COLUMNS[4:]))
            for key, row in reading.bridge().items()
        ],
        "dim_contracts": [
            (contract, family, customer[family]) for contract, family in reading.family_of.items()
        ],
    }


def describe(books: Books) -> list[str]:
    """The history in few words, a line a row."""
    orders = {order.order_id: order for order in books.orders}
    text = [
        f"contract {c.contract_id} <- {c.renewed_from_contract_id or '-'} signed {c.signed_at}"
        f" {c.start_date}..{c.end_date} {c.currency} {c.non_renewal_reason_code or ''}"
        f"{' VOIDED' if c.is_deleted else ''}"
        for c in books.contracts
    ]
    for line in books.order_lines:
        order = orders[line.order_id]
        text.append(
            f"line {line.order_line_id} of {order.contract_id} {order.order_id} {order.order_type}"
            f" signed {order.signed_at} {line.sku} {line.quantity} x {line.list_unit_price}"
            f" - {line.discount_percent}% {line.service_start_date}..{line.service_end_date}"
            f" prior {line.prior_order_line_id or '-'} {line.change_reason_code or ''}"
            f"{' VOIDED' if order.is_deleted else ''}"
        )
    text += [
        f"notice {c.cancellation_id} of {c.contract_id} {c.sku or 'all'} given {c.notified_at}"
        f" effective {c.effective_date} {c.reason_code or ''}"
        f"{' TAKEN BACK' if c.is_deleted else ''}"
        for c in books.cancellations
    ]
    return text
