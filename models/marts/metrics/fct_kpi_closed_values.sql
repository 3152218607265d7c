{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        pre_hook="{{ forget_published_day() }}",
        tags=['shown']
    )
}}
-- One row per metric, closed period, dimension and value: as the first whole refresh
-- after the close showed it. The rebuild of an earlier day adds nothing.
with

kpi_values as (

    select
        metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        numerator,
        denominator,
        metric_value,
        sample_size
    from {{ ref('kpi_values') }}

),

kpi_periods as (

    select
        period_grain,
        period_start
    from {{ ref('kpi_periods') }}
    where closed_on is not null

),

{%- if is_incremental() %}

written as (

    select distinct
        metric,
        period_grain,
        period_start
    from {{ this }}

),
{%- endif %}

final as (

    select
        kpi_values.metric,
        kpi_values.period_grain,
        kpi_values.period_start,
        kpi_values.dimension_name,
        kpi_values.dimension_value,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.metric_value,
        kpi_values.sample_size,
        {{ as_of_date() }} as published_on
    from kpi_values
    inner join kpi_periods
        on
            kpi_values.period_grain = kpi_periods.period_grain
            and kpi_values.period_start = kpi_periods.period_start
    {%- if is_incremental() %}
    left join written
        on
            kpi_values.metric = written.metric
            and kpi_values.period_grain = written.period_grain
            and kpi_values.period_start = written.period_start
    {%- endif %}
    where
        {{ is_newest_day() }}
        and {{ 'written.metric is null' if is_incremental() else 'true' }}

)

select * from final
