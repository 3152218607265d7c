-- One row per period and account with a relationship NPS response that counts at its
-- end: promoter, passive or detractor by the mean, and its CMRR then.
with

responses as (

    select
        period_grain,
        period_start,
        customer_id,
        sum(score_sum) as score_sum,
        sum(responses) as responses
    from {{ ref('fct_survey_customer_periods') }}
    where
        survey_type = 'nps'
        and survey_kind = 'relationship'
        and responses > 0
    group by period_grain, period_start, customer_id

),

levels as (

    select
        period_grain,
        period_start,
        customer_id,
        ending_cmrr
    from {{ ref('fct_cmrr_customer_periods') }}

),

final as (

    select
        responses.period_grain,
        responses.period_start,
        responses.customer_id,
        case
            when responses.score_sum >= 9 * responses.responses then 1
            when responses.score_sum >= 7 * responses.responses then 0
            else -1
        end as account_class,
        cast(greatest(coalesce(levels.ending_cmrr, 0), 0) as decimal(18, 2)) as cmrr
    from responses
    left join levels
        on
            responses.period_grain = levels.period_grain
            and responses.period_start = levels.period_start
            and responses.customer_id = levels.customer_id

)

select * from final
