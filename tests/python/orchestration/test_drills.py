"""kill -9 at six chosen moments of a refresh; the drills that take longer are `make drill`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.drills.company import differing
from orchestration.drills.kills import CALLS, CHOSEN, SHARES, Moment, random_moments
from orchestration.drills.report import Drilled, Outcome, write_page
from refreshing import BuiltCompany


@pytest.fixture(scope="module")
def drilled(built_company: BuiltCompany, tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    """What the drill told of a company of forty customers and the rooms that any refresh needs."""
    out = tmp_path_factory.mktemp("kills")
    file = out / "results" / "kills.json"
    options = [*("--landing", str(built_company.landing)), *("--out", str(out)), "--few-rooms"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.drills", "--only", "kills", "--kills", "0"),
            *options,
        ],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.exists(), done.stdout + done.stderr
    return Drilled.kept(file)


@pytest.mark.parametrize(("number", "moment"), list(enumerate(CHOSEN)))
def test_a_killed_refresh_leaves_yesterday_or_today_and_the_next_one_is_right(
    drilled: Drilled, number: int, moment: Moment
) -> None:
    outcome = drilled.outcomes[number]
    assert outcome.name == f"kill {number + 1}: {moment}"
    assert not outcome.problems


def test_readers_have_today_once_the_file_is_renamed_and_yesterday_before(
    drilled: Drilled,
) -> None:
    shown = ["today's" in outcome.found for outcome in drilled.outcomes]
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
    Drilled("Some drill", outcomes, 61.2, "On a company.").keep(tmp_path / "results/some.json")
    write_page(tmp_path / "drill.md", [Drilled.kept(tmp_path / "results/some.json")])
    lines = (tmp_path / "drill.md").read_text().splitlines()
    assert "1 of 2 right, in 1.0 minutes. On a company." in lines
    assert "| this | well |" in lines
    assert "| that | WRONG: a / b; c |" in lines
