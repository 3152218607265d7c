"""The landing contract, as the source YAML files of the dbt project state it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

PROJECT_DIR = Path(__file__).resolve().parent.parent
STAGING_DIR = PROJECT_DIR / "models" / "staging"


@dataclass(frozen=True)
class Column:
    """One column of a landing table; ``references`` is ``<source>.<table>`` or None."""

    name: str
    data_type: str
    is_nullable: bool = False
    references: str | None = None


@dataclass(frozen=True)
class Table:
    """One landing table: the folder ``<source>/<name>`` of a landing directory."""

    source: str
    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def label(self) -> str:
        """The name people use: ``crm.accounts``."""
        return f"{self.source}.{self.name}"

    @property
    def schema(self) -> str:
        """The schema of the raw relation: ``raw_crm``."""
        return f"raw_{self.source}"

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names in the order of the contract."""
        return tuple(column.name for column in self.columns)


def read_contract(staging_dir: Path = STAGING_DIR) -> list[Table]:
    """Every table of every ``_<source>__sources.yml`` under ``staging_dir``.

    Raises FileNotFoundError where there is no such file: a project without its contract
    cannot check anything.
    """
    files = sorted(staging_dir.glob("*/_*__sources.yml"))
    if not files:
        raise FileNotFoundError(f"no _<source>__sources.yml under {staging_dir}")
    return [
        _table(source["name"], table)
        for file in files
        for source in yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]
        for table in source["tables"]
    ]


def _table(source: str, entry: dict[str, Any]) -> Table:
    columns = [_column(column) for column in entry["columns"]]
    key = _meta(entry).get("key", [])
    return Table(
        source=source,
        name=entry["name"],
        key=(key,) if isinstance(key, str) else tuple(key),
        columns=tuple(columns),
    )


def _column(entry: dict[str, Any]) -> Column:
    meta = _meta(entry)
    return Column(
        name=entry["name"],
        data_type=entry["data_type"].lower().replace(" ", ""),
        is_nullable=bool(meta.get("nullable", False)),
        references=meta.get("references"),
    )


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return entry.get("config", {}).get("meta", {})
