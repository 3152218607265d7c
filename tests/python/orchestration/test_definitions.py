"""The code location loads without network or environment, and its names are known."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from orchestration.contract import PROJECT_DIR, read_contract
from orchestration.project import prepare_manifest
from orchestration.translator import place

SNAPSHOT = Path(__file__).with_name("asset_groups.json")


@pytest.fixture(scope="module")
def definitions(monkeypatch_module: pytest.MonkeyPatch) -> dg.Definitions:
    """The definitions, loaded with nothing of this project in the environment."""
    prepare_manifest()
    for name in ("TENURE_RAW_PATH", "TENURE_WAREHOUSE", "TENURE_AS_OF"):
        monkeypatch_module.delenv(name, raising=False)
    from orchestration.definitions import defs

    return defs


@pytest.fixture(scope="module")
def monkeypatch_module() -> pytest.MonkeyPatch:
    """A monkeypatch that lasts for the module."""
    with pytest.MonkeyPatch.context() as context:
        yield context


def groups_of(definitions: dg.Definitions) -> dict[str, str]:
    """Group by asset key."""
    specs = definitions.resolve_all_asset_specs()
    return {spec.key.to_user_string(): spec.group_name for spec in specs}


def test_asset_keys_and_groups_are_the_known_ones(definitions: dg.Definitions) -> None:
    """A renamed model shows here. Run this file as a script to renew the snapshot."""
    assert groups_of(definitions) == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_landing_table_is_an_asset_before_dbt(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    for table in read_contract():
        key = dg.AssetKey([f"raw_{table.source}", table.name])
        assert specs[key].group_name == table.source


def test_publishing_waits_for_every_mart_and_snapshot(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    published = specs[dg.AssetKey(["published", "marts"])]
    tables = {key for key in specs if key.path[0] in ("marts", "snapshots")}
    assert {dep.asset_key for dep in published.deps} == tables
    assert dg.AssetKey(["marts", "fct_cmrr_bridge"]) in tables
    assert dg.AssetKey(["snapshots", "accounts_snapshot"]) in tables


def test_one_dbt_op_in_one_process(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("refresh")
    assert job.executor_def.name == "in_process"
    steps = sorted(node.name for node in job.nodes)
    assert steps == ["checks", "dbt", "landing", "published__marts"]


def test_data_tests_are_asset_checks() -> None:
    from orchestration.assets import dbt_models

    assert "unique_dim_customers_customer_id" in {key.name for key in dbt_models.check_keys}


@pytest.mark.parametrize(
    ("resource_type", "fqn", "key", "group"),
    [
        ("source", ["tenure", "staging", "crm", "crm", "users"], ["raw_crm", "users"], "crm"),
        ("model", ["tenure", "marts", "cmrr", "fct_x"], ["marts", "fct_x"], "cmrr"),
        ("model", ["tenure", "staging", "crm", "base", "b"], ["staging", "b"], "crm"),
        ("seed", ["tenure", "regions"], ["seeds", "regions"], "seeds"),
        ("seed", ["tenure", "crm", "regions"], ["seeds", "regions"], "crm"),
        ("snapshot", ["tenure", "s", "s"], ["snapshots", "s"], "s"),
    ],
)
def test_place(resource_type: str, fqn: list[str], key: list[str], group: str) -> None:
    assert place(resource_type, fqn) == (dg.AssetKey(key), group)


def test_definitions_are_assembly_only() -> None:
    text = (PROJECT_DIR / "orchestration" / "definitions.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    assert not {"environ", "try:", "getenv"} & set(text.split())


if __name__ == "__main__":
    prepare_manifest()
    from orchestration.definitions import defs

    SNAPSHOT.write_text(json.dumps(groups_of(defs), indent=2, sort_keys=True) + "\n")
