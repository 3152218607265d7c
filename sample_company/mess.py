"""The mess: defects planted over every source, each told to the answer key.

Almost all of it adds rows: rows exported again, copies, versions that arrive out of order, and
rows that break a rule. A few real accounts are damaged for good (deleted in the CRM, or without
a name), which their children pay for, but never their contracts. So the truth stays what the
play knows it to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from sample_company.catalogue import PRODUCTS
from sample_company.landing_contract import Column, tables
from sample_company.play import Play
from sample_company.world import Account, World

Key = tuple[str, str]
Row = dict[str, Any]

# Kept although they break a rule; the rows are only listed.
_LISTED = {
    "unknown_account",
    "unknown_customer",
    "unknown_sku",
    "unknown_predecessor",
    "unknown_reference",
    "second_renewal",
}
_DAY = timedelta(days=1)

# Rows that break a rule of their own: table, rule, and what is wrong with a copy of a good row.
_BROKEN: list[tuple[Key, str, Row | Callable[[Row], Row]]] = [
    (
        ("billing", "contracts"),
        "end_before_start",
        lambda r: {"end_date": r["start_date"] - _DAY, "renewed_from_contract_id": None},
    ),
    (("billing", "orders"), "unknown_value", {"order_type": "transfer"}),
    (
        ("billing", "order_lines"),
        "end_before_start",
        lambda r: {"service_end_date": r["service_start_date"] - 3 * _DAY},
    ),
    (("billing", "order_lines"), "value_off_scale", {"discount_percent": Decimal(140)}),
    (("billing", "order_lines"), "quantity_sign", {"quantity": Decimal(-3)}),
    (("billing", "quotes"), "unknown_currency", {"currency": "CHF"}),
    (("billing", "invoices"), "unknown_currency", {"currency": "CHF"}),
    (("billing", "invoices"), "unknown_value", {"status": "draft"}),
    (("billing", "invoice_lines"), "unknown_value", {"line_type": "misc"}),
    (("billing", "payments"), "unknown_currency", {"currency": "CHF"}),
    (("billing", "payments"), "unknown_value", {"status": "pending"}),
    (
        ("billing", "products"),
        "unknown_value",
        {"charge_type": "rental", "bundle_sku": None},
    ),
    (("billing", "exchange_rates"), "value_off_scale", {"rate": Decimal("-1")}),
    (("crm", "opportunities"), "unknown_currency", {"currency": "XXX"}),
    (
        ("crm", "leads"),
        "end_before_start",
        lambda r: {
            "trial_type": "trial",
            "trial_started_at": r["created_at"],
            "trial_ended_at": r["created_at"] - _DAY,
        },
    ),
    (("crm", "quotas"), "end_before_start", {"period_end": date(1999, 12, 31)}),
    (("ledger", "gl_accounts"), "unknown_value", {"account_class": "other"}),
    (("ledger", "journal_lines"), "unknown_value", {"entry_source": "import"}),
    (
        ("ledger", "fiscal_periods"),
        "end_before_start",
        {"period_end": date(1999, 12, 31)},
    ),
    (
        ("product_usage", "end_users"),
        "end_before_start",
        lambda r: {"deactivated_at": r["created_at"] - _DAY},
    ),
    (("product_usage", "licence_events"), "unknown_value", {"event_type": "paused"}),
    (
        ("success", "csm_assignments"),
        "end_before_start",
        {"assigned_to": date(1999, 12, 31)},
    ),
    (("success", "risks"), "end_before_start", lambda r: {"resolved_at": r["opened_at"] - _DAY}),
    (("support", "tickets"), "end_before_start", lambda r: {"solved_at": r["created_at"] - _DAY}),
    (("surveys", "invitations"), "unknown_value", {"survey_type": "pulse"}),
    (("surveys", "responses"), "score_off_scale", {"score": 11}),
    (("surveys", "responses"), "score_off_scale", {"score": -1}),
]
# Optional references that name nothing: the row is kept and listed.
_DANGLING = [
    (("crm", "activities"), "contact_id"),
    (("crm", "opportunities"), "owner_user_id"),
    (("support", "tickets"), "assignee_user_id"),
    (("billing", "orders"), "opportunity_id"),
    (("success", "advocacy_events"), "contact_id"),
]
# Tables that take no row with an unknown parent: what names them decides otherwise.
_NO_ORPHANS = {("billing", "contracts"), ("billing", "invoices")}


@dataclass
class Defect:
    """A planted defect. ``rule``: the rule that it breaks, if one sets it aside or lists it.

    ``outcome``: what becomes of the row: superseded | duplicate | deleted | rejected | listed |
    current. ``row_key``: the key's values joined by ``|``; None where the key is null. What
    follows for the children of a row (parent_set_aside) is not listed.
    """

    source_name: str
    table_name: str
    row_key: str | None
    kind: str
    rule: str | None
    is_set_aside: bool
    outcome: str


class Mess:
    """Plants defects in a world's rows."""

    def __init__(self, world: World, play: Play) -> None:
        """Start with a clean world."""
        self.world = world
        self.play = play
        self.defects: list[Defect] = []
        self._bad_accounts: set[str] = {a.account_id for a in play.without_crm_record}
        self._number = 0

    # Accounts that go bad

    def choose_bad_accounts(self) -> None:
        """Mark the accounts that are deleted in the CRM although their contracts go on."""
        claimed_in_vain = {
            contract.account.account_id
            for contract in self.play.billing.contracts
            if contract.claims is not None and contract.predecessor is None
        }
        signed = [
            account
            for account in self.world.accounts
            if account.terms and account.account_id not in claimed_in_vain
        ]
        dice = self.world.dice("mess", "accounts")
        for account in dice.sample(signed, len(signed) // 200):
            account.has_deleted_crm_record = True

    def _damage_accounts(self) -> None:
        world, dice = self.world, self.world.dice("mess", "damage")
        newest = self._newest(("crm", "accounts"))
        nameless = None
        for account in world.accounts:
            if not account.has_deleted_crm_record:
                continue
            row = newest[account.account_id,]
            when = max(
                row["updated_at"] + timedelta(minutes=1),
                self._noon(self._middle(account, dice.random())),
            )
            if when.date() >= world.last_day:
                account.has_deleted_crm_record = False
                continue
            loaded = {"updated_at": when, "loaded_at": world.loaded_after(when)}
            self._bad_accounts.add(account.account_id)
            if nameless is None and len(world.accounts) > 400:
                nameless = account.account_id
                world.emit("crm", "accounts", row | {"account_name": None} | loaded)
                self._tell(
                    ("crm", "accounts"),
                    account.account_id,
                    "account lost its name",
                    "missing_value",
                )
            else:
                world.emit("crm", "accounts", row | {"is_deleted": True} | loaded)
                self._tell(
                    ("crm", "accounts"),
                    account.account_id,
                    "account deleted in the CRM",
                    None,
                    "deleted",
                )
        for contract in self.play.billing.contracts:
            if contract.account.account_id in self._bad_accounts:
                self._tell(
                    ("billing", "contracts"),
                    contract.contract_id,
                    "contract of a bad account",
                    "unknown_account",
                )

    def _middle(self, account: Account, share: float) -> date:
        first = account.created_on
        return first + timedelta(days=int((self.world.last_day - first).days * share))

    def _noon(self, day: date) -> datetime:
        return datetime.combine(day, time(12, 0))

    # All of it

    def plant(self, unknown_journal_lines: Iterable[tuple[str, str]]) -> None:
        """Plant everything; ``unknown_journal_lines``: journal lines that name nobody, and how."""
        self._damage_accounts()
        for key, rule in unknown_journal_lines:
            self._tell(("ledger", "journal_lines"), key, "posting that names nobody", rule)
        self._note_money_of_bad_accounts()
        self._note_played()
        for key, columns in tables().items():
            self._plant_in(key, columns)
        self._plant_in_billing()

    def _note_played(self) -> None:
        """Defects that the play has brought about itself."""
        billing = self.play.billing
        for contract in billing.voided:
            self._tell(
                ("billing", "contracts"), contract.contract_id, "voided contract", None, "deleted"
            )
        for order in billing.voided_orders:
            self._tell(("billing", "orders"), order.order_id, "voided order", None, "deleted")
        standing = {contract.contract_id for contract in billing.contracts}
        voided = {contract.contract_id for contract in billing.voided}
        for contract in billing.contracts:
            is_bad = contract.account.account_id in self._bad_accounts
            if contract.claims is not None and contract.predecessor is None and not is_bad:
                if contract.claims in standing | voided:
                    rule = "second_renewal"
                else:
                    rule = "unknown_predecessor"
                self._tell(("billing", "contracts"), contract.contract_id, "claims in vain", rule)
            for order in contract.orders:
                if order.entered_on > order.signed_on:
                    self._tell(("billing", "orders"), order.order_id, "late entry", None, "current")

    def _note_money_of_bad_accounts(self) -> None:
        """Invoices of bad accounts, and postings of those never seen: kept, and listed."""
        never_seen = {account.account_id for account in self.play.without_crm_record}
        for key, column, name, rule, accounts in (
            (
                ("billing", "invoices"),
                "account_id",
                "invoice_id",
                "unknown_account",
                self._bad_accounts,
            ),
            (
                ("ledger", "journal_lines"),
                "customer_account_id",
                "journal_line_id",
                "unknown_customer",
                never_seen,
            ),
        ):
            ids = {row[name] for row in self.world.rows[key] if row[column] in accounts}
            for row_key in sorted(ids):
                self._tell(key, row_key, "money of a bad account", rule)

    def _plant_in(self, key: Key, columns: list[Column]) -> None:
        """What can go wrong with any table: repeats, copies, versions, keys, values, parents."""
        pool = self._pool(key)
        if not pool:
            return
        dice = self.world.dice("mess", *key)
        times = min(12, 1 + len(pool) // 400)
        sound = self._sound(key, pool)
        draw = [dice.choice(sound) for _ in range(40)]
        for row in draw[:times]:
            self._export_again(key, columns, row, 1 + dice.randint(0, 20))
        for row in draw[times : 2 * times]:
            self.world.emit(*key, dict(row))
            self._tell(key, self._key_of(columns, row), "exact duplicate", None, "duplicate")
        has_versions = any(column.name == "updated_at" for column in columns)
        if has_versions:
            for row in draw[24:26]:
                self._older_version_arrives_late(key, columns, row)
        self._add(key, columns, draw[26], {columns[0].name: None}, "null key", "null_key")
        free = [
            c.name
            for c in columns
            if not c.is_key
            and not c.is_nullable
            and c.parent is None
            and c.name not in ("loaded_at", "updated_at", "is_deleted")
        ]
        if free:
            self._add(
                key, columns, draw[27], {dice.choice(free): None}, "missing value", "missing_value"
            )
        if key in (("billing", "payments"), ("support", "tickets"), ("success", "risks")):
            self._add(key, columns, draw[28], {"loaded_at": None}, "no load time", "missing_value")
        parents = [c for c in columns if c.parent and not c.is_nullable]
        if parents and key not in _NO_ORPHANS:
            for number, parent in enumerate(parents):
                lost = {parent.name: f"NOWHERE-{number}{dice.randint(100, 999)}"}
                self._add(key, columns, draw[29 + number % 4], lost, "orphan", "unknown_parent")
        if any(column.name == "is_deleted" for column in columns) and key[1] in (
            "accounts",
            "contacts",
            "opportunities",
            "order_lines",
        ):
            self._add_and_delete(key, columns, draw[34])
        for table, rule, change in _BROKEN:
            if table == key:
                row = dice.choice(sound)
                wrong = change(row) if callable(change) else change
                self._add(key, columns, row, wrong, rule.replace("_", " "), rule)
        for table, column_name in _DANGLING:
            if table == key:
                row = dice.choice(sound)
                self._add(
                    key,
                    columns,
                    row,
                    {column_name: "NOBODY-1"},
                    "dangling reference",
                    "unknown_reference",
                )

    # Kinds of defect

    def _export_again(self, key: Key, columns: list[Column], row: Row, days: int) -> None:
        later = row["loaded_at"] + timedelta(days=days)
        if later.date() <= self.world.last_day:
            self.world.emit(*key, row | {"loaded_at": later})
            self._tell(key, self._key_of(columns, row), "exported again", None, "superseded")

    def _older_version_arrives_late(self, key: Key, columns: list[Column], row: Row) -> None:
        """A version from before the newest, with another value, loaded after it."""
        later = row["loaded_at"] + timedelta(days=2)
        free = [c for c in columns if c.is_nullable and c.parent is None]
        if later.date() > self.world.last_day:
            return
        stale: Row = {"updated_at": row["updated_at"] - timedelta(hours=5), "loaded_at": later}
        if free:
            stale[free[0].name] = None
        self.world.emit(*key, row | stale)
        self._tell(key, self._key_of(columns, row), "older version loaded late", None, "superseded")

    def _add(
        self, key: Key, columns: list[Column], row: Row, change: Row, kind: str, rule: str
    ) -> Row:
        """A further row: a copy of a good one under a key of its own, with something wrong."""
        self._number += 1
        added = row | self._fresh_key(columns, row) | change
        self.world.emit(*key, added)
        self._tell(key, self._key_of(columns, added), kind, rule)
        return added

    def _add_and_delete(self, key: Key, columns: list[Column], row: Row) -> None:
        """A row entered by mistake and deleted some days later."""
        self._number += 1
        added = row | self._fresh_key(columns, row)
        gone = added["updated_at"] + timedelta(days=3)
        loaded = self.world.loaded_after(gone)
        if loaded.date() > self.world.last_day:
            return
        self.world.emit(*key, added)
        self.world.emit(*key, added | {"is_deleted": True, "updated_at": gone, "loaded_at": loaded})
        self._tell(key, self._key_of(columns, added), "entered by mistake", None, "deleted")

    def _fresh_key(self, columns: list[Column], row: Row) -> Row:
        """Another key: its own text where the key is text of the table itself, else a date."""
        for column in columns:
            if not column.is_key:
                continue
            if column.type == "date":
                return {column.name: date(2000, 1, 2) + timedelta(days=self._number)}
            if column.type == "varchar" and column.parent is None and column.name != "currency":
                return {column.name: f"{row[column.name]}-X{self._number}"}
        raise ValueError("a table without a key that could be made up")

    # Defects that need more than one row

    def _plant_in_billing(self) -> None:
        """Contracts without a rate or in a circle, and reductions of nothing or of too much.

        And lines that were first entered with a wrong quantity and corrected some weeks later.
        """
        dice, world = self.world.dice("mess", "billing"), self.world
        standing = [
            c
            for c in self.play.billing.contracts
            if c.account.account_id not in self._bad_accounts
            and c.entered_on == c.signed_on
            and c.signed_on + timedelta(days=40) < world.last_day
        ]
        if not standing:
            return
        contracts = self._newest(("billing", "contracts"))
        orders = self._newest(("billing", "orders"))
        lines = self._newest(("billing", "order_lines"))
        for number in range(1, 1 + max(1, len(standing) // 1200)):
            host = dice.choice(standing)
            contract = contracts[host.contract_id,]
            order = orders[host.orders[0].order_id,]
            line = lines[host.orders[0].lines[0].line_id,]
            contract_id, order_id = f"C-SEK-{number}", f"O-SEK-{number}"
            world.emit(
                "billing",
                "contracts",
                contract
                | {"contract_id": contract_id, "currency": "SEK", "renewed_from_contract_id": None},
            )
            world.emit(
                "billing",
                "orders",
                order
                | {
                    "order_id": order_id,
                    "contract_id": contract_id,
                    "opportunity_id": None,
                    "order_type": "new",
                },
            )
            world.emit(
                "billing",
                "order_lines",
                line
                | {
                    "order_line_id": f"L-SEK-{number}",
                    "order_id": order_id,
                    "quantity": Decimal(5),
                    "prior_order_line_id": None,
                },
            )
            self._tell(
                ("billing", "order_lines"),
                f"L-SEK-{number}",
                "currency without a rate",
                "no_exchange_rate",
            )
            for here, there in (("A", "B"), ("B", "A")):
                circle = contract | {
                    "contract_id": f"C-CIRCLE-{here}{number}",
                    "renewed_from_contract_id": f"C-CIRCLE-{there}{number}",
                }
                world.emit("billing", "contracts", circle)
                self._tell(
                    ("billing", "contracts"),
                    circle["contract_id"],
                    "contracts in a circle",
                    "renewal_cycle",
                )
            host = dice.choice(standing)
            target = next((ln for ln in host.lines if ln.is_recurring and ln.quantity > 0), None)
            if target is None:
                continue
            order_id = f"O-CUT-{number}"
            cut = orders[target.order.order_id,] | {
                "order_id": order_id,
                "order_type": "reduction",
                "opportunity_id": None,
            }
            world.emit("billing", "orders", cut)
            held = {ln.sku for ln in host.lines}
            strange = next(sku for sku in PRODUCTS if sku not in held)
            base = lines[target.line_id,]
            for kind, rule, change in (
                (
                    "reduction of too much",
                    "over_reduction",
                    {"quantity": -target.quantity - 5, "prior_order_line_id": target.line_id},
                ),
                (
                    "reduction of nothing",
                    "reduction_without_line",
                    {"quantity": Decimal(-1), "prior_order_line_id": None, "sku": strange},
                ),
            ):
                key = f"L-CUT-{rule[:4]}-{number}"
                world.emit(
                    "billing",
                    "order_lines",
                    base | change | {"order_line_id": key, "order_id": order_id},
                )
                self._tell(("billing", "order_lines"), key, kind, rule)
        self._correct_lines([c for c in standing if c.lines], lines)

    def _correct_lines(self, standing: list[Any], lines: dict[tuple[Any, ...], Row]) -> None:
        dice, world = self.world.dice("mess", "corrections"), self.world
        for contract in dice.sample(standing, min(len(standing), 1 + len(standing) // 250)):
            line = contract.lines[0]
            row = lines[line.line_id,]
            corrected = row["updated_at"] + timedelta(days=25)
            if not line.quantity or world.loaded_after(corrected).date() > world.last_day:
                continue
            world.emit("billing", "order_lines", dict(row) | {"quantity": line.quantity + 7})
            row["updated_at"], row["loaded_at"] = corrected, world.loaded_after(corrected)
            self._tell(
                ("billing", "order_lines"), line.line_id, "quantity corrected", None, "superseded"
            )

    # Rows to start from

    def _newest(self, key: Key) -> dict[tuple[Any, ...], Row]:
        """The newest version of each row of a table of single rows, as landed by the last day."""
        names = [column.name for column in tables()[key] if column.is_key]
        over = self._noon(self.world.last_day)
        newest: dict[tuple[Any, ...], Row] = {}
        for row in self.world.rows[key]:
            if row["loaded_at"] is None or row["loaded_at"] > over:
                continue
            values = tuple(row[name] for name in names)
            held = newest.get(values)
            if held is None or self._age(row) > self._age(held):
                newest[values] = row
        return newest

    def _age(self, row: Row) -> tuple[datetime, datetime]:
        return row.get("updated_at") or row["loaded_at"], row["loaded_at"]

    def _pool(self, key: Key) -> list[Row]:
        """Good rows to copy: newest versions; of big tables, a sample."""
        rows = [row for row in self._newest(key).values() if not row.get("is_deleted")]
        if rows:
            return rows
        dice = self.world.dice("mess", "sample", *key)
        over = np.datetime64(self._noon(self.world.last_day), "us")
        for block in self.world.columns.get(key, []):
            loaded = np.asarray(block["loaded_at"]).astype("datetime64[us]")
            known = np.flatnonzero(loaded < over)
            for _ in range(min(len(known), 500)):
                place = int(known[dice.randrange(len(known))])
                rows.append({name: _plain(values[place]) for name, values in block.items()})
        return rows

    def _sound(self, key: Key, pool: list[Row]) -> list[Row]:
        """Rows of a pool whose parents are sound, so that they break no other rule."""
        if key == ("billing", "order_lines"):
            orders = self._newest(("billing", "orders"))
            contracts = self._newest(("billing", "contracts"))

            def stands(row: Row) -> bool:
                order = orders.get((row["order_id"],))
                if order is None or order["is_deleted"] or order["order_type"] == "reduction":
                    return False
                contract = contracts.get((order["contract_id"],))
                return contract is not None and not contract["is_deleted"]

            pool = [row for row in pool if row["quantity"] > 0 and stands(row)] or pool
        if key in (("billing", "orders"), ("billing", "quotes")):
            contracts = self._newest(("billing", "contracts"))
            pool = [
                row
                for row in pool
                if not contracts.get((row["contract_id"],), {"is_deleted": True})["is_deleted"]
            ] or pool
        if key == ("surveys", "responses"):
            sent = self._newest(("surveys", "invitations"))
            pool = [
                row
                for row in pool
                if sent.get((row["invitation_id"],), {}).get("account_id") not in self._bad_accounts
            ] or pool
        return [row for row in pool if row.get("account_id") not in self._bad_accounts] or pool

    def _key_of(self, columns: list[Column], row: Row) -> str | None:
        values = [row[column.name] for column in columns if column.is_key]
        return None if None in values else "|".join(str(value) for value in values)

    def _tell(
        self, key: Key, row_key: str | None, kind: str, rule: str | None, outcome: str | None = None
    ) -> None:
        is_set_aside = rule is not None and rule not in _LISTED
        self.defects.append(
            Defect(
                *key,
                row_key,
                kind,
                rule,
                is_set_aside,
                outcome or ("rejected" if is_set_aside else "listed"),
            )
        )


def _plain(value: Any) -> Any:
    """A NumPy value as the Python value of a landing row."""
    if isinstance(value, np.datetime64) and value.dtype == np.dtype("datetime64[D]"):
        return None if np.isnat(value) else value.item()
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[us]").item()
    if isinstance(value, np.floating):
        return None if np.isnan(value) else Decimal(str(round(float(value), 4)))
    return value.item() if isinstance(value, np.generic) else value
