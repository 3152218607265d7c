"""What Dagster's catalogue shows of the columns of a table: what they are made of, and their types.

Dagster takes the lineage from the newest materialization alone, so that every refresh tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from orchestration.column_lineage import Columns, Lineage, Query, Table, column_lineage
from orchestration.project import manifest_file

COLUMN_LINEAGE, COLUMN_SCHEMA = "dagster/column_lineage", "dagster/column_schema"
KEPT = "column_lineage.json"


def shown_columns(
    queries: Mapping[dg.AssetKey, tuple[dg.AssetSpec, str]],
    columns: Columns,
    tell: Callable[[str], None],
) -> dict[dg.AssetKey, dict[str, Any]]:
    """Metadata of each table that dbt built, by its SQL (empty for seeds and Python) and by the
    columns of all tables; one whose SQL cannot be traced is told of."""
    traced, untraced = column_lineage(
        {
            _table(key): Query(sql, [_table(dep.asset_key) for dep in spec.deps])
            for key, (spec, sql) in queries.items()
            if sql
        },
        columns,
        manifest_file().with_name(KEPT),
    )
    for line in untraced:
        tell(f"No column lineage of {line}")
    shown: dict[dg.AssetKey, dict[str, Any]] = {}
    for key, (spec, _) in queries.items():
        shown[key] = {}
        if (lineage := traced.get(_table(key))) is not None:
            shown[key][COLUMN_LINEAGE] = _lineage(lineage)
        if schema := _schema(spec, columns.get(_table(key), {})):
            shown[key][COLUMN_SCHEMA] = schema
    return shown


def _lineage(lineage: Lineage) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        deps_by_column={
            column: [
                dg.TableColumnDep(asset_key=dg.AssetKey([schema, name]), column_name=source)
                for schema, name, source in sources
            ]
            for column, sources in lineage.items()
        }
    )


def _schema(spec: dg.AssetSpec, types: Mapping[str, str]) -> dg.TableSchema | None:
    """The columns as they were built; None where the YAML has the type of every one."""
    told = spec.metadata.get(COLUMN_SCHEMA, dg.TableSchema([])).columns
    if set(types) <= {column.name for column in told if column.type != "?"}:
        return None
    described = {column.name: column.description for column in told}
    return dg.TableSchema(
        [
            dg.TableColumn(name, data_type, description=described.get(name))
            for name, data_type in types.items()
        ]
    )


def _table(key: dg.AssetKey) -> Table:
    """The schema and name of the table that a key stands for."""
    schema, name = key.path
    return schema, name
