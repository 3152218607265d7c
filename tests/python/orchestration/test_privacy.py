"""Personal data: none of it is published when it is masked, and who asks for deletion is gone."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import steps
from orchestration.contract import read_contract
from orchestration.privacy import (
    DELETED,
    MASKED,
    Person,
    forget_in_file,
    landed_columns,
    masks,
    personal_columns,
)
from orchestration.project import dbt_project, prepare_manifest
from orchestration.publish import SCHEMA, mart_tables, publish
from orchestration.runs import recorded
from orchestration.sealed import sealed_files
from orchestration.settings import project_variable, read_settings
from orchestration.state import state_tables
from orchestration.working_file import write_day

# Texts of landing data that are of no person: names of companies, products, campaigns, places and
# features, and values of picklists. A column of a name that is not here must be marked personal.
IMPERSONAL = frozenset(
    {"account_class", "account_name", "account_number", "activity_type", "billing_frequency"}
    | {"bundle_sku", "campaign_name", "change_reason_code", "charge_type", "contact_role"}
    | {"country", "currency", "entry_source", "event_name", "event_type", "experiment_name"}
    | {"feature_name", "first_decision", "industry", "intention", "lead_source", "line_type"}
    | {"measure_name", "milestone_type", "non_renewal_reason_code", "opportunity_type"}
    | {"order_type", "platform", "post_type", "priority", "product_line", "product_name"}
    | {"quota_type", "raised_by", "reason_code", "resolution", "risk_level", "sales_channel"}
    | {"sku", "sla_name", "stage", "status", "survey_kind", "survey_type", "ticket_type"}
    | {"touchpoint", "trial_type", "unit", "unit_of_measure", "user_role", "variant"}
)


def column(
    table: str, name: str, kind: str | None, events: Collection[str] = (), schema: str = SCHEMA
) -> dict[str, Any]:
    """A manifest's node of one model and one marked column."""
    meta = {} if kind is None else {"personal": kind, "personal_events": list(events)}
    return {
        "resource_type": "model",
        "schema": schema,
        "alias": table,
        "tags": [],
        "identifier": table,
        "columns": {name: {"name": name, "config": {"meta": meta}}},
    }


def manifest_of(*nodes: dict[str, Any], sources: Collection[dict[str, Any]] = ()) -> dict:
    """A manifest of models and sources."""
    return {
        "nodes": {f"model.{number}": node for number, node in enumerate(nodes)},
        "sources": {f"source.{number}": node for number, node in enumerate(sources)},
    }


def made(path: Path, *statements: str) -> Path:
    """A DuckDB file."""
    with duckdb.connect(path) as connection:
        connection.execute("create schema marts")
        for statement in statements:
            connection.execute(statement)
    return path


def shown(path: Path, query: str) -> list[tuple]:
    """The answer to a query on a file."""
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The project's manifest."""
    prepare_manifest()
    return json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))


# What is personal -------------------------------------------------------------------------------


def test_nothing_is_masked_unless_the_project_says_so() -> None:
    assert project_variable("mask_personal_data") is False


def test_every_text_of_landing_data_is_known_to_be_personal_or_not(
    manifest: dict[str, Any],
) -> None:
    personal = {(marked.table, marked.column) for marked in landed_columns(manifest)}
    texts = {
        (table.name, column.name)
        for table in read_contract()
        for column in table.columns
        if column.data_type == "varchar" and not column.name.endswith("_id")
    }
    assert {name for table, name in texts - personal} == IMPERSONAL
    assert personal <= texts
    assert not {name for _, name in personal} & IMPERSONAL


def test_what_only_grows_holds_nothing_personal(manifest: dict[str, Any]) -> None:
    # It is restored from the published file, which may be masked, and is never rewritten.
    kept = {(table.schema, table.name) for table in state_tables(manifest)}
    assert len(kept) >= 9
    assert not {(marked.schema, marked.table) for marked in personal_columns(manifest)} & kept


def test_a_mark_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"fct_a\.text: personal is one of .*'comment'"):
        masks(manifest_of(column("fct_a", "text", "remark")))


# Masks ------------------------------------------------------------------------------------------


def masked(tmp_path: Path, manifest: dict[str, Any], *statements: str) -> Path:
    """The published file of a working file that the statements make, masked."""
    working = made(tmp_path / "working.duckdb", *statements)
    publish(working, tmp_path / "published.duckdb", mart_tables(manifest), (), masks(manifest))
    return tmp_path / "published.duckdb"


