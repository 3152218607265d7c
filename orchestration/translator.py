"""Where a dbt resource stands in Dagster: asset key [layer, name], group = room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

from orchestration.contract import Table


def place(resource_type: str, fqn: Sequence[str]) -> tuple[dg.AssetKey, str]:
    """Asset key and group of a dbt resource by its type and fully qualified name.

    A model's name follows its folders: layer, then room. Seeds and snapshots are layers of their
    own; a source table belongs to the raw layer, its source being the room.
    """
    name = fqn[-1]
    folders = list(fqn[1:-1])
    if resource_type == "source":
        source = fqn[-2]
        return raw_key(source, name), source
    if resource_type != "model":
        folders = [f"{resource_type}s", *folders]
    layer = folders[0] if folders else "models"
    room = folders[1] if len(folders) > 1 else layer
    return dg.AssetKey([layer, name]), room


def raw_key(source: str, table: str) -> dg.AssetKey:
    """The asset key of a landing table's raw relation."""
    return dg.AssetKey([f"raw_{source}", table])


def raw_spec(table: Table) -> dg.AssetSpec:
    """The asset of a landing table's raw relation."""
    return dg.AssetSpec(raw_key(table.source, table.name), group_name=table.source)


class TenureTranslator(DagsterDbtTranslator):
    """Dagster's reading of the dbt manifest, with this project's keys and groups."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The default spec, moved to its place."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        key, group = place(properties["resource_type"], properties["fqn"])
        return spec.replace_attributes(key=key, group_name=group)
