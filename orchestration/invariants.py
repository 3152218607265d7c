"""What must hold of the marts whatever the data: checked on every refresh, before publishing."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.built import Built, Check
from orchestration.casts import quote_text

MOVEMENTS = (
    "new_cmrr + reactivation_cmrr + add_on_cmrr + upgrade_cmrr + downgrade_cmrr + swap_cmrr"
    " + cancellation_cmrr + archive_cmrr + currency_cmrr"
)
INVARIANTS: list[Check] = []


def invariant(table: str) -> Callable:
    """Register a check of a table: its name says what holds, its first line says it in words."""

    def register(find: Callable[[Built], list[str]]) -> Callable[[Built], list[str]]:
        description = " ".join((find.__doc__ or find.__name__).split())
        INVARIANTS.append(Check(find.__name__, table, description, find))
        return find

    return register


@invariant("fct_cmrr_bridge")
def bridge_foots(built: Built) -> list[str]:
    """Beginning and all movements make the ending, and one month's ending begins the next."""
    return built.lines(
        "with months as ("
        " select month, sum(beginning_cmrr) as beginning, sum(ending_cmrr) as ending,"
        f" sum({MOVEMENTS}) as moved"
        " from marts.fct_cmrr_bridge group by month)"
        " select month, beginning, moved, ending,"
        " lag(ending, 1, 0) over (order by month) as before"
        " from months qualify beginning + moved <> ending or beginning <> before order by month",
        "{month:%B %Y}: {beginning} and movements of {moved} make no {ending},"
        " after {before} the month before",
    )


LANDED_AS = {
    "dim_contracts": ("billing", "contracts"),
    "dim_users": ("crm", "users"),
    "fct_health_checks": ("success", "health_checks"),
    "fct_leads": ("crm", "leads"),
    "fct_onboarding": ("success", "onboarding_projects"),
    "fct_opportunities": ("crm", "opportunities"),
    "fct_risks": ("success", "risks"),
    "fct_success_measures": ("success", "success_measures"),
    "fct_survey_responses": ("surveys", "responses"),
    "fct_tickets": ("support", "tickets"),
}


@invariant("fct_landed_tables")
def no_more_is_published_than_was_loaded(built: Built) -> list[str]:
    """Of what is published row by row, no more than the current rows that landed."""
    there = built.connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts'"
    ).fetchall()
    counted = " union all ".join(
        f"select '{table}' as mart, '{source}' as source_name, '{landed}' as table_name,"
        f" count(*) as published_rows from marts.{table}"
        for table, (source, landed) in LANDED_AS.items()
        if (table,) in there
    )
    return built.lines(
        f"from ({counted}) join marts.fct_landed_tables using (source_name, table_name)"
        " where published_rows > current_rows order by mart",
        "{mart}: {published_rows} rows, of {current_rows} current rows of"
        " {source_name}.{table_name}",
    )


@invariant("rpt_kpis")
def gross_retention_is_no_more_than_net(built: Built) -> list[str]:
    """In total, what is added can only raise retention."""
    return built.lines(
        "select gross.period_grain, gross.period_start, gross.current_value as gross,"
        " net.current_value as net from marts.rpt_kpis as gross"
        " join marts.rpt_kpis as net using (period_grain, period_start, dimension_name)"
        " where gross.metric = 'gross_revenue_retention'"
        " and net.metric = 'net_revenue_retention' and dimension_name = 'total'"
        " and gross.current_value > net.current_value order by all",
        "rpt_kpis, {period_grain} {period_start}: gross retention {gross} is above net {net}",
    )


@invariant("rpt_kpis")
def fractions_are_between_nothing_and_one(built: Built) -> list[str]:
    """Every share that is bounded, in total and by segment."""
    fractions = [
        name
        for name, meta in built.metrics.items()
        if meta["unit"] == "fraction" and not meta.get("unbounded")
    ]
    names = ", ".join(quote_text(name) for name in fractions) or "''"
    return built.lines(
        "select metric, period_grain, period_start, dimension_name, dimension_value,"
        f" current_value from marts.rpt_kpis where metric in ({names})"
        " and dimension_name in ('total', 'segment')"
        " and current_value not between 0 and 1 order by all",
        "rpt_kpis, {metric}, {period_grain} {period_start}, {dimension_name} {dimension_value}:"
        " {current_value} is no share",
    )


