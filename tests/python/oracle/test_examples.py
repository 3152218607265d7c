"""The reading gives every history that was worked out by hand, to the cent."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.python.oracle.reading import PARTS, Movement, read
from tests.python.oracle.worked import books_of, worked_histories

COLUMNS = {
    "date": "movement_date",
    "family": "contract_family_id",
    "contract": "contract_id",
    "sku": "sku",
    "type": "movement_type",
    "timing": "timing",
    "driver": "driver",
    "amount": "amount",
    "line": "order_line_id",
    "cancellation": "cancellation_id",
    "reason": "reason_code",
    "comment": "change_comment",
    "churn": "churn_type",
    "new_logo": "is_new_logo",
    "lost_logo": "is_lost_logo",
}
HISTORIES = worked_histories()


@pytest.mark.parametrize("name", HISTORIES)
def test_movements_are_those_worked_out_by_hand(name: str) -> None:
    expected = sorted(HISTORIES[name]["movements"], key=written_order)
    found = read(books_of(HISTORIES[name])).movements
    shown = sorted((show(movement, {}) for movement in found), key=written_order)
    assert len(shown) == len(expected), shown
    rows = sorted(found, key=lambda movement: written_order(show(movement, {})))
    for movement, row in zip(rows, expected, strict=True):
        assert show(movement, row) == row


@pytest.mark.parametrize("name", HISTORIES)
def test_levels_are_those_worked_out_by_hand(name: str) -> None:
    reading = read(books_of(HISTORIES[name]))
    for level in HISTORIES[name]["levels"]:
        total: dict[str, Decimal] = defaultdict(Decimal)
        for parts in reading.levels(level["day"]).values():
            for part, amount in parts.items():
                total[part] += amount
        expected = {part: Decimal(str(level.get(part, 0))) for part in PARTS}
        assert {part: total[part] for part in PARTS} == expected, level["day"]


@pytest.mark.parametrize("name", HISTORIES)
def test_rows_set_aside_are_those_worked_out_by_hand(name: str) -> None:
    found = {(r.table, r.row_key, r.rule) for r in read(books_of(HISTORIES[name])).rejections}
    assert found == {tuple(row) for row in HISTORIES[name].get("rejected", [])}


def show(movement: Movement, row: dict[str, Any]) -> dict[str, Any]:
    """The movement in the words of a worked history, with the columns that ``row`` names (all:
    no row).
    """
    shown = {word: getattr(movement, COLUMNS[word]) for word in row or COLUMNS}
    return {
        word: float(value) if isinstance(value, Decimal) else value for word, value in shown.items()
    }


def written_order(row: dict[str, Any]) -> tuple[Any, ...]:
    """What every written movement has, as a sort key."""
    words = ("date", "family", "contract", "sku", "type", "timing", "driver", "amount")
    return tuple(str(row[word]) for word in words)
