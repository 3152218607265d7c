"""One metric of the semantic layer, by MetricFlow: ``NAME [--grain quarter] [--by segment]``.

Asks the working file of TENURE_WAREHOUSE or, where that is not set, the newest of ``warehouse`` and
``sample_data/warehouse``. The command that it runs is printed: MetricFlow's own words take it from
there.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from orchestration.checks import metrics_of
from orchestration.project import PROJECT_DIR, prepare_manifest, read_manifest
from orchestration.working_file import read_day

MF = Path(sys.executable).with_name("mf")


def main() -> int:
    """Run the query; the exit code is MetricFlow's, or 2 where there is nothing to ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a metric of docs/metrics.md")
    parser.add_argument("--grain", default="month", choices=["month", "quarter", "year"])
    parser.add_argument("--by", help="a slice, such as segment")
    options = parser.parse_args()
    prepare_manifest()
    manifest = read_manifest()
    metrics = metrics_of(manifest)
    if options.name not in metrics:
        near = get_close_matches(options.name, metrics, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else " docs/metrics.md lists them."
        return _refused(f"There is no metric {options.name}.{hint}")
    warehouse = _warehouse()
    if warehouse is None:
        return _refused("There is no warehouse yet: run make run, or set TENURE_WAREHOUSE.")
    command = [str(MF), "query", "--metrics", options.name]
    command += _grouped(manifest, options.name, options.grain, options.by)
    print(shlex.join(["mf", *command[1:]]), flush=True)
    day = read_day(warehouse / "warehouse.duckdb").isoformat()
    environment = {**os.environ, "TENURE_WAREHOUSE": str(warehouse), "TENURE_AS_OF": day}
    return subprocess.run(command, cwd=PROJECT_DIR, env=environment, check=False).returncode


def _warehouse() -> Path | None:
    given = os.environ.get("TENURE_WAREHOUSE")
    places = [given] if given else ["warehouse", "sample_data/warehouse"]
    files = [PROJECT_DIR / place / "warehouse.duckdb" for place in places]
    built = [file for file in files if file.exists()]
    return max(built, key=lambda file: file.stat().st_mtime).parent if built else None


def _grouped(manifest: dict[str, Any], name: str, grain: str, by: str | None) -> list[str]:
    """The options that group a metric by time, and by a slice."""
    metric = next(one for one in manifest["metrics"].values() if one["name"] == name)
    measure = metric["type_params"]["input_measures"][0]["name"]
    model = next(
        model
        for model in manifest["semantic_models"].values()
        if measure in {one["name"] for one in model["measures"]}
    )
    own = model["primary_entity"] or next(
        entity["name"] for entity in model["entities"] if entity["type"] == "primary"
    )
    period = model["config"]["meta"]["period"]
    where = []
    if period in ("period", "sliced"):
        groups = ["metric_time__day"]
        where.append(f"{{{{ Dimension('{own}__period_grain') }}}} = '{grain}'")
    else:
        groups = [f"metric_time__{grain}"]
    if period == "sliced":
        total = by or "total"
        where.append(
            f"{{{{ Dimension('{own}__dimension_name') }}}} in ('{total}'"
            + ("" if by else ", 'all'")
            + ")"
        )
        groups.append(f"{own}__dimension_value")
    elif by:
        dimensions = {dimension["name"] for dimension in model["dimensions"]}
        groups.append(f"{own if by in dimensions else 'customer_period'}__{by}")
    options = ["--group-by", ",".join(groups), "--order", groups[0]]
    return options + (["--where", " and ".join(where)] if where else [])


def _refused(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
