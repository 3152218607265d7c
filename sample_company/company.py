"""Puts the sample company together: play, books, engagement, mess, files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from sample_company.answer_key import write_answer_key
from sample_company.arithmetic import add_months
from sample_company.engagement import play_engagement
from sample_company.invoicing import Invoicing
from sample_company.landing import write_landing
from sample_company.ledger import Ledger
from sample_company.mess import Mess
from sample_company.play import Play
from sample_company.world import World


def _in_silence(_text: str) -> None:
    """Say nothing of the progress."""


def play_company(
    *,
    customers: int,
    years: int,
    seed: int,
    last_day: date,
    say: Callable[[str], None] = _in_silence,
) -> tuple[World, Play, Ledger, Mess]:
    """Play a company in memory: its world holds every landing row, mess included."""
    world = World(
        seed=seed,
        first_day=add_months(last_day + timedelta(days=1), -12 * years),
        last_day=last_day,
    )
    say(f"playing {customers} customers from {world.first_day} to {last_day}, seed {seed}")
    play = Play(world, customers)
    play.run()
    say(f"  {len(play.billing.contracts)} contracts stand")
    invoicing = Invoicing(world)
    for contract in play.billing.contracts:
        invoicing.bill(contract)
    ledger = Ledger(world, play.rates)
    unknown = {account.account_id for account in play.without_crm_record}
    lines = (line for customer in play.customers for line in customer.book.lines)
    ledger.post(lines, invoicing.invoices, unknown)
    say(f"  {len(invoicing.invoices)} invoices billed, the ledger posted")
    mess = Mess(world, play)
    mess.choose_bad_accounts()
    play.write_accounts()
    play_engagement(world)
    say("  usage, tickets, surveys and the rest of the engagement played")
    mess.plant(ledger.unknown_lines)
    say(f"  {len(mess.defects)} defects planted")
    return world, play, ledger, mess


def make_company(
    directory: Path,
    *,
    customers: int,
    years: int,
    seed: int,
    last_day: date,
    say: Callable[[str], None] = _in_silence,
) -> None:
    """Play a company and write ``landing/`` and ``answer_key/`` under a directory."""
    world, play, ledger, mess = play_company(
        customers=customers, years=years, seed=seed, last_day=last_day, say=say
    )
    counts = write_landing(world, directory / "landing")
    write_answer_key(play, ledger.items, mess.defects, directory / "answer_key")
    say(f"  {sum(counts.values())} rows in {len(counts)} tables written to {directory}")
