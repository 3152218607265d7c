"""Companies to look at: a small one with all its files, and the default one, in memory."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from sample_company.__main__ import LAST_DAY
from sample_company.arithmetic import add_months
from sample_company.play import Play
from sample_company.world import World
from tests.python.sample_company.making import Made, make


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Forty customers over two years."""
    return make(tmp_path_factory.mktemp("small"), 40, 2)


@pytest.fixture(scope="session")
def default_play() -> Play:
    """The default company's customers and contracts, played but not written."""
    world = World(
        seed=7, first_day=add_months(LAST_DAY + timedelta(days=1), -48), last_day=LAST_DAY
    )
    play = Play(world, 1500)
    play.run()
    return play


@pytest.fixture(scope="session")
def default_combinations(default_play: Play) -> dict[tuple[str, str, str], int]:
    """Changes of the default company by movement type, timing and driver, netted by day."""
    netted: dict[tuple, Decimal] = defaultdict(Decimal)
    for customer in default_play.customers:
        for c in customer.book.changes:
            key = (c.day, c.family_id, c.sku, c.movement_type, c.timing, c.driver)
            netted[key] += c.amount
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for key, amount in netted.items():
        counts[key[3:]] += bool(amount)
    return counts
