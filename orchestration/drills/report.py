"""What the drills found, as a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
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
    """A drill: its outcomes, what it was done on and when, and how long it took."""

    title: str
    outcomes: Sequence[Outcome]
    seconds: float
    about: str

    @property
    def is_right(self) -> bool:
        """Whether every outcome was right."""
        return all(outcome.is_right for outcome in self.outcomes)

    def keep(self, file: Path) -> None:
        """Write it down."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")

    @classmethod
    def kept(cls, file: Path) -> Drilled:
        """What was written down."""
        told = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**told, "outcomes": [Outcome(**outcome) for outcome in told["outcomes"]]})


def write_page(path: Path, drills: Iterable[Drilled]) -> None:
    """Write the page: a table a drill."""
    lines = [
        "# The last drill",
        "",
        "Made by `make drill`; not written by hand. What to do in each case:"
        " [runbook.md](runbook.md).",
    ]
    for drill in drills:
        right = sum(outcome.is_right for outcome in drill.outcomes)
        lines += [
            "",
            f"## {drill.title}",
            "",
            f"{right} of {len(drill.outcomes)} right, in {drill.seconds / 60:,.1f} minutes."
            f" {drill.about}",
            "",
            "| what was done | what came of it |",
            "|---|---|",
        ]
        for outcome in drill.outcomes:
            found = outcome.found if outcome.is_right else f"WRONG: {'; '.join(outcome.problems)}"
            lines.append(f"| {outcome.name} | {found.replace('|', '/')} |")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
