"""Personal data: where it is, how it is masked when it is published, and how a person is forgotten.

Columns with personal data are marked in the YAML beside their SQL, once each, as in
``config: {meta: {personal: name}}``: in the landing contract as they come in, in the marts as they
are published. The kinds are

- ``name``, ``email``, ``title``: of a person, alone in the column;
- ``comment``: free text, which may speak of anybody;
- ``term``: a word or phrase taken from such texts, with ``accounts``, who used it;
- ``row``: a landed row as JSON, with the columns that the landing contract marks;
- ``event``: a sentence; those of the mark's ``personal_events`` name somebody.

Masking is done where the published file is written and nowhere else, so the working file keeps the
truth. Nothing that only grows may hold a marked column: it is restored from the published file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.casts import quote_name, quote_text
from orchestration.publish import PublishError, Replacements, rewrite

VARIABLE = "mask_personal_data"
MASKED = "masked"
DELETED = "deleted"  # as macros/deleted_text.sql
PEOPLE = ("staging", "base_crm__deleted_people")
INVITATIONS = ("marts", "fct_survey_invitations")
# A word that so many customers use is language, and tells of nobody.
MINIMUM_ACCOUNTS = 5
KINDS = ("name", "email", "title", "comment", "term", "row", "event")


@dataclass(frozen=True)
class PersonalColumn:
    """A column that the project marks as personal."""

    schema: str
    table: str
    column: str
    kind: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """Somebody who asked for deletion; one of these for each name and address."""

    contact_id: str
    full_name: str | None = None
    email: str | None = None


def personal_columns(manifest: Mapping[str, Any]) -> list[PersonalColumn]:
    """The marked columns of models and snapshots, from dbt's manifest."""
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "snapshot")
    ]
    return list(_marked(nodes, "alias"))


def landed_columns(manifest: Mapping[str, Any]) -> list[PersonalColumn]:
    """The marked columns of landing data, from dbt's manifest."""
    return list(_marked(list(manifest["sources"].values()), "identifier"))


def masks(manifest: Mapping[str, Any]) -> Replacements:
    """What is published instead of each personal column: table, column, SQL expression.

    An expression sees the row, and the working file as ``working``. Null stays null; whatever else
    was there, and however long it was, reads the same.
    """
    landed = landed_columns(manifest)
    replaced: dict[str, dict[str, str]] = {}
    for marked in personal_columns(manifest):
        column = quote_name(marked.column)
        mask = f"case when {column} is not null then {quote_text(MASKED)} end"
        if marked.kind == "term":
            mask = _term_mask(column, landed)
        elif marked.kind == "row":
            mask = _row_with(column, landed, MASKED)
        elif marked.kind == "event":
            events = ", ".join(map(quote_text, marked.events))
            mask = f"case when event_type in ({events}) then {quote_text(MASKED)} else {column} end"
        replaced.setdefault(f"{marked.schema}.{marked.table}", {})[marked.column] = mask
    return replaced


def deleted_people(working_file: Path) -> list[Person]:
    """Who asked for deletion, from a working file in which that is built."""
    name = ".".join(map(quote_name, PEOPLE))
    with duckdb.connect(working_file, read_only=True) as connection:
        rows = connection.execute(
            f"select contact_id, full_name, email from {name} order by all"
        ).fetchall()
    return [Person(*row) for row in rows]


def forget_in_file(path: Path, manifest: Mapping[str, Any], people: Sequence[Person]) -> int:
    """Take people out of a file that was published once; how many cells said something of them.

    The file is written anew, without the old bytes, and put in place by one rename: who reads it is
    not disturbed. One that says nothing of them stays as it is. For files of tables alone, as kept
    versions and backups are. Raises PublishError, and leaves the file alone, where it cannot.
    """
    if not people:
        return 0
    try:
        tables, forgotten, cells = _search(path, manifest, people)
    except duckdb.Error as error:
        raise PublishError(f"{path}, to be searched for who asked for deletion: {error}") from error
    if not cells:
        return 0
    schemas: dict[str, list[str]] = {}
    for schema, table in tables:
        schemas.setdefault(schema, []).append(table)
    rewrite(path, schemas, forgotten)
    return cells


