"""Print exact versions of an environment resolved from pyproject.toml: ``lock.py main dev``.

``main`` is the project's dependencies; any other name is a dependency group. The environment is
made in a temporary directory from the package index that pip is set up for; what is printed
names no index, host or path.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def lock(groups: list[str]) -> str:
    """The lines of a lock: one ``name==version`` for each package of a fresh environment."""
    pyproject = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    ranges = {"main": pyproject["project"]["dependencies"], **pyproject["dependency-groups"]}
    wanted = [requirement for group in groups for requirement in ranges[group]]
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        pip = [str(Path(directory) / "bin" / "python"), "-m", "pip"]
        subprocess.run([*pip, "install", "--quiet", *wanted], check=True, stdout=sys.stderr)
        frozen = subprocess.run(
            [*pip, "freeze", "--exclude", "setuptools"], check=True, capture_output=True, text=True
        ).stdout
    return f"# Made by `make lock` from pyproject.toml: {', '.join(groups)}\n{frozen}"


if __name__ == "__main__":
    sys.stdout.write(lock(sys.argv[1:]))
