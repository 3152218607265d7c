"""The engagement of a made-up company: its tables, its honesty about time, its causes."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sample_company.catalogue import PRODUCTS
from sample_company.engagement import play_engagement
from sample_company.engagement.words import survey_comment
from sample_company.landing_contract import tables
from sample_company.world import Account, Contact, Holding, Shock, Term, World

FIRST, LAST = date(2023, 1, 1), date(2024, 12, 31)
TABLES = [
    (source, table)
    for source, table in tables()
    if source in ("product_usage", "support", "surveys", "success", "marketing")
    or (source, table)
    in (("crm", "leads"), ("crm", "activities"), ("crm", "quotas"), ("crm", "opportunities"))
]
ROLES = ["executive_sponsor", "champion", "admin", "user"]


def _account(number: int, mood: float, weeks: int, *, leaves: bool = False) -> Account:
    account_id = f"A{number:04d}"
    started = FIRST + timedelta(days=20 + 5 * number)
    left = LAST - timedelta(days=200) if leaves else None
    last = left - timedelta(days=1) if left else LAST + timedelta(days=150)
    contract_id = f"C{number:04d}"
    moods = np.full(weeks, mood)
    if left:
        fade = (left - FIRST).days // 7
        moods[fade - 20 : fade] = np.linspace(mood, 0.05, 20)
        moods[fade:] = 0.03
    contacts = [
        Contact(
            f"P{number:04d}{n}",
            f"Person {n}",
            f"p{n}@customer{number}.example",
            "Planner",
            role,
            started - timedelta(days=10),
            left - timedelta(days=90) if left and n == 0 else None,
        )
        for n, role in enumerate(ROLES)
    ]
    return Account(
        account_id=account_id,
        name=f"Customer {number}",
        industry="logistics",
        country="US",
        employee_count=100,
        currency="USD",
        sales_channel="direct",
        created_on=started - timedelta(days=30),
        owner_user_id="S1",
        csm_spells=[
            (started, started + timedelta(days=200), "M1"),
            (started + timedelta(days=201), None, "M2"),
        ],
        contacts=contacts,
        terms=[Term(contract_id, started - timedelta(days=5), started, last, None, True)],
        holdings=[
            Holding("PLAN-PRO", 8, started, last, contract_id),
            Holding("API-OPEN", 500, started, last, contract_id),
        ],
        shocks=[Shock(left - timedelta(days=100), "ticket_storm", 0.9)] if left else [],
        mood=moods,
        left_on=left,
        converted_from_trial=number % 3 == 0,
    )


def _world(accounts: int = 18, last_day: date = LAST) -> World:
    world = World(seed=7, first_day=FIRST, last_day=last_day)
    weeks = world.week(LAST) + 1
    world.user_ids_by_role["account_executive"] = ["S1"]
    world.user_ids_by_role["csm"] = ["M1", "M2"]
    world.user_ids_by_role["support_agent"] = ["G1", "G2"]
    for number in range(accounts):
        mood = (0.85, 0.25, 0.6)[number % 3]
        world.accounts.append(_account(number, mood, weeks, leaves=number % 6 == 2))
    return world


def _plain(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.item()
    return value.item() if isinstance(value, np.generic) else value


def _rows(world: World) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Every emitted row by (source, table), whichever way it was emitted."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for key, rows in world.rows.items():
        found[key].extend(rows)
    for key, pieces in world.columns.items():
        for piece in pieces:
            names = list(piece)
            for values in zip(*piece.values(), strict=True):
                found[key].append(dict(zip(names, map(_plain, values), strict=True)))
    return found


@pytest.fixture(scope="module")
def world() -> World:
    played = _world()
    play_engagement(played)
    return played


@pytest.fixture(scope="module")
def rows(world: World) -> dict[tuple[str, str], list[dict[str, Any]]]:
    return _rows(world)


def _current(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    newest: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda r: (r.get("updated_at", r["loaded_at"]), r["loaded_at"])):
        newest[row[key]] = row
    return list(newest.values())


PYTHON_TYPES = {
    "varchar": str,
    "timestamp": datetime,
    "date": date,
    "integer": int,
    "boolean": bool,
    "decimal(18,2)": Decimal,
    "decimal(18,4)": Decimal,
    "decimal(9,4)": Decimal,
}


@pytest.mark.parametrize("table", TABLES, ids=".".join)
def test_every_table_has_the_columns_and_types_of_the_contract(rows, table) -> None:
    assert rows[table], "no rows"
    columns = tables()[table]
    for row in rows[table]:
        assert set(row) == {c.name for c in columns}
        for column in columns:
            value = row[column.name]
            if value is None:
                assert column.is_nullable, column.name
            else:
                assert isinstance(value, PYTHON_TYPES[column.type]), (column.name, value)


@pytest.mark.parametrize("table", TABLES, ids=".".join)
def test_a_row_is_loaded_after_all_that_it_tells_and_within_the_world(rows, table) -> None:
    end = datetime.combine(LAST + timedelta(days=1), time())
    # Promises, not facts.
    ahead = {"resolution_due_at"}
    for row in rows[table]:
        told = [
            v
            for k, v in row.items()
            if isinstance(v, datetime) and k not in ahead and k != "loaded_at"
        ]
        assert all(v < row["loaded_at"] for v in told), row
        assert row["loaded_at"] < end
        if "updated_at" in row:
            assert all(v <= row["updated_at"] for v in told), row


@pytest.mark.parametrize("table", TABLES, ids=".".join)
def test_what_a_row_names_exists(rows, world, table) -> None:
    known = {
        ("crm", "accounts"): {a.account_id for a in world.accounts},
        ("crm", "contacts"): {c.contact_id for a in world.accounts for c in a.contacts},
        ("billing", "products"): set(PRODUCTS),
        ("crm", "users"): {"S1", "M1", "M2", "G1", "G2"},
        ("billing", "contracts"): {t.contract_id for a in world.accounts for t in a.terms},
    }
    for column in tables()[table]:
        if column.parent is None:
            continue
        if column.parent not in known:
            key = next(c.name for c in tables()[column.parent] if c.is_key)
            known[column.parent] = {row[key] for row in rows[column.parent]}
        named = {row[column.name] for row in rows[table]} - {None}
        assert named <= known[column.parent], column.name


@pytest.mark.parametrize("table", TABLES, ids=".".join)
def test_versions_of_a_row_differ_in_key_or_in_when_they_were_loaded(rows, table) -> None:
    keys = [c.name for c in tables()[table] if c.is_key]
    seen = [(*(row[k] for k in keys), row["loaded_at"]) for row in rows[table]]
    assert len(seen) == len(set(seen))


def test_the_same_seed_plays_the_same_company(rows) -> None:
    again = _world()
    play_engagement(again)
    assert _rows(again) == rows


def test_an_open_ticket_looks_open_until_it_is_solved(rows) -> None:
    versions = defaultdict(list)
    for row in rows["support", "tickets"]:
        versions[row["ticket_id"]].append(row)
    first = [min(v, key=lambda r: r["loaded_at"]) for v in versions.values()]
    assert any(r["solved_at"] is None for r in first)
    for row in rows["support", "tickets"]:
        assert (row["status"] in ("solved", "closed")) == (row["solved_at"] is not None)


def test_some_closed_tickets_are_opened_again_and_solved_later(rows) -> None:
    versions = defaultdict(list)
    for row in rows["support", "tickets"]:
        versions[row["ticket_id"]].append(row)
    again = 0
    for history in versions.values():
        history.sort(key=lambda r: r["updated_at"])
        solved = [r["solved_at"] for r in history]
        for before, after in pairwise(solved):
            if before is not None and after is None:
                again += 1
        assert [r["loaded_at"] for r in history] == sorted(r["loaded_at"] for r in history)
        told = [at for at in solved if at is not None]
        assert told == sorted(told)
    assert 0 < again < len(versions) / 10


def test_happy_customers_use_more_and_score_higher(rows, world) -> None:
    happy = {a.account_id for n, a in enumerate(world.accounts) if n % 3 == 0}
    upset = {a.account_id for n, a in enumerate(world.accounts) if n % 3 == 1}
    events = defaultdict(int)
    for row in rows["product_usage", "events"]:
        events[row["account_id"]] += 1
    assert sum(events[a] for a in happy) > 2 * sum(events[a] for a in upset)
    asked = {
        r["invitation_id"]: r["account_id"]
        for r in rows["surveys", "invitations"]
        if r["survey_type"] == "nps"
    }
    scores = defaultdict(list)
    for row in _current(rows["surveys", "responses"], "response_id"):
        if row["invitation_id"] in asked:
            scores[asked[row["invitation_id"]] in happy].append(row["score"])
    assert np.mean(scores[True]) > np.mean(scores[False]) + 2


def test_use_ends_when_the_customer_left_but_for_strays(rows, world) -> None:
    for account in world.accounts:
        if account.left_on is None:
            continue
        end = datetime.combine(account.left_on + timedelta(days=1), time(1))
        mine = [r for r in rows["product_usage", "events"] if r["account_id"] == account.account_id]
        after = [r for r in mine if r["occurred_at"] > end]
        assert len(mine) > 100
        assert len(after) <= 30


def test_use_falls_before_a_customer_leaves(rows, world) -> None:
    before, early = 0, 0
    for account in world.accounts:
        if account.left_on is None:
            continue
        left = datetime.combine(account.left_on, time())
        for row in rows["product_usage", "events"]:
            if row["account_id"] == account.account_id:
                age = (left - row["occurred_at"]).days
                before += 0 <= age < 60
                early += 180 <= age < 240
    assert before < early


def test_a_feature_is_used_from_its_release_on(rows) -> None:
    released = {r["feature_name"]: r["released_at"] for r in rows["product_usage", "features"]}
    assert "login" in released
    assert all(
        r["occurred_at"] >= released[r["feature_name"]] for r in rows["product_usage", "events"]
    )


def test_some_events_arrive_days_late_and_none_before_it_happened(rows) -> None:
    delays = [
        (r["received_at"] - r["occurred_at"]).total_seconds() / 86400
        for r in rows["product_usage", "events"]
    ]
    assert min(delays) > 0
    assert max(delays) <= 40.1
    assert 0.01 < np.mean(np.array(delays) > 0.1) < 0.1


def test_only_accounts_that_came_from_a_trial_are_named_by_leads(rows, world) -> None:
    named = {r["converted_account_id"] for r in rows["crm", "leads"]} - {None}
    assert named
    assert named <= {a.account_id for a in world.accounts if a.converted_from_trial}


def test_offers_that_came_to_nothing_are_lost_or_open(rows) -> None:
    versions = sorted(
        rows["crm", "opportunities"], key=lambda r: (r["opportunity_id"], r["updated_at"])
    )
    current = _current(versions, "opportunity_id")
    assert any(row["is_closed"] for row in current)
    assert any(row["stage"] == "proposal" for row in versions)
    for row in current:
        assert row["opportunity_type"] == "add_on" and not row["is_won"]
        assert row["is_closed"] == (row["stage"] == "closed_lost")
        assert row["created_at"].date() <= row["close_date"]


def test_a_ticket_is_known_soon_after_it_was_opened(rows) -> None:
    cut = datetime(2024, 3, 31)
    known = {r["ticket_id"] for r in rows["support", "tickets"] if r["loaded_at"] <= cut}
    opened = {
        r["ticket_id"]
        for r in rows["support", "tickets"]
        if r["created_at"] < cut - timedelta(days=40)
    }
    assert opened
    assert opened <= known


@pytest.mark.parametrize("accounts", [0, 1])
def test_a_tiny_world_without_holdings_or_people_plays(accounts: int) -> None:
    tiny = World(seed=1, first_day=FIRST, last_day=FIRST + timedelta(days=60))
    if accounts:
        bare = _account(0, 0.5, 9)
        bare.holdings, bare.contacts, bare.csm_spells, bare.shocks = [], [], [], []
        tiny.accounts.append(bare)
    play_engagement(tiny)
    assert not _rows(tiny)["product_usage", "events"]
    assert _rows(tiny)["product_usage", "features"]


def test_a_customer_of_a_single_day_plays() -> None:
    tiny = World(seed=1, first_day=FIRST, last_day=FIRST + timedelta(days=60))
    brief = _account(0, 0.5, 9)
    brief.left_on = brief.terms[0].signed_on + timedelta(days=1)
    tiny.accounts.append(brief)
    play_engagement(tiny)
    assert _rows(tiny)["product_usage", "features"]


def test_use_goes_on_while_a_late_renewal_is_awaited_and_not_long_after_silence() -> None:
    world = _world(2)
    gap = (date(2024, 3, 1), date(2024, 4, 30))
    for number, account in enumerate(world.accounts):
        account.mood[:] = 0.85
        held = Holding("PLAN-PRO", 8, date(2023, 2, 1), gap[0] - timedelta(days=1), "C0000")
        later = Holding("PLAN-PRO", 8, gap[1] + timedelta(days=1), LAST, "C0001")
        account.holdings = [held, later] if number == 0 else [held]
    play_engagement(world)
    rows = _rows(world)["product_usage", "events"]
    since = datetime.combine(gap[0] + timedelta(days=28), time())
    until = datetime.combine(gap[1], time())
    used = {r["account_id"] for r in rows if since <= r["occurred_at"] < until}
    assert used == {"A0000"}


def test_comments_mostly_say_what_the_score_says_and_some_do_not(rows) -> None:
    dice = np.random.default_rng(3)
    said = {
        score: [survey_comment("nps", None, score, "PLAN-PRO", "food", dice) for _ in range(3000)]
        for score in (10, 0)
    }
    praise = {score: sum("It just works." in c for c in said[score]) for score in said}
    assert 0 < praise[0] < 0.15 * praise[10]
    asides = {score: sum(c in ("-", "n/a", "ok") for c in said[score]) for score in said}
    assert min(asides.values()) > 0
    written = [r["comment"] for r in rows["surveys", "responses"] if r["comment"] is not None]
    assert len(set(written)) > len(written) / 3