@pytest.mark.parametrize("kind", ["name", "email", "title", "comment"])
def test_a_text_reads_the_same_whatever_it_was_and_null_stays_null(
    tmp_path: Path, kind: str
) -> None:
    published = masked(
        tmp_path,
        manifest_of(column("fct_a", 'odd"text', kind)),
        'create table marts.fct_a ("odd""text" varchar, id integer)',
        "insert into marts.fct_a values ('Al', 3), ('A long one', 2), (null, 1), ('', 4)",
        'comment on column marts.fct_a."odd""text" is \'What it is\'',
    )
    assert shown(published, "from marts.fct_a order by id") == [
        (None, 1),
        (MASKED, 2),
        (MASKED, 3),
        (MASKED, 4),
    ]
    assert ("VARCHAR", "What it is") in shown(
        published, "select data_type, comment from duckdb_columns()"
    )


def test_the_order_of_rows_does_not_tell_what_was_masked(tmp_path: Path) -> None:
    published = masked(
        tmp_path,
        manifest_of(column("dim_a", "full_name", "name")),
        "create table marts.dim_a as"
        " from (values ('Zoe', 1), ('Ann', 2), ('Bob', 3)) as t(full_name, id)",
    )
    assert shown(published, "from marts.dim_a") == [(MASKED, 1), (MASKED, 2), (MASKED, 3)]


def test_the_working_file_keeps_the_truth(tmp_path: Path) -> None:
    masked(
        tmp_path,
        manifest_of(column("dim_a", "full_name", "name")),
        "create table marts.dim_a as select 'Ann' as full_name",
    )
    assert shown(tmp_path / "working.duckdb", "from marts.dim_a") == [("Ann",)]


def test_an_event_is_masked_where_it_names_somebody(tmp_path: Path) -> None:
    published = masked(
        tmp_path,
        manifest_of(column("rpt_a", "event_title", "event", ["csm_left"])),
        "create table marts.rpt_a as from (values ('csm_left', 'Ann left'),"
        " ('signed', 'Contract signed')) as t(event_type, event_title)",
    )
    assert shown(published, "from marts.rpt_a") == [
        ("csm_left", MASKED),
        ("signed", "Contract signed"),
    ]


def test_a_landed_row_keeps_all_but_its_personal_texts(tmp_path: Path) -> None:
    row = {
        "contact_id": "P1",
        "full_name": 'Ann "The \\ Fox", Lee',
        "email": None,
        "account_name": '"full_name":"kept"',
        "title": "",
    }
    text = json.dumps(row, separators=(",", ":"))
    published = masked(
        tmp_path,
        manifest_of(
            column("fct_rejected_rows", "row_json", "row"),
            sources=[
                column(name, name, "name", schema="raw_crm")
                for name in ("full_name", "email", "title")
            ],
        ),
        f"create table marts.fct_rejected_rows as select $row${text}$row$ as row_json",
    )
    assert json.loads(shown(published, "from marts.fct_rejected_rows")[0][0]) == {
        **row,
        "full_name": MASKED,
        "title": MASKED,
    }


def test_a_term_stays_where_many_use_it_and_it_is_nobodys_name(tmp_path: Path) -> None:
    published = masked(
        tmp_path,
        manifest_of(
            column("fct_themes", "term", "term"),
            sources=[column("users", "full_name", "name", schema="raw_crm")],
        ),
        "create schema raw_crm",
        "create table raw_crm.users as from (values ('Rhys O''Shea-Poe'), (null)) as t(full_name)",
        "create table marts.fct_themes as from (values (1, 'slow', 5), (1, 'rhys helped', 9),"
        " (1, 'rare', 4), (2, 'rare', 1), (1, 'poe', 7), (1, 'rhyse', 5)) as t(month, term,"
        " accounts)",
    )
    terms = {
        (month, accounts): term
        for month, term, accounts in shown(published, "from marts.fct_themes")
    }
    assert terms[1, 5] in {"slow", "rhyse"}
    hidden = [terms[1, 9], terms[1, 4], terms[2, 1], terms[1, 7]]
    assert all(term.startswith(f"{MASKED} ") for term in hidden)
    assert terms[1, 4] == terms[2, 1]
    assert len(set(hidden)) == 3
    kept = shown(published, "select term from marts.fct_themes where term not like 'masked%'")
    assert sorted(kept) == [("rhyse",), ("slow",)]


# Deletion --------------------------------------------------------------------------------------


