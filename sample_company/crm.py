"""The CRM: the company's own people, customers, their contacts, and opportunities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sample_company import vocabulary as words
from sample_company.world import Account, Contact, World


def at(day: date, dice: Random) -> datetime:
    """A time of day in office hours."""
    return datetime.combine(
        day, time(dice.randint(8, 17), dice.randint(0, 59), dice.randint(0, 59))
    )


@dataclass
class Opportunity:
    """An opportunity in the pipeline, as last written."""

    row: dict[str, Any]

    @property
    def opportunity_id(self) -> str:
        """Its key."""
        return str(self.row["opportunity_id"])


class Crm:
    """Writes the CRM's rows as the company learns of people and deals."""

    def __init__(self, world: World, customers: int) -> None:
        """Hire the company's people for a number of customers."""
        self.world = world
        self.dice = world.dice("crm")
        self._opportunities = 0
        self._names: set[str] = set()
        self._hire(customers)

    # The company's people

    def _hire(self, customers: int) -> None:
        managers = max(2, customers // 250)
        for role, count in (
            ("manager", managers),
            ("account_executive", max(2, customers // 60)),
            ("csm", max(2, customers // 45)),
            ("support_agent", max(2, customers // 80)),
        ):
            for _ in range(count):
                self._hire_one(role)
        self._employ()

    def _hire_one(self, role: str) -> None:
        number = sum(len(ids) for ids in self.world.user_ids_by_role.values()) + 1
        self.world.user_ids_by_role[role].append(f"U-{number:04d}")

    def _employ(self) -> None:
        world, dice = self.world, self.dice
        managers = world.user_ids_by_role["manager"]
        for role, user_ids in world.user_ids_by_role.items():
            for position, user_id in enumerate(user_ids):
                hired = at(world.first_day - timedelta(days=dice.randint(20, 900)), dice)
                chief = None
                if role != "manager":
                    chief = dice.choice(managers)
                elif position:
                    chief = managers[0]
                row = {
                    "user_id": user_id,
                    "full_name": words.person(dice, dice.choice(words.COUNTRIES)),
                    "user_role": role,
                    "manager_user_id": chief,
                    "is_active": True,
                    "created_at": hired,
                    "updated_at": hired,
                    "loaded_at": world.loaded_after(hired),
                }
                world.emit("crm", "users", row)
                if role != "manager" and position > 1 and dice.random() < 0.12:
                    span = (world.last_day - world.first_day).days
                    left = at(world.first_day + timedelta(days=dice.randint(span // 2, span)), dice)
                    world.emit(
                        "crm",
                        "users",
                        row
                        | {
                            "is_active": False,
                            "updated_at": left,
                            "loaded_at": world.loaded_after(left),
                        },
                    )

    # Customers

    def meet(self, number: int, day: date, dice: Random, prior: list[Account]) -> Account:
        """A new account in the CRM, with its people; ``prior``: accounts that may be its parent."""
        country = dice.choices(words.COUNTRIES, weights=[46, 16, 12, 7, 7, 6, 6])[0]
        industry = dice.choice(words.INDUSTRIES)
        employees = int(min(60000, max(12, dice.lognormvariate(6.1, 1.3))))
        users = self.world.user_ids_by_role
        parent = dice.choice(prior) if prior and dice.random() < 0.09 else None
        account = Account(
            account_id=f"A-{number:05d}",
            name=words.company(dice, industry, country, self._names),
            industry=industry,
            country=country,
            employee_count=employees,
            currency=words.CURRENCY_OF[country],
            sales_channel=dice.choices(["direct", "partner", "self_serve"], [70, 20, 10])[0],
            created_on=day,
            owner_user_id=dice.choice(users["account_executive"]),
            parent_account_id=parent.account_id if parent else None,
        )
        if parent and parent.parent_account_id is None and dice.random() < 0.8:
            account.name = f"{parent.name.rsplit(' ', 1)[0]} {country} ({number})"
        account.converted_from_trial = dice.random() < (
            0.6 if account.sales_channel == "self_serve" else 0.15
        )
        return account

    def staff(self, account: Account, dice: Random) -> None:
        """The people at a customer; a sponsor_left shock takes the sponsor, others move on too."""
        world = self.world
        roles = ["executive_sponsor", "champion", "admin"]
        roles += ["user"] * dice.randint(1, 4)
        host = words.slug(account.name.rsplit(" ", 1)[0]).replace(".", "") + ".example"
        departures = [s.day for s in account.shocks if s.kind == "sponsor_left"]
        number = 0

        def join(role: str, day: date) -> Contact:
            nonlocal number
            number += 1
            name = words.person(dice, account.country)
            contact = Contact(
                contact_id=f"P-{account.account_id[2:]}-{number:02d}",
                full_name=name,
                email=f"{words.slug(name)}.{number}@{host}",
                title=dice.choice(words.TITLES[role]),
                contact_role=role,
                joined_on=day,
            )
            account.contacts.append(contact)
            return contact

        for role in roles:
            contact = join(role, account.created_on + timedelta(days=dice.randint(0, 20)))
            if role == "executive_sponsor":
                for day in departures:
                    if day <= contact.joined_on:
                        continue
                    contact.departed_on = day
                    if dice.random() < 0.3:
                        break
                    contact = join(role, day + timedelta(days=dice.randint(10, 90)))
            elif dice.random() < 0.12:
                span = max(60, (world.last_day - contact.joined_on).days)
                contact.departed_on = contact.joined_on + timedelta(days=dice.randint(50, span))
        account.contacts = [c for c in account.contacts if c.joined_on < world.last_day]

    def write_account(self, account: Account, dice: Random, references: float) -> None:
        """Land an account and its contacts: a version for each change of their record.

        ``references``: chance that the customer agrees to be one.
        """
        world = self.world
        created = at(account.created_on, dice)
        row = {
            "account_id": account.account_id,
            "account_name": account.name,
            "parent_account_id": account.parent_account_id,
            "industry": account.industry if dice.random() > 0.03 else None,
            "employee_count": account.employee_count if dice.random() > 0.05 else None,
            "country": account.country,
            "sales_channel": account.sales_channel,
            "owner_user_id": account.owner_user_id,
            "csm_user_id": None,
            "created_at": created,
            "updated_at": created,
            "is_referenceable": None,
            "is_deleted": False,
            "loaded_at": world.loaded_after(created),
        }
        world.emit("crm", "accounts", row)
        changes: list[tuple[datetime, dict[str, Any]]] = [
            (at(first, dice), {"csm_user_id": user_id}) for first, _, user_id in account.csm_spells
        ]
        if account.terms:
            asked = at(account.terms[0].start + timedelta(days=dice.randint(120, 500)), dice)
            changes.append((asked, {"is_referenceable": dice.random() < references}))
        if dice.random() < 0.15:
            recount = at(account.created_on + timedelta(days=dice.randint(60, 700)), dice)
            grown = int(account.employee_count * dice.uniform(0.8, 1.3)) + 1
            changes.append((recount, {"employee_count": grown}))
        for when, change in sorted(changes, key=lambda item: item[0]):
            row = row | change | {"updated_at": when, "loaded_at": world.loaded_after(when)}
            world.emit("crm", "accounts", row)
        for contact in account.contacts:
            self._write_contact(account, contact, dice)

    def _write_contact(self, account: Account, contact: Contact, dice: Random) -> None:
        world = self.world
        met = at(contact.joined_on, dice)
        row = {
            "contact_id": contact.contact_id,
            "account_id": account.account_id,
            "full_name": contact.full_name,
            "email": contact.email if dice.random() > 0.03 else None,
            "title": contact.title if dice.random() > 0.1 else None,
            "contact_role": contact.contact_role if dice.random() > 0.05 else None,
            "departed_at": None,
            "created_at": met,
            "updated_at": met,
            "is_deleted": False,
            "loaded_at": world.loaded_after(met),
        }
        world.emit("crm", "contacts", row)
        if contact.departed_on is not None:
            left = at(contact.departed_on, dice)
            learnt = left + timedelta(days=dice.choice([0, 1, 3, 12]))
            world.emit(
                "crm",
                "contacts",
                row
                | {
                    "departed_at": left,
                    "updated_at": learnt,
                    "loaded_at": world.loaded_after(learnt),
                },
            )

    # Pipeline

    def open_opportunity(
        self,
        account: Account,
        kind: str,
        created: date,
        amount: Decimal,
        currency: str,
        dice: Random,
        expected_close: date | None = None,
    ) -> Opportunity:
        """An opportunity enters the pipeline; ``amount`` is its annual value."""
        self._opportunities += 1
        when = at(created, dice)
        row = {
            "opportunity_id": f"OP-{self._opportunities:06d}",
            "account_id": account.account_id,
            "opportunity_type": kind,
            "stage": "qualification",
            "amount": amount,
            "currency": currency,
            "lead_source": dice.choice(words.LEAD_SOURCES) if kind == "new" else None,
            "is_trial_conversion": kind == "new" and account.converted_from_trial,
            "created_at": when,
            "close_date": expected_close,
            "is_closed": False,
            "is_won": False,
            "owner_user_id": account.owner_user_id,
            "updated_at": when,
            "is_deleted": False,
            "loaded_at": self.world.loaded_after(when),
        }
        opportunity = Opportunity(row)
        self._write(opportunity, {})
        return opportunity

    def advance(self, opportunity: Opportunity, day: date, dice: Random) -> None:
        """A proposal went out."""
        when = max(at(day, dice), opportunity.row["updated_at"] + timedelta(minutes=1))
        self._write(
            opportunity,
            {"stage": "proposal", "updated_at": when, "loaded_at": self.world.loaded_after(when)},
        )

    def close(
        self,
        opportunity: Opportunity,
        day: date,
        is_won: bool,
        dice: Random,
        amount: Decimal | None = None,
    ) -> None:
        """An opportunity is won or lost."""
        when = max(at(day, dice), opportunity.row["updated_at"] + timedelta(minutes=1))
        change: dict[str, Any] = {
            "stage": "closed_won" if is_won else "closed_lost",
            "is_closed": True,
            "is_won": is_won,
            "close_date": day,
            "updated_at": when,
            "loaded_at": self.world.loaded_after(when),
        }
        if amount is not None:
            change["amount"] = amount
        self._write(opportunity, change)

    def _write(self, opportunity: Opportunity, change: dict[str, Any]) -> None:
        opportunity.row = opportunity.row | change
        self.world.emit("crm", "opportunities", opportunity.row)

    def remove(self, opportunity: Opportunity, day: date, dice: Random) -> None:
        """An opportunity entered by mistake is deleted."""
        when = max(at(day, dice), opportunity.row["updated_at"] + timedelta(minutes=1))
        self._write(
            opportunity,
            {"is_deleted": True, "updated_at": when, "loaded_at": self.world.loaded_after(when)},
        )


def spells_of_care(
    account: Account, first_signed: date, last_day: date, csms: Iterable[str], dice: Random
) -> None:
    """Give a customer its success managers, one after another, from its first signature."""
    pool = list(csms)
    first = first_signed
    user_id = dice.choice(pool)
    while dice.random() < 0.4:
        change = first + timedelta(days=dice.randint(150, 700))
        if change >= last_day:
            break
        account.csm_spells.append((first, change - timedelta(days=1), user_id))
        user_id = dice.choice([u for u in pool if u != user_id] or pool)
        first = change
    account.csm_spells.append((first, None, user_id))
