"""The drills, ``python -m orchestration.drills``, behind `make drill`; the report is docs/drill.md.

Exit codes: 0 everything was as it should be; 1 something was not; 2 there is no landing data to
drill with.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from orchestration.contract import PROJECT_DIR
from orchestration.drills import state
from orchestration.drills.clock import clock_drill
from orchestration.drills.company import CUSTOMERS, YEARS, Company, make_company
from orchestration.drills.deliveries import delivery_drill
from orchestration.drills.disk import disk_drill
from orchestration.drills.kills import CHOSEN, kill_drill, random_moments
from orchestration.drills.others import failing_check, two_at_once, webhook_down
from orchestration.drills.readers import reader_drill
from orchestration.drills.report import Drilled, Outcome, write_page
from orchestration.landing import LandingError

SEED = 20261124
KILLS, READER_DAYS = 30, 10


def drills(options: argparse.Namespace, company: Company) -> dict[str, Callable]:
    """Every drill by its name: what it is called, and what runs it."""
    moments = list(CHOSEN) if options.kills == 0 else random_moments(options.kills, options.seed)
    return {
        "kills": lambda: kill_drill(company, moments),
        "deliveries": lambda: delivery_drill(company),
        "disk": lambda: disk_drill(company),
        "clock": lambda: clock_drill(company),
        "two": lambda: two_at_once(company),
        "check": lambda: failing_check(company),
        "webhook": lambda: webhook_down(company),
        "readers": lambda: reader_drill(company, options.days),
    }


TITLES = {
    "kills": "kill -9",
    "deliveries": "Landing files half written, spoilt, replaced",
    "disk": "Disk full",
    "clock": "Clock jumps",
    "two": "Two refreshes at once",
    "check": "A check that fails",
    "webhook": "A webhook that is down",
    "readers": "Readers beside refreshes, and the same days replayed",
    "server": "The web server",
    "state": "Two months lived day by day, and otherwise",
}


def main(arguments: list[str] | None = None) -> int:
    """Make the company, drill, write the page."""
    options = _parse(arguments)
    out = (PROJECT_DIR / options.out).resolve()
    landing = Path(options.landing) if options.landing else make_company(out)
    try:
        company = Company(out / "company", landing, is_short=options.few_rooms)
    except LandingError as error:
        print(error, file=sys.stderr)
        return 2
    runs = {
        **drills(options, company),
        "server": _server,
        "state": lambda: _state(landing, out / "state"),
    }
    all_right = True
    for name in options.only.split(",") if options.only else TITLES:
        for drilled in _drill(TITLES[name], runs[name](), _about(name, options, company)):
            drilled.keep(out / "results" / f"{name}.json")
        all_right &= drilled.is_right
        if options.report:
            # Drills that were run apart, before, are told as they went then.
            files = [out / "results" / f"{each}.json" for each in TITLES]
            kept = [Drilled.kept(file) for file in files if file.exists()]
            write_page(Path(options.report), kept)
    return 0 if all_right else 1


def _drill(title: str, outcomes: Iterator[Outcome], about: str) -> Iterator[Drilled]:
    """The drill as far as it has come, after each outcome."""
    began = time.monotonic()
    print(f"\n{title}", flush=True)
    found: list[Outcome] = []
    for outcome in outcomes:
        print(outcome, flush=True)
        found.append(outcome)
        yield Drilled(title, list(found), time.monotonic() - began, about)


def _server() -> Iterator[Outcome]:
    """The test of the web server, which is a drill: a real server, asked as its page asks it."""
    test = PROJECT_DIR / "tests" / "python" / "orchestration" / "test_server.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(test)],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    yield Outcome(
        "started, asked for its assets, and to run the job for a range of days, all by GraphQL",
        f"each day published ({test.name}: {done.stdout.strip().splitlines()[-1]})",
        [] if done.returncode == 0 else [done.stdout[-1000:]],
    )


def _state(landing: Path, out: Path) -> Iterator[Outcome]:
    """The drill of state, in a process of its own: it runs dbt in its own."""
    results = out / "results.json"
    results.unlink(missing_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.drills.state"),
            *("--landing", str(landing), "--out", str(out), "--results", str(results)),
        ],
        cwd=PROJECT_DIR,
        check=False,
    )
    found = state.read_results(results)
    if not found:
        yield Outcome("state", "", ["the drill did not come to its end"])
    for name, result in found.items():
        yield Outcome(name, result, [] if result.startswith("same") else [result])


def _about(name: str, options: argparse.Namespace, company: Company) -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {date.today()}."
    of = f"{CUSTOMERS} customers, {YEARS} year"
    if name == "state":
        return f"{of}; the tables that only grow and what they are made of; {machine}"
    rooms = "the rooms that any refresh needs, and renewals" if options.few_rooms else "every room"
    seed = (
        f"; {options.kills} moments of seed {options.seed}"
        if name == "kills" and options.kills
        else ""
    )
    return (
        f"{of}; {company.yesterday} published, {company.today} to be, a lock missed between;"
        f" {rooms}, without the tests that stand in YAML{seed}; {machine}"
    )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.drills", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", default="sample_data/drill", help="directory (sample_data/drill)")
    parser.add_argument("--landing", help="landing data (a company is made where none is given)")
    parser.add_argument("--only", help=f"some of {','.join(TITLES)}, with commas between")
    parser.add_argument(
        "--kills", type=int, default=KILLS, help=f"so many at random ({KILLS}); 0: six chosen ones"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the moments of the kills")
    parser.add_argument("--days", type=int, default=READER_DAYS, help="with readers beside them")
    parser.add_argument(
        "--few-rooms", action="store_true", help="with the rooms that any refresh needs alone"
    )
    parser.add_argument("--report", help="file to write the page to")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
