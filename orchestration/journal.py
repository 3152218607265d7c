"""The journal of refreshes: one JSON object a line, beside the working file, only ever added to.

It can be written where no warehouse can: while another refresh holds it, or when its file is
broken.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

JOURNAL = "runs.jsonl"
KILLED = "killed"


class Journal:
    """One JSON object a line, only ever added to."""

    def __init__(self, warehouse: Path) -> None:
        self.file = warehouse / JOURNAL

    def write(self, event: Mapping[str, Any]) -> None:
        """Add an event; a journal that cannot be written is told of and stops nothing."""
        line = json.dumps(event, default=str).encode() + b"\n"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                # A line that a full disk or a kill cut short stays a line of its own.
                size = os.fstat(descriptor).st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    line = b"\n" + line
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            print(f"The journal {self.file} was not written: {error}", file=sys.stderr)

    def events(self) -> Iterator[dict[str, Any]]:
        """The events that can be read, oldest first."""
        try:
            text = self.file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        for line in text.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and isinstance(event.get("run_id"), str):
                yield event

    def ended(self) -> list[dict[str, Any]]:
        """The rows of the runs that ended, oldest first."""
        return list({e["run_id"]: e for e in self.events() if e.get("event") == "ended"}.values())

    def unended(self) -> list[dict[str, Any]]:
        """The rows of runs that held the warehouse and wrote no end."""
        open_runs: dict[str, dict[str, Any]] = {}
        for event in self.events():
            run_id, kind = event["run_id"], event.get("event")
            if kind == "began":
                open_runs[run_id] = {**event, "failed_step": "prepare"}
            elif kind == "step" and run_id in open_runs:
                open_runs[run_id]["failed_step"] = event.get("step")
            elif kind == "ended":
                open_runs.pop(run_id, None)
        for run in open_runs.values():
            del run["event"]
            run["status"] = KILLED
            run["message"] = (
                f"did not come to its end: killed, or the machine stopped, in {run['failed_step']}"
            )
        return list(open_runs.values())