@invariant("rpt_kpis")
def nps_is_within_its_scale(built: Built) -> list[str]:
    """Net promoter scores are between -100 and 100."""
    scores = [name for name, meta in built.metrics.items() if meta["unit"] == "NPS"]
    names = ", ".join(quote_text(name) for name in scores) or "''"
    return built.lines(
        "select metric, period_grain, period_start, dimension_value, current_value"
        f" from marts.rpt_kpis where metric in ({names})"
        " and current_value not between -100 and 100 order by all",
        "rpt_kpis, {metric}, {period_grain} {period_start}, {dimension_value}: {current_value}",
    )


@invariant("fct_health_components")
def health_weights_add_up_to_one(built: Built) -> list[str]:
    """The weights of a segment and lifecycle stage on any day that they begin."""
    return built.lines(
        "select customer_id, health_date, sum(weight) as weights from marts.fct_health_components"
        " group by all having sum(weight) <> 1 order by all",
        "fct_health_components, {customer_id} on {health_date}: weights add up to {weights}",
    )


@invariant("fct_expected_cmrr_locks")
def locks_are_as_they_were(built: Built) -> list[str]:
    """Every lock that readers have stands unchanged."""
    return _kept(built, "fct_expected_cmrr_locks")


@invariant("fct_closed_bridges")
def closed_bridges_are_as_they_were(built: Built) -> list[str]:
    """Every frozen bridge that readers have stands unchanged."""
    return _kept(built, "fct_closed_bridges")


@invariant("fct_kpi_closed_values")
def closed_kpis_are_as_they_were(built: Built) -> list[str]:
    """Every KPI of a closed period that readers have stands unchanged."""
    return _kept(built, "fct_kpi_closed_values", "where published_on < (from refresh.as_of)")


@invariant("rpt_kpis")
def no_kpi_lost_its_value(built: Built) -> list[str]:
    """A total of a period that was over had a value when it was published, and has none now though
    its base is not empty. An earlier day than the published one may know less."""
    if not built.has_published("rpt_kpis"):
        return []
    of_today = [name for name, meta in built.metrics.items() if meta.get("of_today")]
    names = ", ".join(quote_text(name) for name in of_today) or "''"
    known = ", ".join(quote_text(name) for name in built.metrics) or "''"
    return built.lines(
        "select shown.metric, shown.period_grain, shown.period_start,"
        " shown.current_value as shown_value"
        " from published.marts.rpt_kpis as shown"
        " left join marts.rpt_kpis as now using"
        " (metric, period_grain, period_start, dimension_name, dimension_value)"
        " where shown.dimension_name = 'total' and shown.is_complete"
        " and coalesce((select max(period_start) from published.marts.rpt_kpis"
        " where period_grain = 'day') <= (select day from refresh.as_of), true)"
        f" and shown.metric in ({known}) and shown.metric not in ({names})"
        " and shown.current_value is not null"
        " and (shown.sample_size > 0 or shown.period_grain = 'day')"
        " and now.current_value is null and coalesce(now.current_denominator, 1) <> 0"
        " order by all",
        "rpt_kpis, {metric}, {period_grain} {period_start}: was {shown_value}, has no value now",
    )


def _kept(built: Built, table: str, which: str = "") -> list[str]:
    if not built.has_published(table):
        return []
    missing = built.connection.execute(
        f"select count(*) from (from published.marts.{table} {which} except all from marts.{table})"
    ).fetchall()[0][0]
    if not missing:
        return []
    rows = built.connection.sql(
        f"from published.marts.{table} {which} except all from marts.{table}"
    )
    first = dict(zip(rows.columns, rows.limit(1).fetchall()[0], strict=True))
    return [f"{table}: {missing} published rows changed or are gone, such as {first}"]
