"""The module behind int_health_backtest_rankings, loaded from where dbt finds it."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from orchestration.contract import PROJECT_DIR

MODEL = PROJECT_DIR / "models" / "intermediate" / "health" / "int_health_backtest_rankings.py"


def load_rankings() -> ModuleType:
    """The module of the model."""
    spec = importlib.util.spec_from_file_location(MODEL.stem, MODEL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
