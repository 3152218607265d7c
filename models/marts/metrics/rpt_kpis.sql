{%- set step -%}
    case shown.period_grain
                when 'day' then interval 1 day
                when 'month' then interval 1 month
                when 'quarter' then interval 3 month
                else interval 12 month
            end
{%- endset -%}
{%- set next_period_start = 'shown.period_start + ' ~ step -%}
-- One row per metric, period, dimension and value. A closed period shows what it showed
-- when it closed; current_value is what it would be by all that is known today.
with

kpi_values as (

    select
        kpi,
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

closed_values as (

    select
        metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        numerator,
        denominator,
        metric_value,
        sample_size,
        published_on
    from {{ ref('fct_kpi_closed_values') }}
    where published_on <= {{ as_of_date() }}

),

metrics as (

    select
        metric,
        min(kpi) as kpi
    from kpi_values
    group by metric

),

closed_metric_periods as (

    select
        metric,
        period_grain,
        period_start,
        min(published_on) as final_since_date
    from closed_values
    group by metric, period_grain, period_start

),

-- A row that came after the close, or went, has a value on one side only.
shown_values as (

    select
        coalesce(kpi_values.metric, closed_values.metric) as metric,
        coalesce(kpi_values.period_grain, closed_values.period_grain) as period_grain,
        coalesce(kpi_values.period_start, closed_values.period_start) as period_start,
        coalesce(kpi_values.dimension_name, closed_values.dimension_name)
            as dimension_name,
        coalesce(kpi_values.dimension_value, closed_values.dimension_value)
            as dimension_value,
        closed.final_since_date,
        {%- for part in ['numerator', 'denominator', 'metric_value', 'sample_size'] %}
        case
            when closed.final_since_date is null then kpi_values.{{ part }}
            else closed_values.{{ part }}
        end as {{ part }},
        {%- endfor %}
        kpi_values.numerator as current_numerator,
        kpi_values.denominator as current_denominator,
        kpi_values.metric_value as current_value
    from kpi_values
    full join closed_values
        on
            kpi_values.metric = closed_values.metric
            and kpi_values.period_grain = closed_values.period_grain
            and kpi_values.period_start = closed_values.period_start
            and kpi_values.dimension_name = closed_values.dimension_name
            and kpi_values.dimension_value = closed_values.dimension_value
    left join closed_metric_periods as closed
        on
            coalesce(kpi_values.metric, closed_values.metric) = closed.metric
            and coalesce(kpi_values.period_grain, closed_values.period_grain)
            = closed.period_grain
            and coalesce(kpi_values.period_start, closed_values.period_start)
            = closed.period_start

),

shown_with_earlier as (

    select
        shown.*,
        {{ add_days('cast(' ~ next_period_start ~ ' as date)', -1) }} as period_end,
        before.metric_value as value_before,
        year_before.metric_value as value_year_before
    from shown_values as shown
    left join shown_values as before
        on
            shown.metric = before.metric
            and shown.period_grain = before.period_grain
            and shown.dimension_name = before.dimension_name
            and shown.dimension_value = before.dimension_value
            and before.period_start
            = cast(shown.period_start - {{ step }} as date)
    left join shown_values as year_before
        on
            shown.metric = year_before.metric
            and shown.period_grain = year_before.period_grain
            and shown.dimension_name = year_before.dimension_name
            and shown.dimension_value = year_before.dimension_value
            and year_before.period_start
            = cast(shown.period_start - interval 12 month as date)

),

final as (

    select
        shown.metric,
        metrics.kpi,
        shown.period_grain,
        shown.period_start,
        shown.period_end,
        shown.dimension_name,
        shown.dimension_value,
        shown.numerator,
        shown.denominator,
        shown.metric_value as value,
        shown.sample_size,
        cast(shown.metric_value - shown.value_before as decimal(28, 6))
            as change_on_period,
        cast(shown.metric_value - shown.value_year_before as decimal(28, 6))
            as change_on_year,
        shown.current_numerator,
        shown.current_denominator,
        shown.current_value,
        shown.final_since_date is not null as is_final,
        shown.period_end <= {{ as_of_date() }} as is_complete,
        shown.final_since_date
    from shown_with_earlier as shown
    inner join metrics
        on shown.metric = metrics.metric

)

select * from final
