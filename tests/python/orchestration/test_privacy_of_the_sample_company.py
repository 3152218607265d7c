"""The sample company: masked, nothing personal is published; who asks for deletion is gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.casts import quote_name
from orchestration.contract import PROJECT_DIR
from orchestration.privacy import (
    DELETED,
    PersonalColumn,
    deleted_people,
    forget_in_file,
    landed_columns,
    masks,
    personal_columns,
)
from orchestration.progress import dbt_failures
from orchestration.project import DBT_EXECUTABLE, dbt_project, prepare_manifest
from orchestration.publish import SCHEMA, mart_tables, publish
from orchestration.state import SNAPSHOTS, snapshot_tables
from refreshing import BuiltCompany

# Published, but with nothing in the sample company: the seed of sign-offs is empty, and a term is
# a piece of a comment, which no whole comment is found in.
NOT_IN_THE_SAMPLE = {
    "fct_close_sign_offs.signed_off_by",
    "fct_close_sign_offs.signed_off_role",
    "fct_comment_themes.term",
}
# What deletion changes, by building anew.
DELETION = [
    "base_crm__contacts",
    "base_crm__activities",
    "base_surveys__responses",
    "base_success__risks",
    "base_billing__cancellations",
    "base_billing__order_line_checks",
    "base_billing__order_lines",
    "base_ledger__journal_lines",
    "fct_sponsor_spells",
    "int_survey_answers",
    "int_comment_terms",
    "int_comment_polarities",
    "fct_survey_responses",
    "fct_comment_sentiments",
    "fct_comment_themes",
    "rpt_survey_scores",
    "fct_rejected_rows",
    "fct_landed_tables",
    "fct_interactions",
    "fct_account_relation_events",
    "rpt_account_timeline",
]


def shown(path: Path, query: str) -> list[tuple]:
    """The answer to a query on a file."""
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The project's manifest."""
    prepare_manifest()
    return json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))


# The sample company, masked ---------------------------------------------------------------------


def personal_texts(working: Path, landed: Collection[PersonalColumn]) -> set[str]:
    """Every personal text of landing data, in small letters."""
    with duckdb.connect(working, read_only=True) as connection:
        return {
            text
            for marked in landed
            for (text,) in connection.execute(
                f"select distinct lower({quote_name(marked.column)})"
                f" from {marked.schema}.{marked.table} where {quote_name(marked.column)} <> ''"
            ).fetchall()
        }


def where_found(file: Path, texts: Collection[str]) -> dict[str, str]:
    """Published text columns in which one of the texts is found, and which."""
    found = {}
    with duckdb.connect(file, read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where"
            " schema_name in ($1, $2) and data_type like '%VARCHAR%'",
            [SCHEMA, SNAPSHOTS],
        ).fetchall()
        for schema, table, name in columns:
            values = connection.execute(
                f"select distinct lower({quote_name(name)}) from {schema}.{table}"
                f" where {quote_name(name)} is not null"
            ).fetchall()
            all_values = "\n".join(value for (value,) in values)
            hit = next((text for text in texts if text in all_values), None)
            if hit is not None:
                found[f"{table}.{name}"] = hit
    return found


