"""The answer key: it adds up by itself, and it tells of every kind of history."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from sample_company.answer_key import PARTS, level_rows
from sample_company.book import parts_on
from sample_company.play import Play
from tests.python.sample_company.making import Made

# Every movement type, timing and driver that the definitions let happen.
COMBINATIONS = {
    ("new", "signature", "product"),
    ("reactivation", "signature", "product"),
    ("add_on", "signature", "product"),
    ("add_on", "signature", "quantity"),
    ("upgrade", "mid_term", "product"),
    ("downgrade", "mid_term", "product"),
    ("downgrade", "mid_term", "quantity"),
    ("downgrade", "lapse", "product"),
    ("downgrade", "lapse", "quantity"),
    ("swap", "mid_term", "product"),
    ("swap", "renewal", "product"),
    ("swap", "ramp", "product"),
    ("cancellation", "mid_term", "product"),
    ("cancellation", "renewal", "product"),
    ("cancellation", "lapse", "product"),
    ("archive", "signature", "product"),
    ("archive", "mid_term", "product"),
    ("archive", "ramp", "product"),
    ("archive", "lapse", "product"),
    ("archive", "renewal", "product"),
    ("archive", "renewal", "quantity"),
    ("archive", "renewal", "list_price"),
    ("archive", "renewal", "discount"),
    ("currency", "renewal", "currency"),
    ("currency", "ramp", "currency"),
    *(
        (kind, timing, driver)
        for kind in ("upgrade", "downgrade")
        for timing in ("renewal", "ramp")
        for driver in ("product", "quantity", "list_price", "discount")
    ),
}

HISTORIES = [
    "archive that outlives a silent term",
    "backdated add-on",
    "backdated notice",
    "blend and extend",
    "co-termed add-on",
    "contract currency changed",
    "exchanged for an archive within the term",
    "lapse with reason",
    "lapse without reason",
    "late notice",
    "late-entered contract",
    "late-entered order",
    "left for an archive by notice",
    "line that ends before its contract",
    "line that outlives its contract",
    "notice before the end",
    "notice taken back",
    "notice within the term",
    "plan migrated within the term",
    "product cancelled",
    "product cancelled and bought again",
    "product cancelled in grace",
    "ramp step, another SKU",
    "ramp step, linked",
    "ramp step, not linked",
    "reduction",
    "reduction to nothing",
    "renewal cancelled before it began",
    "renewal early",
    "renewal late within grace",
    "renewal on time",
    "renewal order signed after the takeover",
    "renewal to archive",
    "renewal to nothing",
    "renewal with a gap",
    "return after grace",
    "return by a fresh contract",
    "return late notice",
    "return notice before the end",
    "return notice within the term",
    "return reduction to nothing",
    "second contract",
    "second renewal",
    "short-term add-on",
    "short-term add-on extended",
    "signed after service began",
    "silent term",
    "unknown predecessor",
    "voided contract",
    "voided order",
    "voided renewal with a successor",
    "written off",
]


def test_changes_sum_to_every_months_level(small_company: Made) -> None:
    changes = small_company.answer_key["changes"].to_pylist()
    levels = small_company.answer_key["levels"].to_pylist()
    assert changes and levels
    by_line: dict[tuple[str, str], list[tuple]] = defaultdict(list)
    for change in changes:
        by_line[change["contract_family_id"], change["sku"]].append(
            (change["date"], change["amount"])
        )
    for level in levels:
        held = by_line[level["contract_family_id"], level["sku"]]
        total = sum((amount for day, amount in held if day <= level["day"]), Decimal(0))
        assert total == level["cmrr"], level


def test_changes_sum_to_every_months_level_of_the_default_company(default_play: Play) -> None:
    last_day = default_play.world.last_day
    for customer in default_play.customers:
        changes: dict[tuple[str, str], list[tuple]] = defaultdict(list)
        for change in customer.book.changes:
            assert change.day <= last_day
            changes[change.family_id, change.sku].append((change.day, change.amount))
        seen = set()
        for level in level_rows(customer, last_day):
            key = (level["contract_family_id"], level["sku"])
            if level["day"] == last_day:
                seen.add(key)
            total = sum((a for day, a in changes[key] if day <= level["day"]), Decimal(0))
            assert total == level["cmrr"], (key, level)
        for key, rows in changes.items():
            if key not in seen:
                assert sum(amount for _, amount in rows) == 0, key


def test_cmrr_is_recognised_mrr_and_four_parts(small_company: Made) -> None:
    for level in small_company.answer_key["levels"].to_pylist():
        cmrr, recognised, booked, over, leaving, unsigned = (level[part] for part in PARTS)
        assert cmrr == recognised + booked + over - leaving - unsigned


def test_swaps_sum_to_nothing_on_every_day_of_a_family(default_play: Play) -> None:
    swapped: dict[tuple, Decimal] = defaultdict(Decimal)
    for customer in default_play.customers:
        for change in customer.book.changes:
            if change.movement_type == "swap":
                swapped[change.family_id, change.day] += change.amount
    assert swapped
    assert not any(swapped.values())


def test_a_customers_state_is_the_sum_of_its_changes(small_company: Made) -> None:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for change in small_company.answer_key["changes"].to_pylist():
        totals[change["customer_id"]] += change["amount"]
    for customer in small_company.answer_key["customers"].to_pylist():
        assert totals[customer["customer_id"]] == customer["cmrr"]
        assert customer["is_active"] == (customer["cmrr"] > 0)
        if customer["is_active"]:
            assert customer["churned_date"] is None


@pytest.mark.parametrize("combination", sorted(COMBINATIONS), ids="-".join)
def test_every_movement_type_timing_and_driver_occurs(
    default_combinations: dict[tuple[str, str, str], int], combination: tuple[str, str, str]
) -> None:
    assert default_combinations.get(combination, 0) > 0


def test_no_other_movement_type_timing_and_driver_occurs(
    default_combinations: dict[tuple[str, str, str], int],
) -> None:
    assert {c for c, count in default_combinations.items() if count} <= COMBINATIONS


@pytest.mark.parametrize("history", HISTORIES)
def test_every_kind_of_history_occurs(default_play: Play, history: str) -> None:
    assert default_play.histories.get(history, 0) > 0


def test_customers_have_parents_trials_three_currencies_and_free_lines(
    default_play: Play,
) -> None:
    accounts = [customer.account for customer in default_play.customers]
    lines = [line for customer in default_play.customers for line in customer.book.lines]
    assert any(account.parent_account_id for account in accounts)
    assert any(account.converted_from_trial for account in accounts)
    assert {c.currency for c in default_play.billing.contracts} == {"USD", "EUR", "GBP"}
    assert any(line.discount_percent == 100 for line in lines)
    assert any(line.list_unit_price == 0 for line in lines)
    assert any(contract.auto_renews for contract in default_play.billing.contracts)


def test_loss_comes_more_often_to_low_moods_but_not_only(default_play: Play) -> None:
    first_day = default_play.world.first_day
    lost, kept = [], []
    for customer in default_play.customers:
        book = customer.book
        if not book.ever_had_cmrr:
            continue
        if book.churned_on is not None and not book.total():
            lost.append(customer.mood_on(book.churned_on - timedelta(days=60), first_day))
        else:
            kept.append(customer.mood_on(default_play.world.last_day, first_day))
    assert sum(lost) / len(lost) < sum(kept) / len(kept) - 0.1
    assert max(lost) > 0.7
    assert min(kept) < 0.3


def test_no_commitment_is_ever_below_nothing(default_play: Play) -> None:
    days = [change.day for c in default_play.customers for change in c.book.changes]
    assert max(days) <= default_play.world.last_day
    for customer in default_play.customers:
        for _, amount in customer.book.level.items():
            assert amount >= Decimal("-0.05")


def test_the_ledgers_planted_differences_are_all_told(small_company: Made) -> None:
    lines = {row["journal_line_id"]: row for row in small_company.rows("ledger", "journal_lines")}
    items = small_company.answer_key["ledger_items"].to_pylist()
    assert items
    for item in items:
        if item["journal_line_id"] is not None:
            assert item["journal_line_id"] in lines
    told = {item["journal_line_id"] for item in items}
    for key, row in lines.items():
        if row["entry_source"] == "credit_memo" and row["account_number"] in ("4000", "4010"):
            assert key is None or key in told or "-X" in key


def test_defects_are_spread_over_every_table(small_company: Made) -> None:
    touched = {
        (row["source_name"], row["table_name"])
        for row in small_company.answer_key["defects"].to_pylist()
    }
    assert touched == set(small_company.landing)


def test_parts_of_a_line_follow_its_commitment_and_service(default_play: Play) -> None:
    line = next(
        line
        for customer in default_play.customers
        for line in customer.book.lines
        if line.amount > 0
        and line.commit_from
        and line.commit_from < line.start
        and (line.commit_to is None or line.commit_to > line.start)
    )
    before = parts_on(line, line.commit_from)
    assert before == (line.amount, 0, line.amount, 0, 0, 0)
