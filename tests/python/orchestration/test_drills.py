"""kill -9 at six chosen moments of a refresh; the drills that take longer are `make drill`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.drills.company import differing
from orchestration.drills.kills import CALLS, CHOSEN, SHARES, random_moments
from orchestration.drills.report import Drilled, Outcome, write_page
from refreshing import BuiltCompany


@pytest.fixture(scope="module")
def results(
    built_company: BuiltCompany, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, str]]:
    """What the drill told of a company of forty customers and the rooms that any refresh needs."""
    out = tmp_path_factory.mktemp("kills")
    file = out / "results.json"
    options = [*("--landing", str(built_company.landing)), *("--out", str(out)), "--few-rooms"]
    drilled = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.drills", "--only", "kills", "--kills", "0"),
            *(*options, "--results", str(file)),
        ],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.exists(), drilled.stdout + drilled.stderr
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("number", "moment"), enumerate(CHOSEN, start=1))
def test_a_killed_refresh_leaves_yesterday_or_today_and_the_next_one_is_right(
    results: dict[str, dict[str, str]], number: int, moment: object
) -> None:
    name = f"kill {number}: {moment}"
    assert name in results["right"], results["wrong"].get(name)


def test_readers_have_today_once_the_file_is_renamed_and_yesterday_before(
    results: dict[str, dict[str, str]],
) -> None:
    shown = ["today's" in told for told in results["right"].values()]
    assert shown == [False] * 5 + [True]


def test_random_moments_are_the_same_for_a_seed_and_in_every_step() -> None:
    moments = random_moments(30, 1)
    assert moments == random_moments(30, 1) != random_moments(30, 2)
    assert len(moments) == 30
    assert {moment.step for moment in moments} == set(SHARES)
    assert {moment.call for moment in moments} == {None, *CALLS}


def test_what_differs_is_named() -> None:
    assert differing({"a": (1, 1), "b": (2, 2)}, {"a": (1, 1), "b": (2, 3), "c": (0, 0)}) == "b, c"


def test_the_page_says_what_was_wrong(tmp_path: Path) -> None:
    outcomes = [Outcome("this", "well"), Outcome("that", "well", ["a | b", "c"])]
    write_page(tmp_path / "drill.md", ["on a company"], [Drilled("Some drill", outcomes, 61.2)])
    lines = (tmp_path / "drill.md").read_text().splitlines()
    assert "1 of 2 right, 61 s." in lines
    assert "| this | well |" in lines
    assert "| that | WRONG: a / b; c |" in lines
