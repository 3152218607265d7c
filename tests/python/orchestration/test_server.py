"""The Dagster server: it starts, lists what there is, and runs a range of days in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.serve import dagster_home
from refreshing import refresh_environment

DAYS = ("2025-02-15", "2025-02-16")
ASSETS = """
    { assetNodes { assetKey { path } groupName owners { ... on TeamAssetOwner { team } } } }
"""
SCHEDULES = """
    query Schedules($repository: RepositorySelector!) {
        repositoryOrError(repositorySelector: $repository) {
            ... on Repository { schedules { name pipelineName scheduleState { status } } }
        }
    }
"""
LAUNCH = """
    mutation Launch($params: ExecutionParams!) {
        launchRun(executionParams: $params) {
            __typename
            ... on LaunchRunSuccess { run { runId } }
            ... on PythonError { message }
        }
    }
"""
SHOWN = """
    query Shown($key: AssetKeyInput!) {
        assetOrError(assetKey: $key) { ... on Asset { assetMaterializations(limit: 1) {
            metadataEntries {
                label
                ... on IntMetadataEntry { intValue }
                ... on TableColumnLineageMetadataEntry { lineage {
                    columnName columnDeps { assetKey { path } columnName }
                } }
                ... on TableSchemaMetadataEntry { schema { columns { name type description } } }
            }
        } } }
    }
"""
RUN = """
    query Run($id: ID!) {
        runOrError(runId: $id) { ... on Run { status stats { ... on RunStatsSnapshot {
            stepsSucceeded materializations
        } } } }
    }
"""
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


@dataclass(frozen=True)
class Server:
    """A running server and the warehouse that it refreshes."""

    port: int
    warehouse: Path
    log: Path

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=240) as answer:
            said = json.load(answer)
        assert "errors" not in said, said["errors"]
        return said["data"]


@pytest.fixture
def server(one_customer: Path, project_copy: Path, tmp_path: Path) -> Iterator[Server]:
    """The server of a copy of the project, as `make serve` starts it, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    warehouse, log = tmp_path / "warehouse", tmp_path / "log"
    environment = {**refresh_environment(one_customer, warehouse), "DAGSTER_HOME": ""}
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.serve", "--port", str(port)],
            cwd=project_copy,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = Server(port, warehouse, log)
    try:
        assert answers(started, process), log.read_text()
        yield started
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def shown(server: Server, *key: str) -> dict[str, Any]:
    """What the newest materialization of an asset shows, by label."""
    asset = server.ask(SHOWN, key={"path": list(key)})["assetOrError"]
    [newest] = asset["assetMaterializations"]
    return {entry["label"]: entry for entry in newest["metadataEntries"]}


def answers(server: Server, process: subprocess.Popen, patience: float = 240) -> bool:
    """Whether the server answers within so many seconds, its code location loaded."""
    give_up = time.monotonic() + patience
    while time.monotonic() < give_up and process.poll() is None:
        try:
            if server.ask("{ assetNodes { id } }")["assetNodes"]:
                return True
        except OSError:
            pass
        time.sleep(1)
    return False


def test_the_server_lists_the_assets_and_refreshes_a_range_of_days_in_order(
    server: Server,
) -> None:
    listed = {"/".join(node["assetKey"]["path"]): node for node in server.ask(ASSETS)["assetNodes"]}
    bridge = listed["marts/fct_cmrr_bridge"]
    assert bridge["groupName"] == "cmrr"
    assert bridge["owners"] == [{"team": "finance"}]
    assert {"raw_crm/accounts", "published/marts"} <= set(listed)

    repository = {
        "repositoryLocationName": "orchestration.definitions",
        "repositoryName": "__repository__",
    }
    schedules = server.ask(SCHEDULES, repository=repository)["repositoryOrError"]["schedules"]
    assert {each["name"]: each["pipelineName"] for each in schedules} == {
        "daily": "refresh",
        "weekly": "weekly_checks",
    }
    assert {each["scheduleState"]["status"] for each in schedules} == {"RUNNING"}

    tags = [
        {"key": f"dagster/asset_partition_range_{end}", "value": day}
        for end, day in zip(("start", "end"), DAYS, strict=True)
    ]
    launched = server.ask(
        LAUNCH,
        params={
            "selector": {**repository, "jobName": "refresh"},
            "executionMetadata": {"tags": tags},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    give_up = time.monotonic() + 600
    while (run := server.ask(RUN, id=run_id)["runOrError"])["status"] not in ENDED:
        assert time.monotonic() < give_up, run
        time.sleep(2)
    assert run["status"] == "SUCCESS", server.log.read_text()[-5000:]
    assert run["stats"]["stepsSucceeded"] == 4

    lineage = shown(server, "marts", "fct_cmrr_bridge")["dagster/column_lineage"]["lineage"]
    sources = {column["columnName"]: column["columnDeps"] for column in lineage}
    months = {"assetKey": {"path": ["intermediate", "int_months"]}, "columnName": "month"}
    assert sources["month"] == [months]
    seed = shown(server, "seeds", "customer_segments")["dagster/column_schema"]["schema"]
    assert all(column["type"] != "?" and column["description"] for column in seed["columns"])
    for key in (
        ["raw_crm", "accounts"],
        ["snapshots", "accounts_snapshot"],
        ["published", "marts"],
    ):
        facts = shown(server, *key)
        assert facts["dagster/row_count"]["intValue"] > 0
        assert "seconds" in facts
    assert shown(server, "published", "marts")["landed_rows"]["intValue"] > 0

    with duckdb.connect(server.warehouse / "published.duckdb", read_only=True) as connection:
        built = connection.execute(
            "select as_of_date::varchar, is_first_build from marts.fct_refresh_days order by 1"
        ).fetchall()
        recorded = connection.execute("select status from ops.refresh_runs").fetchall()
    assert built == [(DAYS[0], True), (DAYS[1], False)]
    assert recorded == [("published",)]


def test_what_dagster_keeps_stays_in_the_project_and_is_configured_once(tmp_path: Path) -> None:
    home = dagster_home(str(tmp_path / "home"))
    kept = yaml.safe_load((home / "dagster.yaml").read_text())
    assert kept["concurrency"]["runs"]["max_concurrent_runs"] == 1
    # A run that never says that it has ended lets go of the queue before the next day's.
    assert kept["run_monitoring"]["enabled"]
    assert 0 < kept["run_monitoring"]["max_runtime_seconds"] < 24 * 3600
    (home / "dagster.yaml").write_text("# my own\n")
    assert dagster_home(str(home)) == home
    assert (home / "dagster.yaml").read_text() == "# my own\n"
