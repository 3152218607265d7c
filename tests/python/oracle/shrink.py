"""Makes a history on which reading and marts differ as small as it goes.

    python -m tests.python.oracle.shrink NUMBER [--histories 400] [--seed 1]

draws the histories again, takes away contracts, lines, orders and notices of the numbered one
for as long as the two still differ, and prints what is left with both sides.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.python.oracle.agreement import differences
from tests.python.oracle.histories import draw_histories
from tests.python.oracle.reading import Books
from tests.python.oracle.warehouse import Warehouse, landing_rows


def smaller(books: Books) -> Iterator[Books]:
    """The history with one contract, order, line or notice less."""
    for contract in books.contracts:
        orders = [o for o in books.orders if o.contract_id != contract.contract_id]
        kept = {order.order_id for order in orders}
        yield replace(
            books,
            contracts=tuple(c for c in books.contracts if c is not contract),
            orders=tuple(orders),
            order_lines=tuple(line for line in books.order_lines if line.order_id in kept),
            cancellations=tuple(
                c for c in books.cancellations if c.contract_id != contract.contract_id
            ),
        )
    for line in books.order_lines:
        yield replace(books, order_lines=tuple(x for x in books.order_lines if x is not line))
    for notice in books.cancellations:
        yield replace(books, cancellations=tuple(c for c in books.cancellations if c is not notice))


def shrink(books: Books, differs: Callable[[Books], bool]) -> Books:
    """The smallest history found by taking away, one thing at a time, for as long as it differs."""
    while True:
        found = next((candidate for candidate in smaller(books) if differs(candidate)), None)
        if found is None:
            return books
        books = found


def main() -> None:
    """Shrink the numbered history and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int)
    parser.add_argument("--histories", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    drawn = draw_histories(arguments.histories, arguments.seed)
    with tempfile.TemporaryDirectory() as directory:
        warehouse = Warehouse(Path(directory))

        def texts(books: Books) -> list[str]:
            with warehouse.run(landing_rows([books]), books.as_of) as connection:
                return differences(connection, [books])

        print("\n".join(texts(shrink(drawn[arguments.number], lambda books: bool(texts(books))))))


if __name__ == "__main__":
    main()
