"""The lineage of columns: what is traced, when it is traced anew, and what the catalogue shows."""

from __future__ import annotations

import re
from pathlib import Path

import dagster as dg
import pytest

from orchestration import catalogue, column_lineage
from orchestration.column_lineage import Query, Table, UntracedError, trace
from orchestration.steps import built_columns
from refreshing import BuiltCompany

LINES, PRICES, OLD, TOTALS = (
    ("staging", "lines"),
    ("staging", "prices"),
    ("staging", "old_lines"),
    ("marts", "totals"),
)
COLUMNS = {
    LINES: {"line_id": "varchar", "sku": "varchar", "units": "integer", "prior_id": "varchar"},
    PRICES: {"sku": "varchar", "price": "decimal(18,2)", "valid_from": "date"},
    OLD: {"old_id": "varchar", "article": "varchar"},
    TOTALS: {"line_id": "varchar", "amount": "decimal(18,2)"},
}


def traced(sql: str, table: Table = TOTALS) -> dict[str, str]:
    """What each column is made of, as in "lines.sku prices.price"."""
    lineage = trace(table, sql, COLUMNS)
    return {
        column: " ".join(f"{name}.{source}" for _, name, source in sources)
        for column, sources in lineage.items()
    }


def test_a_renamed_column_is_traced_through_ctes_and_stars() -> None:
    sql = """
        with lines as (select * from "warehouse"."staging"."lines"),
        named as (select line_id as id, lines.* from lines)
        select id as line, sku, units as seats from named
    """
    assert traced(sql) == {"line": "lines.line_id", "sku": "lines.sku", "seats": "lines.units"}


def test_a_formula_over_a_join_has_every_column_that_it_reads() -> None:
    sql = """
        with priced as (
            select
                lines.line_id,
                prices.price * lines.units as gross,
                row_number() over (partition by lines.sku order by prices.valid_from) as position
            from "warehouse"."staging"."lines" as lines
            left join "warehouse"."staging"."prices" as prices using (sku)
        )
        select line_id, cast(sum(case when position = 1 then gross end) as decimal(18, 2)) as amount
        from priced group by line_id
    """
    amount = "lines.sku lines.units prices.price prices.valid_from"
    assert traced(sql) == {"line_id": "lines.line_id", "amount": amount}


def test_a_union_is_traced_by_position_into_each_of_its_parts() -> None:
    sql = """
        select line_id as id, sku from staging.lines
        union all
        select old_id, article from staging.old_lines
    """
    assert traced(sql) == {
        "id": "lines.line_id old_lines.old_id",
        "sku": "lines.sku old_lines.article",
    }


def test_a_subquery_in_a_column_is_traced() -> None:
    sql = """
        select line_id, (select max(price) from staging.prices as p where p.sku = l.sku) as highest
        from staging.lines as l
    """
    assert traced(sql)["highest"] == "prices.price"


def test_a_recursive_query_is_traced_into_how_it_begins_and_how_it_goes_on() -> None:
    sql = """
        with recursive
        firsts as (select line_id, sku from staging.lines where prior_id is null),
        chains as (
            select line_id, line_id as chain_id, sku from firsts
            union all
            select lines.line_id, chains.chain_id, prices.sku
            from chains
            inner join staging.lines as lines on lines.prior_id = chains.line_id
            inner join staging.prices as prices on prices.sku = chains.sku
        )
        select * from chains
    """
    assert traced(sql) == {
        "line_id": "lines.line_id",
        "chain_id": "lines.line_id",
        "sku": "lines.sku prices.sku",
    }


def test_constants_and_counts_are_made_of_nothing_and_a_table_not_of_itself() -> None:
    sql = """
        select line_id, 'new' as kind, count(*) as lines from staging.lines group by line_id
        union all
        select line_id, 'old' as kind, 1 as lines from marts.totals
    """
    assert traced(sql) == {"line_id": "lines.line_id", "kind": "", "lines": ""}


def test_a_column_of_no_known_table_is_not_guessed() -> None:
    with pytest.raises(UntracedError, match="nowhere"):
        traced("select l.line_id, nowhere.price from staging.lines as l, nowhere.prices as n")


