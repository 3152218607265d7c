"""Two refreshes at once, and a check that fails."""

from __future__ import annotations

import time
from collections.abc import Iterator

from orchestration.drills.company import Company, content, differing, runs_of
from orchestration.drills.report import Outcome
from orchestration.drills.webhook import listening
from orchestration.settings import PUBLISHED_FILE

BUSY, FAILED = 3, 1
CHECK = "assert_nobody_is_a_customer"


def two_at_once(company: Company) -> Iterator[Outcome]:
    """A second refresh begins while the first one builds."""
    company.prepare()
    warehouse = company.yesterdays()
    problems = []
    with company.start(warehouse) as first:
        if not company.wait_for(first, warehouse, "catch_up"):
            problems.append("the first ended too early")
        began = time.monotonic()
        second = company.refresh(warehouse)
        seconds = time.monotonic() - began
        _, err = first.communicate()
    if second.code != BUSY or "another refresh (process" not in second.err:
        problems.append(f"the second ended with {second.code}: {second.err[:300]}")
    if first.returncode:
        problems.append(f"the first ended with {first.returncode}: {err[:300]}")
    elif difference := differing(company.right, content(warehouse / PUBLISHED_FILE)):
        problems.append(f"the first published something else: {difference}")
    statuses = sorted(run["status"] for run in runs_of(warehouse / PUBLISHED_FILE))
    if statuses.count("busy") != 1:
        problems.append(f"the table of runs has {statuses}")
    yield Outcome(
        "two refreshes at once",
        f"the second ended with 3 after {seconds:.0f} s and is recorded; the first published the"
        " undisturbed marts",
        problems,
    )


def failing_check(company: Company) -> Iterator[Outcome]:
    """A data test fails: nothing is published, the webhook is told; without it all is well."""
    warehouse = company.yesterdays()
    test = company.project / "tests" / "dbt" / f"{CHECK}.sql"
    test.write_text("select customer_id from {{ ref('dim_customers') }}\n", encoding="utf-8")
    problems = []
    try:
        with listening() as (address, told):
            ended = company.refresh(warehouse, environment={"TENURE_WEBHOOK_URL": address})
        if ended.code != FAILED or CHECK not in ended.err:
            problems.append(f"ended with {ended.code}: {ended.err[:300]}")
        if [(m["exit_code"], m["failed_step"]) for m in told] != [(FAILED, "dbt")]:
            problems.append(f"the webhook was told {told}")
        problems.append(company.is_old(warehouse))
    finally:
        test.unlink()
    problems.append(company.next_is_right(warehouse))
    yield Outcome(
        "a check that fails",
        "exit code 1, the check named, the webhook told, yesterday stays; without the fault the"
        " next refresh published the undisturbed marts",
        [problem for problem in problems if problem],
    )


def webhook_down(company: Company) -> Iterator[Outcome]:
    """The webhook refuses, or takes the call and never answers: the refresh ends as it would."""
    warehouse = company.yesterdays()
    missing = company.directory / "nothing-here"
    with listening(answers=False) as (silent, _):
        for name, address in [("refuses", "http://127.0.0.1:9/"), ("never answers", silent)]:
            began = time.monotonic()
            environment = {"TENURE_WEBHOOK_URL": address, "TENURE_RAW_PATH": str(missing)}
            ended = company.refresh(warehouse, environment=environment)
            seconds = time.monotonic() - began
            problems = [company.is_old(warehouse)]
            if ended.code != 2 or "was not told" not in ended.err:
                problems.append(f"ended with {ended.code}: {ended.err[:300]}")
            yield Outcome(
                f"a webhook that {name}, told of a refusal",
                f"exit code 2 as without it, after {seconds:.0f} s; one line says that it was not"
                " told",
                [problem for problem in problems if problem],
            )
