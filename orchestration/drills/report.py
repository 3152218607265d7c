"""What the drills found, as a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """One thing that was done to a refresh: what came of it, and what was wrong about that."""

    name: str
    found: str
    problems: Sequence[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether everything was as it should be."""
        return not self.problems

    def __str__(self) -> str:
        if self.is_right:
            return f"{self.name}: {self.found}"
        return f"{self.name}: WRONG: {'; '.join(self.problems)}"


@dataclass(frozen=True)
class Drilled:
    """A drill: its outcomes, and how long it took."""

    title: str
    outcomes: list[Outcome]
    seconds: float


def write_page(path: Path, about: Iterable[str], drills: Iterable[Drilled]) -> None:
    """Write the page: what was drilled on what, then a table a drill."""
    lines = [
        "# The last drill",
        "",
        "Made by `make drill`; not written by hand. What to do in each case: "
        "[runbook.md](runbook.md).",
        "",
        *(f"- {line}" for line in about),
    ]
    for drill in drills:
        right = sum(outcome.is_right for outcome in drill.outcomes)
        lines += [
            "",
            f"## {drill.title}",
            "",
            f"{right} of {len(drill.outcomes)} right, {drill.seconds:,.0f} s.",
            "",
            "| what was done | what came of it |",
            "|---|---|",
        ]
        for outcome in drill.outcomes:
            found = outcome.found if outcome.is_right else f"WRONG: {'; '.join(outcome.problems)}"
            lines.append(f"| {outcome.name} | {found.replace('|', '/')} |")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
