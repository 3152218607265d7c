"""Make docs/metrics.md, the catalogue of KPIs, from the metrics' YAML and a published file.

``metrics_page.py PUBLISHED [--check]``: PUBLISHED is the file that `make run` publishes; from it
come the worked numbers. With ``--check`` nothing is written, and a page that is stale ends in 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

PROJECT_DIR = Path(__file__).resolve().parent.parent
PAGE = PROJECT_DIR / "docs" / "metrics.md"
MANIFEST = PROJECT_DIR / "target" / "manifest.json"
GRAINS = ("day", "month", "quarter", "year")
AREAS = (
    "cmrr",
    "retention",
    "renewal",
    "finance",
    "acquisition",
    "expansion",
    "onboarding",
    "adoption",
    "delivery",
    "voice_of_customer",
    "health",
    "advocacy",
    "engagement",
    "team",
)
HEAD = """# Metrics

Every KPI, with each of its readings: what it means, how it is made, where it is read from. Made by
`make metrics-page` from the YAML under `models/metrics`; do not edit it here. The same metrics are
served by the semantic layer (`make metric NAME=cmrr`) and, long and tidy, by the table `rpt_kpis`.
Worked numbers are those of the sample company that `make run` makes: its newest quarter that is
over, or the newest period that has a value.

Slices are taken as they were when the period began; coverage model is the segment, size is
`employee_band`, channel is `sales_channel`. Quarters and years are fiscal.
"""


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("published", type=Path)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args()
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    text = page(manifest, options.published)
    if not options.check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/metrics.md is stale: run make metrics-page", file=sys.stderr)
    return 1


def page(manifest: dict[str, Any], published: Path) -> str:
    """The whole page."""
    models = {model["name"]: model for model in manifest["semantic_models"].values()}
    of_measure = {
        measure["name"]: model for model in models.values() for measure in model["measures"]
    }
    worked = worked_numbers(published)
    kpis: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for metric in manifest["metrics"].values():
        meta = metric["config"]["meta"]
        if "kpi" in meta:
            kpis[meta["area"]][meta["kpi"]].append(metric)
    lines = [HEAD]
    for area in AREAS:
        lines.append(f"\n## {'CMRR' if area == 'cmrr' else area.replace('_', ' ').capitalize()}\n")
        for kpi, metrics in sorted(kpis[area].items()):
            lines.append(f"\n### {kpi}\n")
            for metric in sorted(metrics, key=lambda one: (one["name"] != kpi, one["name"])):
                model = of_measure[metric["type_params"]["input_measures"][0]["name"]]
                lines.append(entry(metric, model, worked))
    return "\n".join(lines).rstrip() + "\n"


def entry(metric: dict[str, Any], model: dict[str, Any], worked: dict[str, str]) -> str:
    """One metric of the page."""
    meta = metric["config"]["meta"]
    better = {"up": "more is better", "down": "less is better", "none": "neither way is better"}
    grains = meta.get("grains", GRAINS[1:])
    slices = meta.get("slices", model["config"]["meta"].get("slices") or own_slices(model))
    table = model["node_relation"]["alias"]
    rows = [
        f"**{metric['label']}** (`{metric['name']}`). {flat(metric['description'])}\n",
        f"- Formula: {flat(meta['formula'])}",
        f"- Unit: {meta['unit']}; {better[meta['direction']]}. Owner: {meta['owner']}.",
        f"- From `{table}`, by {', '.join(grains)}; slices: {', '.join(slices) or 'none'}.",
        f"- Sample size: {meta['sample_size'].replace('_', ' ')}.",
    ]
    if meta.get("caveats"):
        rows.append(f"- Mind: {flat(meta['caveats'])}")
    rows.append(f"- Worked: {worked.get(metric['name'], 'no value in the sample company.')}")
    return "\n".join(rows) + "\n"


def own_slices(model: dict[str, Any]) -> list[str]:
    """What a table that is sliced already says of its slices."""
    return ["as the table has them"] if model["config"]["meta"]["period"] == "sliced" else []


def worked_numbers(published: Path) -> dict[str, str]:
    """A sentence with figures for every metric: its total or, without one, its largest slice."""
    with duckdb.connect(published, read_only=True) as connection:
        rows = connection.execute(
            "select metric, period_grain, period_start, current_numerator, current_denominator,"
            " current_value, sample_size, dimension_name, dimension_value from marts.rpt_kpis"
            " where current_value is not null"
            " qualify row_number() over (partition by metric order by"
            " (dimension_name = 'total') desc, is_complete desc, (period_grain = 'quarter') desc,"
            " period_start desc, period_grain, sample_size desc, dimension_name, dimension_value"
            ") = 1"
        ).fetchall()
    worked = {}
    for metric, grain, start, numerator, denominator, value, size, name, of in rows:
        sum_of = f"{number(numerator)} / {number(denominator)} = " if denominator else ""
        size_of = "" if size is None else f" (sample size {size:,})"
        of_slice = "" if name == "total" else f", {name.replace('_', ' ')} {of}"
        worked[metric] = f"{grain} of {start}{of_slice}: {sum_of}{number(value)}{size_of}."
    return worked


def number(value: Decimal) -> str:
    """A figure without needless zeros."""
    text = f"{value:,.6f}".rstrip("0")
    return text.rstrip(".")


def flat(text: str) -> str:
    """A text in one line, ending in a full stop."""
    return " ".join(text.split()).rstrip(".") + "."


if __name__ == "__main__":
    sys.exit(main())
