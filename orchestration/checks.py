"""Checks of the built warehouse that dbt cannot make of it: they stand between dbt and publishing.

A check looks at the working file through a connection that can only read, and returns what is
wrong, one line each; nothing is published while one of them finds anything. To add one, write the
function and put it into CHECKS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

MAX_SHOWN = 10


class CheckError(Exception):
    """The built warehouse is wrong; the text says which checks found what."""


@dataclass(frozen=True)
class Check:
    """What is looked at, the published table it is about, and the function that looks."""

    name: str
    table: str
    description: str
    find: Callable[[duckdb.DuckDBPyConnection], list[str]]


def bridge_foots(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Beginning and all movements make the ending, and one month's ending begins the next."""
    months = connection.execute(
        """
        with months as (
            select
                month,
                sum(beginning_cmrr) as beginning,
                sum(ending_cmrr) as ending,
                sum(
                    new_cmrr + reactivation_cmrr + add_on_cmrr + upgrade_cmrr + downgrade_cmrr
                    + swap_cmrr + cancellation_cmrr + archive_cmrr + currency_cmrr
                ) as moved
            from marts.fct_cmrr_bridge
            group by month
        )
        select month, beginning, moved, ending, lag(ending, 1, 0) over (order by month) as before
        from months
        qualify beginning + moved <> ending or beginning <> before
        order by month
        """
    ).fetchall()
    return [
        f"{month:%B %Y}: {beginning} and movements of {moved} make no {ending},"
        f" after {before} the month before"
        for month, beginning, moved, ending, before in months
    ]


def customers_were_loaded(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """No customer that no CRM account was ever loaded for."""
    unknown = connection.execute(
        """
        select customer_id from marts.dim_customers
        where customer_id not in (
            select account_id from raw_crm.accounts where account_id is not null
        )
        order by customer_id
        """
    ).fetchall()
    return [f"customer {customer} is no account of the CRM" for (customer,) in unknown]


CHECKS: tuple[Check, ...] = (
    Check(
        "cmrr_bridge_foots",
        "fct_cmrr_bridge",
        "Beginning CMRR and all movements make ending CMRR, in every month and across them.",
        bridge_foots,
    ),
    Check(
        "customers_were_loaded",
        "dim_customers",
        "Every customer is an account that the CRM has sent.",
        customers_were_loaded,
    ),
)


def run_checks(working_file: Path, checks: Iterable[Check] = CHECKS) -> dict[Check, list[str]]:
    """What each check finds in the working file; it is opened for reading alone."""
    with duckdb.connect(working_file, read_only=True) as connection:
        return {check: check.find(connection) for check in checks}


def failed_checks(found: dict[Check, list[str]]) -> str | None:
    """The text of an error about what was found; None where nothing was."""
    failed = {check: lines for check, lines in found.items() if lines}
    if not failed:
        return None
    count = len(failed)
    shown = "\n".join(
        f"  {check.name} (marts.{check.table})\n{_listed(lines)}" for check, lines in failed.items()
    )
    return f"{count} check{'s' * (count != 1)} of the built warehouse failed:\n{shown}"


def _listed(lines: Sequence[str]) -> str:
    left = len(lines) - MAX_SHOWN
    more = [f"and {left:,} more"] if left > 0 else []
    return "\n".join(f"    {line}" for line in [*lines[:MAX_SHOWN], *more])
