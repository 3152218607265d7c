-- The areas and rates that the backtest of health publishes are the KPIs' values.
with

quarters as (

    select
        period_start,
        month
    from {{ ref('kpi_months') }}
    where period_grain = 'quarter'

),

areas as (

    select
        'health_backtest' as metric,
        period as tested_on,
        horizon_days,
        case
            when scorer <> 'health_score' then 'scorer'
            when segment = 'total' then 'total'
            else 'segment'
        end as dimension_name,
        case
            when scorer <> 'health_score' then scorer
            when segment = 'total' then 'all'
            else segment
        end as dimension_value,
        auc as metric_value
    from {{ ref('fct_health_backtest') }}
    where period <> 'all' and (segment = 'total' or scorer = 'health_score')

),

bands as (

    select
        'health_backtest_loss_rate' as metric,
        cast(quarter_end as varchar) as tested_on,
        horizon_days,
        'health_band' as dimension_name,
        group_name as dimension_value,
        loss_rate as metric_value
    from {{ ref('fct_health_backtest_groups') }}
    where grouping_name = 'band' and segment = 'total'

    union all

    select
        'health_backtest_lift' as metric,
        cast(quarter_end as varchar) as tested_on,
        horizon_days,
        case when segment = 'total' then 'total' else 'segment' end as dimension_name,
        case when segment = 'total' then 'all' else segment end as dimension_value,
        lift_over_green as metric_value
    from {{ ref('fct_health_backtest_groups') }}
    where grouping_name = 'band' and group_name = 'red'

),

tested as (

    select *
    from areas

    union all

    select *
    from bands

),

reported as (

    select
        tested.metric
        || case when tested.horizon_days = 180 then '_180_days' else '' end as metric,
        quarters.period_start,
        tested.dimension_name,
        tested.dimension_value,
        tested.metric_value
    from tested
    inner join quarters
        on
            cast(date_trunc('month', cast(tested.tested_on as date)) as date)
            = quarters.month

),

published as (

    select
        metric,
        'quarter' as period_grain,
        period_start,
        dimension_name,
        dimension_value,
        metric_value as published_value,
        0 as rounding
    from reported

),

{{ kpi_contradictions(
    ref('kpi_values_health'), none, 'published'
) }}
