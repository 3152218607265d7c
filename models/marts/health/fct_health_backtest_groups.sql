-- One row per quarter end, horizon, segment (or total) and band or decile of the score.
-- Bands and deciles overlap: choose one grouping. Lift is over the green band.
with

cases as (

    select
        quarter_end,
        horizon_days,
        customer_id,
        health_date,
        segment,
        cmrr,
        lost_cmrr,
        is_lost
    from {{ ref('int_health_backtest_cases') }}

),

health as (

    select
        customer_id,
        health_date,
        health_score,
        health_band
    from {{ ref('fct_customer_health') }}

),

scored_cases as (

    select
        cases.*,
        health.health_score,
        health.health_band,
        ntile(10) over (
            partition by cases.quarter_end, cases.horizon_days
            order by health.health_score, cases.customer_id
        ) as score_decile
    from cases
    inner join health
        on
            cases.customer_id = health.customer_id
            and cases.health_date = health.health_date
    where health.health_score is not null

),

grouped_cases as (

    select
        *,
        'band' as grouping_name,
        health_band as group_name
    from scored_cases

    union all

    select
        *,
        'score_decile' as grouping_name,
        cast(score_decile as varchar) as group_name
    from scored_cases

),

cases_by_segment as (

    select
        *,
        segment as reported_segment
    from grouped_cases

    union all

    select
        *,
        'total' as reported_segment
    from grouped_cases

),

groups as (

    select
        quarter_end,
        horizon_days,
        reported_segment as segment,
        grouping_name,
        group_name,
        count(*) as customers,
        count(*) filter (where is_lost) as customers_lost,
        sum(cmrr) as cmrr,
        sum(lost_cmrr) as lost_cmrr,
        avg(cast(health_score as double)) as mean_health_score
    from cases_by_segment
    group by
        quarter_end,
        horizon_days,
        reported_segment,
        grouping_name,
        group_name

),

greens as (

    select
        quarter_end,
        horizon_days,
        segment,
        customers,
        customers_lost
    from groups
    where grouping_name = 'band' and group_name = 'green'

),

final as (

    select
        groups.quarter_end,
        groups.horizon_days,
        groups.segment,
        groups.grouping_name,
        groups.group_name,
        cast(groups.customers as integer) as customers,
        cast(groups.customers_lost as integer) as customers_lost,
        cast(groups.cmrr as decimal(18, 2)) as cmrr,
        cast(groups.lost_cmrr as decimal(18, 2)) as lost_cmrr,
        cast(round(groups.mean_health_score, 2) as decimal(9, 2)) as mean_health_score,
        {{ ratio('groups.customers_lost', 'groups.customers') }} as loss_rate,
        {{ ratio('groups.lost_cmrr', 'groups.cmrr') }} as lost_cmrr_rate,
        {{ wilson_bound('groups.customers_lost', 'groups.customers', 'low') }}
            as loss_rate_low,
        {{ wilson_bound('groups.customers_lost', 'groups.customers', 'high') }}
            as loss_rate_high,
        {{ ratio(
            'groups.customers_lost * greens.customers',
            'groups.customers * nullif(greens.customers_lost, 0)'
        ) }} as lift_over_green
    from groups
    left join greens
        on
            groups.quarter_end = greens.quarter_end
            and groups.horizon_days = greens.horizon_days
            and groups.segment = greens.segment

)

select * from final
