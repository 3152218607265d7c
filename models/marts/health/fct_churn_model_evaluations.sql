-- One row per period (quarter end, or all), horizon and group: total or decile of the
-- chance. Each case was judged by a model that had learnt what was known that day.
with

evaluations as (

    select *
    from {{ ref('int_churn_evaluations') }}

),

final as (

    select
        period,
        horizon_days,
        group_name,
        cases,
        losses,
        cast(mean_probability as decimal(18, 6)) as mean_probability,
        {{ ratio('losses', 'cases') }} as loss_rate,
        {{ wilson_bound('losses', 'cases', 'low') }} as loss_rate_low,
        {{ wilson_bound('losses', 'cases', 'high') }} as loss_rate_high,
        cast(brier_score as decimal(18, 6)) as brier_score,
        cast(base_rate_brier_score as decimal(18, 6)) as base_rate_brier_score,
        scored_cases,
        scored_losses,
        cast(auc as decimal(18, 6)) as auc,
        cast(auc_low as decimal(18, 6)) as auc_low,
        cast(auc_high as decimal(18, 6)) as auc_high,
        cast(score_auc as decimal(18, 6)) as score_auc,
        cast(over_score_low as decimal(18, 6)) as over_score_low,
        cast(over_score_high as decimal(18, 6)) as over_score_high,
        cast(due_date_auc as decimal(18, 6)) as due_date_auc,
        cast(over_due_date_low as decimal(18, 6)) as over_due_date_low,
        cast(over_due_date_high as decimal(18, 6)) as over_due_date_high,
        coalesce(over_score_low > 0, false) as is_better_than_score,
        coalesce(over_due_date_low > 0, false) as is_better_than_due_date
    from evaluations

)

select * from final
