"""The benchmark of the refresh counts every second once, and reports each step beside the floor."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest

from benchmarks import refresh
from benchmarks.refresh import STEPS, Counter, Spent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that only the test moves."""
    hand = SimpleNamespace(at=0.0)
    for name in ("perf_counter", "process_time"):
        monkeypatch.setattr(refresh.time, name, lambda: hand.at)
    return hand


def test_what_a_step_spends_within_another_is_its_own_alone(clock: SimpleNamespace) -> None:
    counter = Counter(["publishing", "backup", "of it writing"])

    def work(seconds: float, *within: object) -> None:
        clock.at += seconds
        for function in within:
            function()

    backup = counter.count("backup", lambda: work(2))
    writing = counter.count("of it writing", lambda: work(5))
    counter.count("publishing", lambda: work(1, backup, writing, backup))()
    backup()
    spent = {name: each.seconds for name, each in counter.spent.items()}
    assert spent == {"publishing": 6, "backup": 6, "of it writing": 5}
    assert counter.spent["backup"].cpu_seconds == 6


@pytest.mark.parametrize("place", [place for places in STEPS.values() for place in places])
def test_every_function_that_is_counted_is_there(place: str) -> None:
    module, path = place.split(":")
    holder = import_module(module)
    for part in path.split("."):
        holder = getattr(holder, part)
    assert callable(holder)


def test_the_report_has_a_row_for_every_step_and_they_add_up() -> None:
    step = SimpleNamespace(seconds=9.0, cpu_seconds=8.0)
    steps = {name: Spent(1.0, 1.0) for name in STEPS}
    page = refresh.report(
        refresh.Result(
            landed="40 tables",
            rows=1,
            nodes=1,
            refresh=step,
            steps={"everything": Spent(20.0, 20.0), **steps},
            bare=step,
            single=step,
            floor=Spent(2.0, 2.0),
        )
    )
    for name in ("landing check", "dbt step", "Python checks", "publishing", "backup"):
        assert f"\n| {name}" in page
    rows = sum(not name.startswith("of it") for name in STEPS)
    assert f"| imports, Dagster and its events | {20 - rows:.1f} |" in page
