"""Runs dbt with the arguments given and writes what each node cost the processor.

``node_seconds.json`` in the warehouse directory holds processor seconds by name. A node's are
those of the whole process while it ran: with one dbt thread nothing else runs beside it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner


def main() -> None:
    """Run dbt; the exit status is dbt's."""
    started: dict[str, float] = {}
    seconds: dict[str, float] = {}

    def note(event: Any) -> None:
        if event.info.name in ("NodeStart", "NodeFinished"):
            node = event.data.node_info.unique_id
            if event.info.name == "NodeStart":
                started[node] = time.process_time()
            else:
                seconds[node.split(".")[-1]] = time.process_time() - started[node]

    done = dbtRunner(callbacks=[note]).invoke(sys.argv[1:])
    file = Path(os.environ["TENURE_WAREHOUSE"]) / "node_seconds.json"
    file.write_text(json.dumps(seconds), encoding="utf-8")
    sys.exit(0 if done.success else 1)


if __name__ == "__main__":
    main()
