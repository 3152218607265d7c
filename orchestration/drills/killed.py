"""A refresh that kills itself at a call to the system: ``python -m orchestration.drills.killed``.

TENURE_DRILL_KILL says at which: ``event:file:when``, as in ``rename:published.duckdb:before``, the
file as a pattern of the end of its path. The event is one of Python's audit events of ``os``;
``after`` is before the next event of any kind.
"""

from __future__ import annotations

import os
import signal
import sys
from fnmatch import fnmatch
from typing import Any

from orchestration.refresh import refresh

AT = "TENURE_DRILL_KILL"


def watch(at: str) -> None:
    """Kill this process, -9, at the call."""
    event, file, when = at.split(":")
    waiting, is_next = True, False

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal waiting, is_next
        if not waiting:  # the kill is an event too
            return
        is_at = name == f"os.{event}" and any(
            fnmatch(os.fsdecode(argument), f"*/{file}") for argument in arguments[:2]
        )
        if is_next or (is_at and when == "before"):
            waiting = False
            os.kill(os.getpid(), signal.SIGKILL)
        is_next = is_at

    sys.addaudithook(hook)


if __name__ == "__main__":
    watch(os.environ[AT])
    sys.exit(refresh([]))
