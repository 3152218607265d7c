"""The marts and the independent reading agree on hundreds of drawn contract histories.

TENURE_HISTORIES sets how many are drawn (default 400), TENURE_HISTORIES_SEED which. All go
through the compiled models at once. A failure names the history; `python -m
tests.python.oracle.shrink NUMBER` makes it small.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import date

import duckdb
import pytest

from tests.python.oracle.agreement import MOVEMENT_COLUMNS, differences
from tests.python.oracle.histories import AS_OF, draw_histories, with_prefix
from tests.python.oracle.reading import Books, read
from tests.python.oracle.warehouse import Rows, Warehouse, landing_rows
from tests.python.oracle.worked import books_of, worked_histories

COUNT = int(os.environ.get("TENURE_HISTORIES", "400"))
SEED = int(os.environ.get("TENURE_HISTORIES_SEED", "1"))
SHOWN = 5


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The compiled models."""
    return Warehouse(tmp_path_factory.mktemp("warehouse"))


@pytest.fixture(scope="module")
def histories() -> list[Books]:
    """Drawn histories, each with ids of its own."""
    drawn = draw_histories(COUNT, SEED)
    return [with_prefix(books, f"H{number:04d}-") for number, books in enumerate(drawn)]


def test_marts_and_reading_agree_on_drawn_histories(
    warehouse: Warehouse, histories: list[Books]
) -> None:
    with warehouse.run(landing_rows(histories), AS_OF) as connection:
        found = differences(connection, histories)
    assert not found, summary(found, len(histories))


def test_marts_and_reading_agree_as_of_a_day_in_the_middle(
    warehouse: Warehouse, histories: list[Books]
) -> None:
    day = date(2025, 1, 1)
    past = [known_by(books, day) for books in histories]
    past = [books for books in past if books.contracts]
    with warehouse.run(landing_rows(past), day) as connection:
        found = differences(connection, past)
    assert not found, summary(found, len(past))


def test_marts_and_reading_agree_on_worked_histories(warehouse: Warehouse) -> None:
    """Those with default grace and no rates of their own, all as of their latest day."""
    worked = [
        books_of(history, f"W{number:02d}-")
        for number, history in enumerate(worked_histories().values())
        if "grace_days" not in history and "exchange_rates" not in history
    ]
    latest = max(books.as_of for books in worked)
    worked = [Books(**{**vars(books), "as_of": latest}) for books in worked]
    with warehouse.run(landing_rows(worked), latest) as connection:
        found = differences(connection, worked)
    assert not found, summary(found, len(worked))


@pytest.mark.parametrize("day", [date(2024, 6, 1), date(2025, 1, 1), date(2025, 12, 31)], ids=str)
def test_history_up_to_a_day_needs_nothing_that_came_later(
    warehouse: Warehouse, histories: list[Books], day: date
) -> None:
    """Every row is loaded on the day it speaks of; terms renewed before they were signed are
    left out.
    """
    told = [books for books in histories if is_told_in_order(books)]
    rows = landing_rows(told, honest=True)
    then = movements_to(warehouse, rows, day, day)
    now = movements_to(warehouse, rows, AS_OF, day)
    only_then, only_now = sorted((then - now).elements()), sorted((now - then).elements())
    assert then and not only_then and not only_now, "\n".join(
        [f"{len(only_then)} only then, {len(only_now)} only now"]
        + [f"then {row}" for row in only_then[: 4 * SHOWN]]
        + [f"now  {row}" for row in only_now[: 4 * SHOWN]]
    )


def test_histories_reach_every_kind_of_movement(histories: list[Books]) -> None:
    found = {
        (movement.movement_type, movement.timing)
        for books in histories
        for movement in read(books).movements
    }
    expected = {
        *((kind, "signature") for kind in ("new", "reactivation", "add_on")),
        *((kind, "renewal") for kind in ("upgrade", "downgrade", "swap", "cancellation")),
        *((kind, "renewal") for kind in ("archive", "currency")),
        *((kind, "ramp") for kind in ("upgrade", "downgrade", "swap", "currency")),
        *((kind, "mid_term") for kind in ("upgrade", "downgrade", "swap", "cancellation")),
        *((kind, "lapse") for kind in ("downgrade", "cancellation")),
    }
    assert expected <= found, sorted(expected - found)


def movements_to(warehouse: Warehouse, rows: Rows, as_of: date, day: date) -> Counter[str]:
    """Movements up to a day as a build of ``as_of`` has them."""
    columns = ", ".join(MOVEMENT_COLUMNS)
    with warehouse.run(rows, as_of) as connection:
        found = fetch(
            connection,
            f"select {columns} from marts.fct_cmrr_movements where movement_date <= '{day}'",
        )
    return Counter(found)


def fetch(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """Rows of a query as text."""
    return [" ".join(map(str, row)) for row in connection.execute(query).fetchall()]


def is_told_in_order(books: Books) -> bool:
    """Whether every contract was signed, and so loaded, no earlier than what it renews."""
    signed = {contract.contract_id: contract.signed for contract in books.contracts}
    return all(
        signed.get(contract.renewed_from_contract_id, contract.signed) <= contract.signed
        for contract in books.contracts
    ) and all(signed[order.contract_id] <= order.signed_at.date() for order in books.orders)


def known_by(books: Books, day: date) -> Books:
    """What was signed and notified by the end of a day, read on that day."""
    contracts = tuple(c for c in books.contracts if c.signed <= day)
    kept = {contract.contract_id for contract in contracts}
    orders = tuple(o for o in books.orders if o.signed_at.date() <= day and o.contract_id in kept)
    placed = {order.order_id for order in orders}
    return Books(
        **{
            **vars(books),
            "contracts": contracts,
            "orders": orders,
            "order_lines": tuple(x for x in books.order_lines if x.order_id in placed),
            "cancellations": tuple(
                c for c in books.cancellations if c.notified <= day and c.contract_id in kept
            ),
            "as_of": day,
        }
    )


def summary(found: Sequence[str], count: int) -> str:
    """How many differ, the first of them in full."""
    return "\n\n".join([f"{len(found)} of {count} histories differ", *found[:SHOWN]])
