{% macro kpi_contradictions(
    kpi_values, kpi_periods, published, nothing_is_zero=false
) -%}
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
    {%- if kpi_periods %}
    inner join {{ kpi_periods }} as kpi_periods
        on
            published.period_grain = kpi_periods.period_grain
            and published.period_start = kpi_periods.period_start
    {%- endif %}
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
            {%- if nothing_is_zero %}
            coalesce(published.published_value, 0) <> coalesce(kpi_values.metric_value, 0)
            {%- else %}
            (published.published_value is null) <> (kpi_values.metric_value is null)
            {%- endif %}
        )

)

select * from contradictions
{%- endmacro %}
