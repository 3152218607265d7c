"""What dbt does becomes one figure, and what failed is told."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from orchestration.progress import DbtProgress, dbt_failures


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


def events(total: int) -> Iterator[SimpleNamespace]:
    """What dbt says of a command with so many nodes, as far as the figure hears of it."""
    yield SimpleNamespace(info=SimpleNamespace(name="MainReportVersion"), data=None)
    yield SimpleNamespace(
        info=SimpleNamespace(name="ConcurrencyLine"), data=SimpleNamespace(node_count=total)
    )
    for _ in range(total):
        yield SimpleNamespace(info=SimpleNamespace(name="NodeStart"), data=None)
        yield SimpleNamespace(info=SimpleNamespace(name="NodeFinished"), data=None)


def test_a_file_gets_a_line_every_quarter() -> None:
    out = io.StringIO()
    progress = DbtProgress(out)
    for event in events(8):
        progress.hear(event)
    assert out.getvalue().splitlines() == [
        f"dbt: {done} of 8 seeds, models and tests" for done in (2, 4, 6, 8)
    ]


def test_a_terminal_gets_one_line_that_moves() -> None:
    out = Terminal()
    progress = DbtProgress(out)
    for event in events(4):
        progress.hear(event)
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().endswith("\rdbt: 4 of 4 seeds, models and tests\n")


def test_failures_name_the_node_its_rows_and_its_sql(tmp_path: Path) -> None:
    nodes = {
        "test.t.a": {"resource_type": "test", "name": "a", "compiled_path": "target/a.sql"},
        "model.t.b": {"resource_type": "model", "name": "b", "compiled_path": None},
    }
    results = [
        {"unique_id": "test.t.a", "status": "fail", "failures": 1200, "message": "Got 1200"},
        {"unique_id": "model.t.b", "status": "error", "failures": None, "message": "No\n\n  such"},
        {"unique_id": "model.t.c", "status": "skipped", "failures": None, "message": None},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
    test, model = dbt_failures(tmp_path)
    assert str(test).splitlines() == [
        "  test a",
        "    1,200 rows that should not be there",
        "    Got 1200",
        "    SQL: target/a.sql",
    ]
    assert str(model).splitlines() == ["  model b", "    No", "      such"]


def test_no_results_are_no_failures(tmp_path: Path) -> None:
    assert dbt_failures(tmp_path) == []
