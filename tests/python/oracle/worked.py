"""Reads worked_histories.yml into books for the reading."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.python.oracle.reading import (
    Books,
    Cancellation,
    Contract,
    Order,
    OrderLine,
    Product,
    Rate,
)

WORKED_HISTORIES = Path(__file__).with_name("worked_histories.yml")


def worked_histories() -> dict[str, dict[str, Any]]:
    """Every worked history by name, as written."""
    return yaml.safe_load(WORKED_HISTORIES.read_text(encoding="utf-8"))


def books_of(history: dict[str, Any], prefix: str = "") -> Books:
    """The books of a worked history; ``prefix`` goes before every id but the SKUs."""

    def named(identifier: str | None) -> str | None:
        return None if identifier is None else prefix + identifier

    contracts = tuple(
        Contract(
            contract_id=named(row["contract_id"]),
            account_id=named(row.get("account_id", "ACME")),
            signed_at=at_noon(row["signed"]),
            start_date=row["start"],
            end_date=row["end"],
            currency=row.get("currency", "USD"),
            renewed_from_contract_id=named(row.get("renewed_from")),
            non_renewal_reason_code=row.get("non_renewal_reason"),
            is_deleted=row.get("voided", False),
        )
        for row in history["contracts"]
    )
    terms = {contract.contract_id: contract for contract in contracts}
    orders: dict[str, Order] = {}
    lines = []
    for row in history["order_lines"]:
        term = terms[named(row.get("contract_id", "K1"))]
        order_id = named(row.get("order", f"O-{row['order_line_id']}"))
        orders[order_id] = Order(
            order_id=order_id,
            contract_id=term.contract_id,
            order_type=row.get("order_type", "new"),
            signed_at=at_noon(row["signed"]),
            is_deleted=row.get("voided", False),
        )
        lines.append(
            OrderLine(
                order_line_id=named(row["order_line_id"]),
                order_id=order_id,
                sku=row.get("sku", "CORE"),
                quantity=Decimal(str(row.get("quantity", 10))),
                list_unit_price=Decimal(str(row.get("list_unit_price", 360))),
                discount_percent=Decimal(str(row.get("discount_percent", 0))),
                service_start_date=row.get("start", term.start_date),
                service_end_date=row.get("end", term.end_date),
                prior_order_line_id=named(row.get("prior_order_line_id")),
                change_reason_code=row.get("reason"),
                change_comment=row.get("comment"),
            )
        )
    cancellations = tuple(
        Cancellation(
            cancellation_id=named(row.get("cancellation_id", f"C{number}")),
            contract_id=named(row["contract_id"]),
            sku=row.get("sku"),
            notified_at=at_noon(row["notified"]),
            effective_date=row["effective"],
            reason_code=row.get("reason"),
            comment=row.get("comment"),
            is_deleted=row.get("taken_back", False),
        )
        for number, row in enumerate(history.get("cancellations", []), start=1)
    )
    return Books(
        contracts=contracts,
        orders=tuple(orders.values()),
        order_lines=tuple(lines),
        cancellations=cancellations,
        products=tuple(
            Product(sku, is_archive=sku.startswith("ARCH"))
            for sku in sorted({line.sku for line in lines})
        ),
        rates=tuple(
            Rate(row["rate_date"], row["currency"], Decimal(str(row["rate"])))
            for row in history.get("exchange_rates", [])
        ),
        as_of=history["as_of_date"],
        grace_days=history.get("grace_days", 90),
    )


def at_noon(day: date) -> datetime:
    """Midday of the day, where a history gives no time."""
    return datetime.combine(day, time(12))