def _search(
    path: Path, manifest: Mapping[str, Any], people: Sequence[Person]
) -> tuple[dict[tuple[str, str], set[str]], Replacements, int]:
    """Tables and columns of a file, what is to be written in their place, and in how many cells."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote_text(str(path))} as working (read_only)")
        tables = _tables(connection)
        forgotten = _forgetting(manifest, people, tables)
        cells = sum(
            connection.execute(
                f"select count(*) from working.{_label(*table.split('.'))}"
                f" where ({expression}) is distinct from {quote_name(column)}"
            ).fetchall()[0][0]
            for table, columns in forgotten.items()
            for column, expression in columns.items()
        )
    return tables, forgotten, cells


def _marked(nodes: Sequence[Mapping[str, Any]], name: str) -> Iterator[PersonalColumn]:
    for node in sorted(nodes, key=lambda node: (node["schema"], node[name])):
        for column in node["columns"].values():
            meta = (column.get("config") or {}).get("meta") or {}
            kind = meta.get("personal")
            if kind is None:
                continue
            if kind not in KINDS:
                raise ValueError(f"{node[name]}.{column['name']}: personal is one of {KINDS}")
            events = tuple(meta.get("personal_events", ()))
            yield PersonalColumn(node["schema"], node[name], column["name"], kind, events)


def _label(schema: str, table: str) -> str:
    return f"{quote_name(schema)}.{quote_name(table)}"


def _term_mask(column: str, landed: Sequence[PersonalColumn]) -> str:
    """A term stays if many use it and no word of it is a word of anybody's name.

    The others are numbered, so that a row per term stays a row per term.
    """
    names = " union all ".join(
        f"select {quote_name(name.column)} as full_name"
        f" from working.{_label(name.schema, name.table)}"
        for name in landed
        if name.kind == "name"
    )
    is_language = f"accounts >= {MINIMUM_ACCOUNTS}"
    if names:
        words = f"select list(distinct word) from (select unnest({_words('full_name')}) as word"
        is_language += (
            f" and not list_has_any({_words(column)},"
            f" coalesce(({words} from ({names}) as people) as words), []))"
        )
    number = f"dense_rank() over (order by md5({column}), {column})"
    return (
        f"case when {column} is null or ({is_language}) then {column}"
        f" else {quote_text(MASKED)} || ' ' || {number} end"
    )


def _words(text: str) -> str:
    return f"regexp_extract_all(lower({text}), '[^\\s.,;:''-]+')"


def _row_with(column: str, landed: Sequence[PersonalColumn], word: str) -> str:
    """The JSON of a landed row with a word for each personal text; null stays null."""
    names = "|".join(sorted({name.column for name in landed}))
    if not names:
        return column
    pattern = rf'"({names})":"(?:[^"\\]|\\.)*"'
    new = rf'"\1":"{word}"'
    return f"regexp_replace({column}, {quote_text(pattern)}, {quote_text(new)}, 'g')"


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], set[str]]:
    """The tables of the attached file, with their columns."""
    found: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns()"
        " where database_name = 'working' and not internal order by all"
    ).fetchall():
        found.setdefault((schema, table), set()).add(column)
    return found


def _forgetting(
    manifest: Mapping[str, Any],
    people: Sequence[Person],
    tables: Mapping[tuple[str, str], set[str]],
) -> Replacements:
    """The personal columns of a file without the people: table, column, SQL expression.

    What is masked stays so.
    """
    ids = ", ".join(sorted({quote_text(person.contact_id) for person in people}))
    landed = landed_columns(manifest)
    replaced: dict[str, dict[str, str]] = {}
    for marked in personal_columns(manifest):
        columns = tables.get((marked.schema, marked.table), set())
        if marked.column not in columns:
            continue
        column = quote_name(marked.column)
        new, mask = quote_text(DELETED), quote_text(MASKED)
        conditions = []
        if "contact_id" in columns:
            conditions.append(f"contact_id in ({ids})")
        if marked.kind in ("comment", "term", "row"):
            conditions.extend(_naming(column, people))
        if marked.kind == "event":
            events = ", ".join(map(quote_text, marked.events))
            conditions.append(f"event_type in ({events}) and source_key in ({ids})")
        if marked.kind == "row":
            new, mask = _row_with(column, landed, DELETED), _row_with(column, landed, MASKED)
            conditions.append(f"{_json_text(column, 'contact_id')} in ({ids})")
            if "contact_id" in tables.get(INVITATIONS, set()):
                conditions.append(
                    f"{_json_text(column, 'invitation_id')} in (select invitation_id"
                    f" from working.{_label(*INVITATIONS)} where contact_id in ({ids}))"
                )
        if conditions:
            condition = " or ".join(f"({condition})" for condition in conditions)
            replaced.setdefault(f"{marked.schema}.{marked.table}", {})[marked.column] = (
                f"case when {column} is distinct from {mask} and {column} is not null"
                f" and ({condition}) then {new} else {column} end"
            )
    return replaced


def _naming(column: str, people: Sequence[Person]) -> list[str]:
    """Conditions that a text names somebody, as macros/names_person.sql has it."""
    named = {person.email for person in people if person.email}
    named |= {person.full_name for person in people if " " in (person.full_name or "")}
    return [f"contains(lower({column}), lower({quote_text(name)}))" for name in sorted(named)]


def _json_text(column: str, key: str) -> str:
    pattern = rf'"{key}":"((?:[^"\\]|\\.)*)"'
    return f"regexp_extract({column}, {quote_text(pattern)}, 1)"
