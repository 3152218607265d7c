"""The answer key: what truly happened, as the play knew it when it happened.

Written apart from the landing data, for tests to hold the warehouse against:

- ``changes``: every change of commitment (sums to CMRR by customer, family and SKU on any day)
- ``levels``: CMRR and its parts at each month's end, by family and SKU
- ``customers``: how each customer stands at the end
- ``renewals``: every term that came or will come due, and what became of it
- ``ledger_items``: every difference planted in the ledger
- ``defects``: every defect planted in the landing data, and what should become of it
- ``histories``: how often each kind of history was played
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sample_company.arithmetic import ZERO, month_end, month_start
from sample_company.book import ONE_DAY, Line, parts_on
from sample_company.ledger import LedgerItem
from sample_company.mess import Defect
from sample_company.offers import Customer
from sample_company.play import Play
from sample_company.renewals import renewal_rows

PARTS = (
    "cmrr",
    "recognised_mrr",
    "booked_not_live",
    "held_over",
    "notice_not_effective",
    "unsigned_in_service",
)
_MONEY = pa.decimal128(18, 2)


def _month_ends(first: date, last: date) -> Iterator[date]:
    day = month_end(first)
    while day < last:
        yield day
        day = month_end(day + ONE_DAY)
    yield last


def level_rows(customer: Customer, last_day: date) -> Iterator[dict[str, Any]]:
    """Levels of a customer at every month's end (the last: the world's last day)."""
    by_family: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in customer.book.lines:
        by_family[line.contract.family_id, line.sku].append(line)
    for (family, sku), lines in sorted(by_family.items()):
        first = min(min(line.start, line.order.signed_on) for line in lines)
        for day in _month_ends(first, last_day):
            if day > last_day:
                break
            amounts = [ZERO] * len(PARTS)
            for line in lines:
                amounts = [a + b for a, b in zip(amounts, parts_on(line, day), strict=True)]
            if any(amounts):
                yield {
                    "day": day,
                    "month": month_start(day),
                    "customer_id": customer.account.account_id,
                    "contract_family_id": family,
                    "sku": sku,
                    **dict(zip(PARTS, amounts, strict=True)),
                }


def _segment(cmrr: Decimal) -> str:
    if 12 * cmrr >= 500_000:
        return "high_touch"
    return "medium_touch" if 12 * cmrr >= 50_000 else "tech_touch"


def _write(rows: list[dict[str, Any]], schema: pa.Schema, path: Path) -> None:
    columns = {
        field.name: pa.array([row[field.name] for row in rows], field.type) for field in schema
    }
    pq.write_table(pa.table(columns, schema=schema), path, compression="zstd")


def _schema(text: str) -> pa.Schema:
    kinds = {
        "s": pa.string(),
        "d": pa.date32(),
        "m": _MONEY,
        "b": pa.bool_(),
        "i": pa.int32(),
    }
    pairs = (item.split(":") for item in text.split())
    return pa.schema([(name, kinds[kind]) for name, kind in pairs])


def write_answer_key(
    play: Play, items: list[LedgerItem], defects: list[Defect], directory: Path
) -> None:
    """Write the answer key of a play that is over."""
    directory.mkdir(parents=True, exist_ok=True)
    last_day = play.world.last_day
    changes = [
        {
            "date": change.day,
            "customer_id": change.customer_id,
            "contract_family_id": change.family_id,
            "contract_id": change.contract_id,
            "sku": change.sku,
            "movement_type": change.movement_type,
            "timing": change.timing,
            "driver": change.driver,
            "amount": change.amount,
            "reason_code": change.reason_code,
            "cause": change.cause,
        }
        for customer in play.customers
        for change in customer.book.changes
    ]
    _write(
        changes,
        _schema(
            "date:d customer_id:s contract_family_id:s contract_id:s sku:s movement_type:s "
            "timing:s driver:s amount:m reason_code:s cause:s"
        ),
        directory / "changes.parquet",
    )
    levels = [row for customer in play.customers for row in level_rows(customer, last_day)]
    _write(
        levels,
        _schema(
            "day:d month:d customer_id:s contract_family_id:s sku:s "
            + " ".join(f"{part}:m" for part in PARTS)
        ),
        directory / "levels.parquet",
    )
    customers = []
    for customer in play.customers:
        cmrr = customer.book.total()
        if not customer.contracts:
            continue
        customers.append(
            {
                "customer_id": customer.account.account_id,
                "customer_name": customer.account.name,
                "first_signed_date": min(c.signed_on for c in customer.contracts),
                "cmrr": cmrr,
                "is_active": cmrr > 0,
                "churned_date": None if cmrr else customer.book.churned_on,
                "segment": _segment(cmrr),
                "is_in_crm": customer.account not in play.without_crm_record,
            }
        )
    _write(
        customers,
        _schema(
            "customer_id:s customer_name:s first_signed_date:d cmrr:m is_active:b "
            "churned_date:d segment:s is_in_crm:b"
        ),
        directory / "customers.parquet",
    )
    _write(
        [row for customer in play.customers for row in renewal_rows(customer, last_day)],
        _schema(
            "contract_id:s customer_id:s due_date:d renewal_contract_id:s outcome:s timing:s "
            "resolved_date:d expected_cmrr:m is_locked:b added_since_lock:m renewed_cmrr:m "
            "retained_cmrr:m months_carried_over:i first_quote_on:d"
        ),
        directory / "renewals.parquet",
    )
    _write(
        [asdict(item) for item in items],
        _schema(
            "kind:s journal_line_id:s month_posted:d service_month:d customer_id:s sku:s amount:m"
        ),
        directory / "ledger_items.parquet",
    )
    _write(
        [asdict(defect) for defect in defects],
        _schema("source_name:s table_name:s row_key:s kind:s rule:s is_set_aside:b outcome:s"),
        directory / "defects.parquet",
    )
    (directory / "histories.json").write_text(
        json.dumps(dict(sorted(play.histories.items())), indent=2) + "\n"
    )
