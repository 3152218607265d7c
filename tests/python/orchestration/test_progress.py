"""What dbt prints becomes one figure, and what failed is told."""

from __future__ import annotations

import io
import json
from pathlib import Path

from orchestration.progress import DbtProgress, dbt_failures


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


LINES = [
    "Running with dbt=1.11.16",
    "1 of 4 START sql table model staging.a ... [RUN]",
    "1 of 4 OK created sql table model staging.a ... [OK in 0.1s]",
    "2 of 4 START test b",
    "3 of 4 START test c",
    "3 of 4 PASS c",
    "2 of 4 FAIL 3 b",
    "4 of 4 SKIP relation marts.d",
    "Done. PASS=2",
]


def test_a_file_gets_a_line_every_quarter() -> None:
    out = io.StringIO()
    DbtProgress(out).write("\n".join(LINES) + "\n")
    assert out.getvalue().splitlines() == [
        f"dbt: {done} of 4 seeds, models and tests" for done in (1, 2, 3, 4)
    ]


def test_a_terminal_gets_one_line_that_moves() -> None:
    out = Terminal()
    progress = DbtProgress(out)
    for character in "\n".join(LINES) + "\n":
        progress.write(character)
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
