"""The code location loads without network or environment, and its names are known."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from orchestration.contract import PROJECT_DIR, read_contract
from orchestration.project import prepare_manifest
from orchestration.translator import owner, place
from orchestration.translator import tested_node as node_of

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
    assert steps == ["checks", "dbt", "landing", "publish"]


def test_the_weekly_checks_build_nothing_and_one_such_run_is_let_through(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def("weekly_checks")
    refresh = definitions.resolve_job_def("refresh")
    assert [node.name for node in job.nodes] == ["checks"]
    assert not job.asset_layer.selected_asset_keys
    assert job.tags["tenure/warehouse"] == refresh.tags["tenure/warehouse"] == "writes"
    assert {schedule.name for schedule in definitions.schedules} == {"daily", "weekly"}


def test_every_data_test_is_an_asset_check_of_its_own() -> None:
    from orchestration.assets import dbt_models, read_manifest

    nodes = read_manifest()["nodes"].values()
    # A test of a macro reads no table: there is nothing that it could be a check of.
    tests = {
        node["unique_id"]
        for node in nodes
        if node["resource_type"] == "test" and node["depends_on"]["nodes"]
    }
    checked = {spec.metadata["dagster_dbt/unique_id"]: spec for spec in dbt_models.check_specs}
    assert set(checked) == tests
    names = {spec.name: spec for spec in checked.values()}
    assert names["unique_dim_customers_customer_id"].blocking


def test_checks_of_the_built_warehouse_stand_before_publishing(definitions: dg.Definitions) -> None:
    dependencies = definitions.resolve_job_def("refresh").graph.dependencies
    [publish] = [node for node in dependencies if node.name == "publish"]
    before = {
        dependency.node
        for definition in dependencies[publish].values()
        for dependency in definition.get_node_dependencies()
    }
    assert before == {"checks", "dbt"}


def test_a_test_of_several_tables_is_a_check_of_the_one_made_of_the_others() -> None:
    manifest = {
        "nodes": {"model.a": {}, "model.b": {}, "model.c": {}},
        "parent_map": {"model.b": ["model.a"], "model.a": ["source.s"], "model.c": []},
    }

    def tested(*nodes: str, attached: str | None = None) -> str:
        depends_on = {"nodes": list(nodes)}
        return node_of(manifest, {"attached_node": attached, "depends_on": depends_on})

    assert tested("model.a", "model.b") == tested("model.b", "source.s", "model.a") == "model.b"
    assert tested("model.c", "model.b") == "model.b"
    assert tested("model.a", "model.b", attached="model.a") == "model.a"


def test_every_asset_is_partitioned_by_day_has_an_owner_and_says_what_it_is(
    definitions: dg.Definitions,
) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert isinstance(spec.partitions_def, dg.DailyPartitionsDefinition), spec.key
        assert spec.owners, spec.key
        assert spec.description, spec.key
        assert spec.group_name, spec.key
        is_watched = spec.key.path[0] in ("marts", "published") or spec.key.path[0][:4] == "raw_"
        assert (spec.freshness_policy is not None) == is_watched, spec.key


def test_marts_and_landing_tables_show_their_columns(definitions: dg.Definitions) -> None:
    for spec in definitions.resolve_all_asset_specs():
        if spec.key.path[0] == "marts" or spec.key.path[0].startswith("raw_"):
            columns = spec.metadata["dagster/column_schema"].columns
            assert all(column.type != "?" and column.description for column in columns), spec.key


def test_a_room_is_refreshed_with_what_depends_on_it_and_published(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def("refresh_renewals")
    keys = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
    assert {"marts/fct_renewals", "marts/rpt_account_360", "published/marts"} <= keys
    assert not {"marts/fct_survey_responses", "raw_crm/accounts"} & keys


@pytest.mark.parametrize(
    ("room", "team"), [("cmrr", "finance"), ("health", "customer_success"), ("crm", "data")]
)
def test_rooms_have_owners(room: str, team: str) -> None:
    assert owner(room) == f"team:{team}"


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
