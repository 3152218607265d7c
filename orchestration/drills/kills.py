"""kill -9 at moments of a refresh: readers have yesterday or today, whole; the next one is right.

A moment is a share of a step's time, or a call to the system: the very rename that publishes, the
copy that is a backup. The calls are watched from inside (see ``killed``), where they are made.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.drills.company import Company, content, differing, runs_of, steps_of_runs
from orchestration.drills.killed import AT
from orchestration.drills.report import Outcome
from orchestration.settings import PUBLISHED_FILE

# Of thirty moments: where the time goes, and where the harm would be done.
SHARES = {"landing": 3, "catch_up": 7, "dbt": 12, "publish": 3}
CALLS = (
    "rename:published.duckdb:before",
    "rename:published.duckdb:after",
    "rename:backups/*.json:before",
    "rename:versions/*.json:before",
    "link:published.duckdb.*.tmp:after",
)


@dataclass(frozen=True)
class Moment:
    """When to kill: after a share of a step's time, or at a call."""

    step: str
    share: float = 0.0
    call: str | None = None

    def __str__(self) -> str:
        if self.call is None:
            return f"{self.step}, at {self.share:.0%}"
        event, file, when = self.call.split(":")
        return f"{self.step}, {when} the {event} of {file}"


CHOSEN = (
    Moment("landing", 0.5),
    Moment("catch_up", 0.6),
    Moment("dbt", 0.3),
    Moment("dbt", 0.9),
    *(Moment("publish", call=call) for call in CALLS[:2]),
)


def random_moments(count: int, seed: int) -> list[Moment]:
    """Moments spread over the steps, at random within; one in six at a call."""
    chance = random.Random(seed)
    at_calls = [Moment("publish", call=CALLS[number % len(CALLS)]) for number in range(count // 6)]
    steps = list(SHARES)
    in_steps = chance.choices(steps, [SHARES[step] for step in steps], k=count - len(at_calls))
    # Every step once at least, whatever chance says.
    in_steps[: len(steps)] = steps
    moments = [Moment(step, round(chance.uniform(0.01, 0.98), 2)) for step in in_steps]
    moments += at_calls
    chance.shuffle(moments)
    return moments


def kill_drill(company: Company, moments: list[Moment]) -> Iterator[Outcome]:
    """Kill a refresh at each moment, look at what readers have, run the next one."""
    company.prepare()
    for number, moment in enumerate(moments, start=1):
        warehouse = company.yesterdays()
        reached = kill_at(company, warehouse, moment)
        problems = [] if reached else ["the refresh ended before it was killed"]
        shown = content(warehouse / PUBLISHED_FILE)
        whose = {True: "today's"}.get(shown == company.right, "yesterday's")
        if shown not in (company.old, company.right):
            problems.append(f"neither yesterday nor today: {differing(company.old, shown)}")
        is_begun = len(steps_of_runs(warehouse)) > company.runs_before
        problems.append(company.next_is_right(warehouse))
        killed = [run for run in runs_of(warehouse / PUBLISHED_FILE) if run["status"] == "killed"]
        if is_begun and [run["failed_step"] for run in killed] != [moment.step]:
            problems.append(f"the table of runs has {killed}")
        yield Outcome(
            f"kill {number}: {moment}",
            f"readers had {whose}; the next refresh published the undisturbed marts",
            [problem for problem in problems if problem],
        )


def kill_at(company: Company, warehouse: Path, moment: Moment) -> bool:
    """Start a refresh and kill it at a moment; false where it ended before."""
    if moment.call is not None:
        with company.start(
            warehouse, environment={AT: moment.call}, module="orchestration.drills.killed"
        ) as process:
            process.communicate()
        return process.returncode == -signal.SIGKILL
    with company.start(warehouse) as process:
        reached = company.wait_for(process, warehouse, moment.step)
        if reached:
            time.sleep(moment.share * float(company.run[f"{moment.step}_seconds"]))
            reached = process.poll() is None
        kill(process)
    return reached


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a refresh with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
