-- One row per term as it stands today: taken over, lost, lapsed, late or open, and the
-- day of the answer. Up, flat or down is settled against the lock, in the mart.
with

terms as (

    select
        contract_id,
        due_date,
        lapse_date,
        renewal_signed_date
    from {{ ref('int_renewal_terms') }}

),

takeovers as (

    select
        contract_id,
        sum(before_cmrr) as before_cmrr,
        sum(after_cmrr) as after_cmrr,
        sum(currency_effect) as currency_cmrr,
        sum(kept_cmrr) as kept_cmrr,
        coalesce(bool_and(is_archive) filter (where after_cmrr <> 0), false)
            as is_to_archive
    from {{ ref('int_renewal_skus_taken_over') }}
    group by contract_id

),

losses as (

    select
        contract_id,
        lost_date
    from {{ ref('int_renewals_lost') }}

),

answers as (

    select
        terms.contract_id,
        terms.lapse_date,
        terms.renewal_signed_date,
        losses.lost_date,
        case
            when takeovers.after_cmrr <= 0 then 'renewed_to_nothing'
            when takeovers.is_to_archive then 'archived'
            when takeovers.contract_id is not null then 'renewed'
            when losses.lost_date < terms.lapse_date then 'lost'
            when terms.lapse_date <= {{ as_of_date() }} then 'lapsed'
            when terms.due_date < {{ as_of_date() }} then 'late'
            else 'open'
        end as answer,
        takeovers.after_cmrr,
        takeovers.currency_cmrr,
        takeovers.kept_cmrr
    from terms
    left join takeovers
        on terms.contract_id = takeovers.contract_id
    left join losses
        on terms.contract_id = losses.contract_id

),

final as (

    select
        contract_id,
        answer,
        case
            when answer in ('renewed', 'archived', 'renewed_to_nothing')
                then renewal_signed_date
            when answer = 'lost' then lost_date
            when answer = 'lapsed' then lapse_date
        end as resolved_date,
        cast(coalesce(after_cmrr, 0) as decimal(18, 2)) as renewed_cmrr,
        cast(coalesce(currency_cmrr, 0) as decimal(18, 2)) as currency_cmrr,
        cast(
            case when answer = 'renewed' then kept_cmrr else 0 end as decimal(18, 2)
        ) as retained_cmrr
    from answers

)

select * from final
