"""The main job from nothing: make the sample company, refresh day after day, say what came out.

``python -m orchestration.replay``, behind `make run`. Each day is the very refresh that
`make refresh` runs; nothing here knows more than the environment tells it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from orchestration.contract import PROJECT_DIR, read_contract
from orchestration.landing import LandingError, check_landing, resolve_as_of
from orchestration.refresh import BAD_INPUT, PUBLISHED
from orchestration.report import write_report
from orchestration.settings import project_variable, read_settings

MONTH_ENDS = 3
SIMULATOR = PROJECT_DIR / "sample_company"


def main(arguments: list[str] | None = None) -> int:
    """Make the landing data where it is not there yet, replay, report; the exit code of it all."""
    options = _parse(arguments)
    out = (PROJECT_DIR / options.out).resolve()
    parameters = {name: getattr(options, name) for name in ("customers", "years", "seed")}
    given = {name: value for name, value in parameters.items() if value is not None}
    if not make_sample_company(out, given):
        return 1
    os.environ["TENURE_RAW_PATH"] = str(out / "landing")
    os.environ["TENURE_WAREHOUSE"] = str(out / "warehouse")
    # The backups of a warehouse of your own are no place for those of the sample.
    os.environ.pop("TENURE_BACKUPS", None)
    try:
        landing = check_landing(out / "landing", read_contract())
        last_day = resolve_as_of(landing, None, project_variable("time_zone"))
    except LandingError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    for day in replayed_days(last_day):
        print(f"\nRefresh as of {day}", flush=True)
        environment = {**os.environ, "TENURE_AS_OF": day.isoformat()}
        refreshed = subprocess.run(
            [sys.executable, "-m", "orchestration.refresh"],
            cwd=PROJECT_DIR,
            env=environment,
            check=False,
        )
        if refreshed.returncode != PUBLISHED:
            return refreshed.returncode
    settings = read_settings()
    print()
    write_report(settings.published_file, last_day, project_variable("reporting_currency"))
    return PUBLISHED


def replayed_days(last_day: date, month_ends: int = MONTH_ENDS) -> list[date]:
    """The month ends before ``last_day``, oldest first, and that day itself."""
    days = [last_day]
    for _ in range(month_ends):
        days.append(days[-1].replace(day=1) - timedelta(days=1))
    return days[::-1]


def make_sample_company(out: Path, parameters: dict[str, int]) -> bool:
    """Write the sample company to ``out``, unless it is there, made by the same code alike."""
    fingerprint = json.dumps({"parameters": parameters, "code": _code_hash()}, sort_keys=True)
    note = out / "made_from.json"
    if note.exists() and note.read_text(encoding="utf-8") == fingerprint:
        print(f"The sample company is in {out} already")
        return True
    note.unlink(missing_ok=True)
    for made_before in ("landing", "answer_key", "warehouse"):
        shutil.rmtree(out / made_before, ignore_errors=True)
    print(f"Making the sample company in {out}", flush=True)
    options = [text for name, value in parameters.items() for text in (f"--{name}", str(value))]
    made = subprocess.run(
        [sys.executable, "-m", "sample_company", "--out", str(out), *options],
        cwd=PROJECT_DIR,
        check=False,
    )
    if made.returncode == 0:
        note.write_text(fingerprint, encoding="utf-8")
    return made.returncode == 0


def _code_hash() -> str:
    sources = sorted(SIMULATOR.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="sample_data", help="directory (sample_data)")
    parser.add_argument("--customers", type=int, help="size of the company")
    parser.add_argument("--years", type=int, help="length of its history")
    parser.add_argument("--seed", type=int, help="another seed, another company")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
