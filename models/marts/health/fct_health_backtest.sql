-- One row per period (a quarter end, or all), horizon, segment (or total) and scorer.
-- An AUC of 0.5 is a coin; 1 ranks all who left below all who stayed.
with

rankings as (

    select
        period,
        horizon_days,
        segment,
        scorer,
        customers,
        customers_lost,
        auc,
        auc_low,
        auc_high,
        customers_with_score,
        auc_on_the_same,
        health_auc_on_the_same
    from {{ ref('int_health_backtest_rankings') }}

),

final as (

    select
        period,
        horizon_days,
        segment,
        scorer,
        case
            when scorer = 'health_score' then 'score'
            when scorer like 'without_%' then 'score without a component'
            else 'rival'
        end as scorer_kind,
        customers,
        customers_lost,
        cast(round(auc, 6) as decimal(18, 6)) as auc,
        cast(round(auc_low, 6) as decimal(18, 6)) as auc_low,
        cast(round(auc_high, 6) as decimal(18, 6)) as auc_high,
        customers_with_score,
        cast(round(auc_on_the_same, 6) as decimal(18, 6)) as auc_on_the_same,
        cast(round(health_auc_on_the_same, 6) as decimal(18, 6))
            as health_auc_on_the_same
    from rankings

)

select * from final
