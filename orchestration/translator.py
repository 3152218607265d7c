"""Where a dbt resource stands in Dagster: key [layer, name], group = room, owner, freshness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

UNIQUE_ID = "dagster_dbt/unique_id"
TEAMS = {
    "finance": {"accounts", "closes", "cmrr", "core", "ledger", "renewals", "retention"},
    "customer_success": {
        "adoption",
        "delivery",
        "engagement",
        "health",
        "onboarding",
        "team",
        "voice_of_customer",
    },
    "growth": {"acquisition", "expansion"},
}
KEEPERS = "data"  # of what no other team owns: sources, staging, seeds, what is published
# A day may be late by so much: a refresh that failed is seen, a slow one is not.
A_DAY_LATE = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=26), fail_window=timedelta(hours=50)
)


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


def owner(room: str) -> str:
    """The team that answers for what a room says."""
    return f"team:{next((team for team, rooms in TEAMS.items() if room in rooms), KEEPERS)}"


def is_watched(key: dg.AssetKey) -> bool:
    """Whether Dagster tells when an asset is late: what comes in, and what goes out."""
    layer = key.path[0]
    return layer in ("marts", "published") or layer.startswith("raw_")


def tested_node(manifest: Mapping[str, Any], test: Mapping[str, Any]) -> str:
    """The node that a test is a check of: the one it is attached to, else the last that it reads.

    That is the one that depends on the others; of several such, the first by name.
    """
    if attached := test.get("attached_node"):
        return attached
    read = [node for node in test["depends_on"]["nodes"] if node in manifest["nodes"]]
    behind = {node: _ancestors(manifest, node) for node in read}
    return min(
        node for node in read if not any(node in behind[other] for other in read if other != node)
    )


def raw_key(source: str, table: str) -> dg.AssetKey:
    """The asset key of a landing table's raw relation."""
    return dg.AssetKey([f"raw_{source}", table])


class TenureTranslator(DagsterDbtTranslator):
    """Dagster's reading of the dbt manifest, with this project's keys, groups and owners."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The default spec, moved to its place."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        key, group = place(properties["resource_type"], properties["fqn"])
        return spec.replace_attributes(
            key=key,
            group_name=group,
            description=properties["description"],
            owners=[owner(group)],
            freshness_policy=A_DAY_LATE if is_watched(key) else None,
        )

    def raw_specs(
        self, manifest: Mapping[str, Any], project: DbtProject | None
    ) -> list[dg.AssetSpec]:
        """The landing tables, as the sources of the project describe them."""
        sources = [self.get_asset_spec(manifest, name, project) for name in manifest["sources"]]
        return [
            dg.AssetSpec(
                source.key,
                group_name=source.group_name,
                description=source.description,
                owners=source.owners,
                kinds={"file"},
                freshness_policy=source.freshness_policy,
                metadata={
                    name: value
                    for name, value in source.metadata.items()
                    if name.startswith("dagster/")
                },
            )
            for source in sources
        ]

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """A data test as a check of the node that it tests; of no other that it reads."""
        test = self.get_resource_props(manifest, unique_id)
        if tested_node(manifest, test) != asset_spec.metadata[UNIQUE_ID]:
            return None
        others = {
            self.get_asset_spec(manifest, node, project).key for node in test["depends_on"]["nodes"]
        }
        return dg.AssetCheckSpec(
            test["name"],
            asset=asset_spec.key,
            additional_deps=sorted(others - {asset_spec.key}),
            description=test.get("description") or None,
            blocking=test["config"]["severity"].lower() == "error",
            metadata={UNIQUE_ID: unique_id},
        )


def _ancestors(manifest: Mapping[str, Any], node: str) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), []):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found