QUERIES = {
    TOTALS: Query("select line_id, date '2026-06-30' as day from staging.lines", [LINES]),
    ("marts", "other"): Query("select sku from staging.prices", [PRICES]),
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are traced, in order."""
    tables: list[str] = []

    def tracing(table: Table, *given: object) -> object:
        tables.append(table[1])
        return trace(table, *given)

    monkeypatch.setattr(column_lineage, "trace", tracing)
    return tables


def of(queries: dict[Table, Query], kept: Path, columns: dict = COLUMNS) -> list[str]:
    """The columns that have a lineage, after every query was found without fault."""
    found, untraced = column_lineage.column_lineage(queries, columns, kept)
    assert untraced == []
    return [f"{name}.{column}" for (_, name), lineage in found.items() for column in lineage]


def test_what_has_not_changed_is_not_traced_again(tmp_path: Path, told: list[str]) -> None:
    kept = tmp_path / "kept.json"
    first = of(QUERIES, kept)
    assert first == ["totals.line_id", "totals.day", "other.sku"]
    next_day = {**QUERIES, TOTALS: Query(QUERIES[TOTALS].sql.replace("06-30", "07-01"), [LINES])}
    assert of(next_day, kept) == first
    assert told == ["totals", "other"]


def test_what_has_changed_is_traced_again_alone(tmp_path: Path, told: list[str]) -> None:
    kept = tmp_path / "kept.json"
    of(QUERIES, kept)
    renamed = {**QUERIES, TOTALS: Query("select line_id as id from staging.lines", [LINES])}
    assert of(renamed, kept) == ["totals.id", "other.sku"]
    of(renamed, kept, {**COLUMNS, PRICES: {"sku": "varchar"}})
    assert told == ["totals", "other", "totals", "other"]


def test_a_part_of_the_tables_leaves_what_is_kept_of_the_rest(
    tmp_path: Path, told: list[str]
) -> None:
    kept = tmp_path / "kept.json"
    of(QUERIES, kept)
    of({TOTALS: Query("select sku from staging.lines", [LINES])}, kept)
    of({("marts", "other"): QUERIES["marts", "other"]}, kept)
    assert told == ["totals", "other", "totals"]


def test_a_query_that_cannot_be_traced_costs_its_own_lineage_only(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    queries = {**QUERIES, TOTALS: Query("select ) from", [LINES])}
    for _ in range(2):
        found, untraced = column_lineage.column_lineage(queries, COLUMNS, kept)
        assert list(found) == [("marts", "other")]
        assert [line.partition(": ")[0] for line in untraced] == ["marts.totals"]


def test_what_is_kept_may_be_lost_or_impossible_to_keep(tmp_path: Path) -> None:
    for text in ('{"marts.totals": ', '{"marts.totals": {"columns": {}}}', "[1]"):
        (broken := tmp_path / "broken.json").write_text(text)
        assert of(QUERIES, broken)
    assert of(QUERIES, tmp_path / "no such directory" / "kept.json")


def test_the_catalogue_shows_lineage_and_the_types_that_the_yaml_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "manifest_file", lambda: tmp_path / "manifest.json")
    described = dg.TableSchema(
        [
            dg.TableColumn("line_id", "?", description="Of the order."),
            dg.TableColumn("amount", "decimal(18,2)"),
        ]
    )
    whole = dg.TableSchema([dg.TableColumn(name, "varchar") for name in COLUMNS[LINES]])
    totals = dg.AssetSpec(
        ["marts", "totals"],
        deps=[["staging", "lines"]],
        metadata={"dagster/column_schema": described},
    )
    lines = dg.AssetSpec(["staging", "lines"], metadata={"dagster/column_schema": whole})
    odd = dg.AssetSpec(["marts", "odd"])
    said: list[str] = []
    shown = catalogue.shown_columns(
        {
            totals.key: (totals, "select line_id, units as amount from staging.lines"),
            lines.key: (lines, ""),
            odd.key: (odd, "select ) from"),
        },
        COLUMNS,
        said.append,
    )
    assert shown[lines.key] == shown[odd.key] == {}
    assert [line.partition(": ")[0] for line in said] == ["No column lineage of marts.odd"]
    lineage = shown[totals.key]["dagster/column_lineage"]
    source = dg.TableColumnDep(asset_key=dg.AssetKey(["staging", "lines"]), column_name="units")
    assert lineage.deps_by_column["amount"] == [source]
    assert shown[totals.key]["dagster/column_schema"] == dg.TableSchema(
        [
            dg.TableColumn("line_id", "varchar", description="Of the order."),
            dg.TableColumn("amount", "decimal(18,2)"),
        ]
    )


@pytest.fixture(scope="module")
def project(
    built_company: BuiltCompany, tmp_path_factory: pytest.TempPathFactory
) -> dict[Table, column_lineage.Lineage]:
    """The lineage of every SQL model of the project, without one that could not be traced."""
    models = built_company.warehouse_dir / "target" / "compiled" / "tenure" / "models"
    queries = {}
    for path in models.rglob("*.sql"):
        if path.parent.suffix:
            continue  # a test, in the directory of its YAML
        sql = path.read_text(encoding="utf-8")
        table = (path.relative_to(models).parts[0], path.stem)
        queries[table] = Query(sql, re.findall(r'"warehouse"\."(\w+)"\."(\w+)"', sql))
    columns = built_columns(built_company.warehouse_dir / "warehouse.duckdb")
    kept = tmp_path_factory.mktemp("lineage") / "kept.json"
    found, untraced = column_lineage.column_lineage(queries, columns, kept)
    assert untraced == []
    assert len(found) == len(queries) > 300
    return found


def test_known_columns_of_the_project_have_their_lineage(
    project: dict[Table, column_lineage.Lineage],
) -> None:
    bridge = project["marts", "fct_cmrr_bridge"]
    assert bridge["month"] == [["intermediate", "int_months", "month"]]
    assert bridge["new_cmrr"] == [
        ["intermediate", "int_months", "month"],
        *(
            ["marts", "fct_cmrr_movements", column]
            for column in ("amount", "movement_date", "movement_type")
        ),
    ]
    renewed = project["intermediate", "int_contract_families"]["renewed_from_contract_id"]
    assert ["staging", "base_billing__contracts", "contract_id"] in renewed  # through a recursion
    served = project["marts", "rpt_kpis"]["value"]
    assert ["metrics", "kpi_values", "metric_value"] in served
    assert ["marts", "fct_kpi_closed_values", "metric_value"] in served


def test_nearly_every_column_of_the_project_is_made_of_others(
    project: dict[Table, column_lineage.Lineage],
) -> None:
    columns = [sources for lineage in project.values() for sources in lineage.values()]
    assert sum(map(bool, columns)) > 0.9 * len(columns) > 3600