@pytest.fixture(scope="module")
def masked_company(
    built_company: BuiltCompany, manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What a refresh of the small company would publish, masked."""
    published = tmp_path_factory.mktemp("masked") / "published.duckdb"
    working = built_company.warehouse_dir / "warehouse.duckdb"
    tables = mart_tables(manifest), snapshot_tables(manifest)
    publish(working, published, *tables, masks(manifest))
    return published


def test_nothing_personal_is_published_anywhere(
    built_company: BuiltCompany, masked_company: Path, manifest: dict[str, Any]
) -> None:
    working = built_company.warehouse_dir / "warehouse.duckdb"
    texts = personal_texts(working, landed_columns(manifest))
    assert len(texts) > 500
    assert where_found(masked_company, texts) == {}


def test_unmasked_every_marked_column_shows_what_is_personal_and_no_other_does(
    built_company: BuiltCompany, manifest: dict[str, Any]
) -> None:
    # So the test above would see each of them, were it not masked.
    working = built_company.warehouse_dir / "warehouse.duckdb"
    texts = personal_texts(working, landed_columns(manifest))
    marked = {f"{marked.table}.{marked.column}" for marked in personal_columns(manifest)}
    found = set(where_found(built_company.warehouse_dir / "published.duckdb", texts))
    assert found == marked - NOT_IN_THE_SAMPLE


def test_masking_moves_no_figure_and_no_key(
    built_company: BuiltCompany, masked_company: Path, manifest: dict[str, Any]
) -> None:
    assert (
        differences(built_company.warehouse_dir / "published.duckdb", masked_company, manifest)
        == {}
    )


def differences(
    one: Path, other: Path, manifest: dict[str, Any], but_for: Collection[str] = ()
) -> dict[str, int]:
    """Rows that differ, by table, in the columns that are not personal."""
    personal: dict[str, list[str]] = {}
    for marked in personal_columns(manifest):
        personal.setdefault(marked.table, []).append(marked.column)
    found = {}
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)"
        )
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'one'"
            " and schema_name <> 'ops'"
        ).fetchall()
        assert len(tables) > 100
        for schema, table in tables:
            left_out = ", ".join(personal.get(table, []))
            columns = f"* exclude ({left_out})" if left_out else "*"
            sides = [f"select {columns} from {side}.{schema}.{table}" for side in ("one", "other")]
            rows = connection.execute(
                f"select count(*) from (({sides[0]} except all {sides[1]})"
                f" union all ({sides[1]} except all {sides[0]}))"
            ).fetchall()[0][0]
            if rows and table not in but_for:
                found[table] = rows
    return found


# Deletion ---------------------------------------------------------------------------------------


ASKED = """
    select min(contact_id) from marts.fct_sponsor_spells where title is not null
    union all
    select max(contacts.contact_id)
    from raw_crm.contacts
    inner join marts.fct_comment_sentiments as sentiments
        on contacts.contact_id = sentiments.contact_id
    where contacts.email is not null and sentiments.comment_sentiment <> 'neutral'
    union all
    select min(contacts.contact_id)
    from raw_crm.contacts
    inner join marts.fct_rejected_rows as rejected
        on contacts.email = rejected.row_json::json ->> 'email'
    where rejected.table_name = 'contacts' and rejected.rule = 'null_key'
"""


@pytest.fixture(scope="module")
def asked(built_company: BuiltCompany) -> list[str]:
    """Who asks for deletion: a sponsor, somebody who wrote a comment, and one of a rejected row."""
    ids = [row[0] for row in shown(built_company.warehouse_dir / "warehouse.duckdb", ASKED)]
    assert len({*ids, None}) == 4
    return ids


@pytest.fixture(scope="module")
def forgotten(
    built_company: BuiltCompany,
    manifest: dict[str, Any],
    asked: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The warehouse of the small company, refreshed after the request: its directory."""
    warehouse = tmp_path_factory.mktemp("forgotten")
    working = shutil.copy(built_company.warehouse_dir / "warehouse.duckdb", warehouse)
    with duckdb.connect(working) as connection:
        connection.executemany(
            "insert into seeds.deletion_requests values ($1, date '2026-01-01')",
            [[contact_id] for contact_id in asked],
        )
    target = warehouse / "target"
    target.mkdir()
    built = subprocess.run(
        [DBT_EXECUTABLE, "run", "--threads", "1", "--target-path", target, "--select", *DELETION],
        cwd=PROJECT_DIR,
        env={
            **os.environ,
            "TENURE_WAREHOUSE": str(warehouse),
            "TENURE_AS_OF": built_company.as_of.isoformat(),
            "DBT_LOG_PATH": str(target),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, dbt_failures(target) or built.stdout
    tables = mart_tables(manifest), snapshot_tables(manifest)
    publish(Path(working), warehouse / "published.duckdb", *tables)
    return warehouse


def of_people(working: Path) -> set[str]:
    """Addresses of the people who asked; namesakes have others."""
    return {person.email.lower() for person in deleted_people(working) if person.email}


def test_who_asks_for_deletion_is_nowhere_and_others_are(
    forgotten: Path, built_company: BuiltCompany, asked: list[str]
) -> None:
    addresses = of_people(forgotten / "warehouse.duckdb")
    assert len(addresses) == 3
    assert "fct_rejected_rows.row_json" in where_found(
        built_company.warehouse_dir / "published.duckdb", addresses
    )
    assert where_found(forgotten / "published.duckdb", addresses) == {}
    ids = tuple(asked)
    for table, text in (("fct_sponsor_spells", "title"), ("fct_comment_sentiments", "comment")):
        texts = f"select distinct {text} from marts.{table} where {text} is not null and contact_id"
        assert shown(forgotten / "published.duckdb", f"{texts} in {ids}") == [(DELETED,)]
        others = shown(forgotten / "published.duckdb", f"{texts} not in {ids}")
        assert len(others) > 2
        assert (DELETED,) not in others


def test_the_working_file_has_nothing_of_them_either(forgotten: Path) -> None:
    addresses = of_people(forgotten / "warehouse.duckdb")
    with duckdb.connect(forgotten / "warehouse.duckdb", read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(
                f"select count(*) from {schema}.{table} as r where list_has_any("
                "[lower(value) for value in map_values(from_json(to_json(r), "
                "'\"MAP(VARCHAR, VARCHAR)\"'))], $1)",
                [sorted(addresses)],
            ).fetchall()[0][0]
            assert not rows, f"{schema}.{table}"


def test_deletion_moves_no_figure_but_what_is_made_of_the_words(
    forgotten: Path, built_company: BuiltCompany, manifest: dict[str, Any]
) -> None:
    changed = differences(
        built_company.warehouse_dir / "published.duckdb", forgotten / "published.duckdb", manifest
    )
    assert set(changed) == {"fct_comment_sentiments", "fct_comment_themes"}
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{built_company.warehouse_dir / 'published.duckdb'}' as one (read_only);"
            f" attach '{forgotten / 'published.duckdb'}' as other (read_only)"
        )
        facts = "response_id, contact_id, score, score_sentiment, is_counted, responded_at"
        sides = [
            connection.execute(
                f"select {facts} from {side}.marts.fct_comment_sentiments order by 1"
            ).fetchall()
            for side in ("one", "other")
        ]
    assert sides[0] == sides[1]


def test_a_version_published_before_is_cleared_of_them(
    forgotten: Path,
    built_company: BuiltCompany,
    manifest: dict[str, Any],
    asked: list[str],
    tmp_path: Path,
) -> None:
    before = built_company.warehouse_dir / "published.duckdb"
    kept = Path(shutil.copy(before, tmp_path))
    people = deleted_people(forgotten / "warehouse.duckdb")
    assert forget_in_file(kept, manifest, people) > 4
    assert where_found(kept, of_people(forgotten / "warehouse.duckdb")) == {}
    assert differences(before, kept, manifest) == {}
    texts = "select distinct comment from marts.fct_comment_sentiments where contact_id in"
    assert shown(kept, f"{texts} {tuple(asked)}") == [(DELETED,)]
    content = kept.read_bytes()
    assert forget_in_file(kept, manifest, people) == 0
    assert kept.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]
