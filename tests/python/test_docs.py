"""What the documentation lists is what there is."""

from __future__ import annotations

import json
import re

from orchestration.contract import PROJECT_DIR
from orchestration.project import dbt_project, prepare_manifest


def test_the_list_of_tables_names_every_published_table_and_no_other() -> None:
    prepare_manifest()
    manifest = json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))
    published = {
        node["alias"] if node["schema"] == "marts" else f"{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "snapshot")
        and node["schema"] in ("marts", "snapshots")
    }
    text = (PROJECT_DIR / "docs" / "tables.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z0-9_.]+)` \|", text, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == published
