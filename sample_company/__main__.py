"""Plays the sample company and writes its landing data and answer key.

python -m sample_company --out DIR [--customers N] [--years N] [--seed N] [--end YYYY-MM-DD]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sample_company.company import make_company

LAST_DAY = date(2026, 6, 30)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sample_company", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory to write to")
    parser.add_argument("--customers", type=int, default=1500, help="customers that ever sign")
    parser.add_argument("--years", type=int, default=4, help="years that the company is played")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same company")
    parser.add_argument(
        "--end",
        type=date.fromisoformat,
        default=LAST_DAY,
        help="the company's last day (default %(default)s)",
    )
    given = parser.parse_args(arguments)
    if given.customers < 1 or given.years < 1:
        parser.error("--customers and --years must be 1 or more")
    make_company(
        given.out,
        customers=given.customers,
        years=given.years,
        seed=given.seed,
        last_day=given.end,
        say=lambda text: print(text, flush=True),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
