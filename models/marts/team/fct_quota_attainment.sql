-- One row per person, type of quota and period that had begun by the as-of date.
-- Both days of the period belong to it; a running period is attained so far.
with

quotas as (

    select
        user_id,
        quota_type,
        period_start,
        period_end,
        amount
    from {{ ref('stg_crm__quotas') }}
    where period_start <= {{ as_of_date() }}

),

credits as (

    select
        user_id,
        quota_type,
        credit_date,
        annual_amount
    from {{ ref('fct_sales_credits') }}

),

attained as (

    select
        quotas.user_id,
        quotas.quota_type,
        quotas.period_start,
        quotas.period_end,
        quotas.amount as quota_amount,
        coalesce(sum(credits.annual_amount), 0) as attained_amount
    from quotas
    left join credits
        on
            quotas.user_id = credits.user_id
            and quotas.quota_type = credits.quota_type
            and credits.credit_date between quotas.period_start and quotas.period_end
    group by
        quotas.user_id,
        quotas.quota_type,
        quotas.period_start,
        quotas.period_end,
        quotas.amount

),

final as (

    select
        user_id,
        quota_type,
        period_start,
        period_end,
        cast(quota_amount as decimal(18, 2)) as quota_amount,
        cast(attained_amount as decimal(18, 2)) as attained_amount,
        {{ ratio('attained_amount', 'quota_amount') }} as attainment,
        period_end <= {{ as_of_date() }} as is_complete
    from attained

)

select * from final
