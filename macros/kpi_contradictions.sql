{% macro kpi_contradictions(kpi_values, kpi_periods, published) -%}
{#- Rows where a value that a mart publishes (in the CTE `published`) is not the KPI's. -#}
contradictions as (

    select
        published.metric,
        published.period_grain,
        published.period_start,
        published.dimension_name,
        published.dimension_value,
        published.published_value,
        kpi_values.metric_value
    from {{ published }} as published
    inner join {{ kpi_periods }} as kpi_periods
        on
            published.period_grain = kpi_periods.period_grain
            and published.period_start = kpi_periods.period_start
    left join {{ kpi_values }} as kpi_values
        on
            published.metric = kpi_values.metric
            and published.period_grain = kpi_values.period_grain
            and published.period_start = kpi_values.period_start
            and published.dimension_name = kpi_values.dimension_name
            and published.dimension_value = kpi_values.dimension_value
    where
        coalesce(
            abs(published.published_value - kpi_values.metric_value)
            > published.rounding,
            (published.published_value is null) <> (kpi_values.metric_value is null)
        )

)

select * from contradictions
{%- endmacro %}