def test_clearing_an_old_version_takes_what_is_theirs_and_what_names_them(tmp_path: Path) -> None:
    given = manifest_of(
        column("fct_said", "comment", "comment"),
        column("fct_notices", "note", "comment"),
        column("dim_users", "full_name", "name"),
        column("rpt_events", "event_title", "event", ["sponsor_left"]),
        column("fct_rejected_rows", "row_json", "row"),
        column("fct_later", "comment", "comment"),
        sources=[column("contacts", "comment", "comment", schema="raw_crm")],
    )
    file = made(
        tmp_path / "old.duckdb",
        "create table marts.fct_said as from (values ('P1', 'Fine'), ('P2', 'Fine'), ('P1', null))"
        " as t(contact_id, comment)",
        "create table marts.fct_notices as from (values (1, 'ann LEE left'), (2, 'see ann@x.ex'),"
        " (3, 'Ann left'), (4, 'Bo')) as t(id, note)",
        "create table marts.dim_users as select 'Ann Lee' as full_name",
        "create table marts.rpt_events as from (values ('sponsor_left', 'P1', 'Head left'),"
        " ('sponsor_left', 'P2', 'Boss left'), ('signed', 'P1', 'Signed')) as t(event_type,"
        " source_key, event_title)",
        "create table marts.fct_survey_invitations as from (values ('I1', 'P1'), ('I2', 'P2'))"
        " as t(invitation_id, contact_id)",
        "create table marts.fct_rejected_rows as from (values (1,"
        ' \'{"contact_id":"P1","comment":"a"}\'), (2, \'{"invitation_id":"I1","comment":"b"}\'),'
        ' (3, \'{"invitation_id":"I2","comment":"c"}\'), (4, \'{"comment":"Ann Lee"}\'),'
        ' (5, \'{"contact_id":"P1","comment":"masked"}\'))'
        " as t(id, row_json)",
        "comment on table marts.fct_said is 'What they said'",
    )
    people = [Person("P1", "Ann Lee", "ann@x.ex"), Person("P1", "Bo", None), Person("P9")]
    assert forget_in_file(file, given, people) == 7
    assert shown(file, "from marts.fct_said order by all") == [
        ("P1", DELETED),
        ("P1", None),
        ("P2", "Fine"),
    ]
    assert shown(file, "select note from marts.fct_notices order by id") == [
        (DELETED,),
        (DELETED,),
        ("Ann left",),
        ("Bo",),
    ]
    assert shown(file, "from marts.dim_users") == [("Ann Lee",)]
    assert [title for *_, title in shown(file, "from marts.rpt_events order by 1, 2")] == [
        "Signed",
        DELETED,
        "Boss left",
    ]
    rows = [json.loads(text) for _, text in shown(file, "from marts.fct_rejected_rows order by 1")]
    assert [row["comment"] for row in rows] == [DELETED, DELETED, "c", DELETED, MASKED]
    assert ("What they said",) in shown(file, "select comment from duckdb_tables()")
    assert b"ann LEE left" not in file.read_bytes()


def test_a_file_that_knows_nobody_who_asked_is_not_touched(tmp_path: Path) -> None:
    given = manifest_of(column("fct_said", "comment", "comment"))
    file = made(
        tmp_path / "old.duckdb",
        "create table marts.fct_said as select 'P2' as contact_id, 'Fine' as comment",
    )
    stood = file.stat()
    assert forget_in_file(file, given, []) == 0
    assert forget_in_file(file, given, [Person("P1", "Ann Lee", "ann@x.ex")]) == 0
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (stood.st_ino, stood.st_mtime_ns)


def test_publishing_masks_as_the_project_says_and_clears_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings({"TENURE_RAW_PATH": "landing", "TENURE_WAREHOUSE": str(tmp_path)})
    working = made(
        settings.working_file,
        "create schema staging",
        "create table staging.base_crm__deleted_people (contact_id varchar, full_name varchar,"
        " email varchar)",
        "create table marts.fct_said as from (values ('P1', 'Fine'), ('P2', 'Slow'))"
        " as t(contact_id, comment)",
    )
    with duckdb.connect(working) as connection:
        write_day(connection, date(2026, 1, 31))
    given = manifest_of(column("fct_said", "comment", "comment"))
    monkeypatch.setattr(steps, "read_manifest", lambda: given)
    with recorded(settings):
        steps.publish_marts(settings)
    said = "select comment from marts.fct_said order by contact_id"
    assert shown(settings.published_file, said) == [("Fine",), ("Slow",)]

    with duckdb.connect(working) as connection:
        connection.execute(
            "insert into staging.base_crm__deleted_people values ('P1', 'Ann Lee', null)"
        )
        connection.execute("update marts.fct_said set comment = 'deleted' where contact_id = 'P1'")
    monkeypatch.setattr(steps, "project_variable", {"mask_personal_data": True}.__getitem__)
    with recorded(settings):
        steps.publish_marts(settings)
    assert shown(settings.published_file, said) == [(MASKED,), (MASKED,)]
    now, before = (shown(version.path, said) for version in sealed_files(settings.versions))
    assert now == [(MASKED,), (MASKED,)]
    assert before == [(DELETED,), ("Slow",)]
