-- One row per contract term with something recurring in it: when it comes due, when its
-- expected CMRR is locked, and the contract that was signed to renew it.
with

contracts as (

    select *
    from {{ ref('int_contract_families') }}
    where signed_date <= {{ as_of_date() }}

),

renewals as (

    select
        contract_id,
        renewed_from_contract_id,
        is_return,
        signed_date,
        takeover_date,
        cancelled_date
    from {{ ref('int_renewals_paired') }}

),

recurring_contracts as (

    select contract_id
    from {{ ref('int_recurring_lines_priced') }}
    where quantity > 0 and signed_date <= {{ as_of_date() }}
    group by contract_id

),

fiscal_calendar as (

    select
        max(fiscal_year - cast(extract(year from fiscal_year_start) as integer))
            as year_name_offset
    from {{ ref('int_fiscal_months') }}

),

terms as (

    select
        contracts.contract_id,
        contracts.contract_family_id,
        contracts.customer_id,
        contracts.account_id,
        contracts.signed_date,
        contracts.start_date,
        contracts.end_date as due_date,
        contracts.lapse_date,
        renewals.contract_id as renewal_contract_id,
        renewals.signed_date as renewal_signed_date,
        renewals.takeover_date,
        renewals.cancelled_date as renewal_cancelled_date,
        coalesce(
            not renewals.is_return
            and renewals.signed_date <= contracts.lapse_date,
            false
        ) as is_renewal_to_take_over,
        own_renewal.takeover_date as own_takeover_date,
        {{ fiscal_period_start('contracts.end_date', var('expected_cmrr_lock')) }}
            as due_period_start,
        {{ fiscal_period_start('contracts.end_date', 'month') }} as due_month,
        {{ fiscal_period_start('contracts.end_date', 'quarter') }} as due_quarter_start,
        {{ fiscal_period_start('contracts.end_date', 'year') }} as due_year_start
    from contracts
    inner join recurring_contracts
        on contracts.contract_id = recurring_contracts.contract_id
    left join renewals
        on
            contracts.contract_id = renewals.renewed_from_contract_id
            and renewals.signed_date <= {{ as_of_date() }}
    left join renewals as own_renewal
        on
            contracts.contract_id = own_renewal.contract_id
            and not own_renewal.is_return

),

terms_with_lock as (

    select
        *,
        greatest({{ add_days('due_period_start', -1) }}, signed_date) as lock_date
    from terms

),

ends_within_term as (

    select
        terms_with_lock.contract_id,
        min(cancellations.notified_date) as ended_notice_date
    from terms_with_lock
    inner join {{ ref('stg_billing__cancellations') }} as cancellations
        on
            terms_with_lock.contract_id = cancellations.contract_id
            and cancellations.sku is null
            and terms_with_lock.due_date >= cancellations.effective_date
            and terms_with_lock.lock_date >= cancellations.effective_date
            and terms_with_lock.lock_date >= cancellations.notified_date
    group by terms_with_lock.contract_id

),

final as (

    select
        terms_with_lock.contract_id,
        terms_with_lock.contract_family_id,
        terms_with_lock.customer_id,
        terms_with_lock.account_id,
        terms_with_lock.renewal_contract_id,
        terms_with_lock.is_renewal_to_take_over,
        terms_with_lock.signed_date,
        terms_with_lock.start_date,
        terms_with_lock.due_date,
        terms_with_lock.lapse_date,
        terms_with_lock.lock_date,
        terms_with_lock.own_takeover_date,
        terms_with_lock.renewal_signed_date,
        terms_with_lock.takeover_date,
        terms_with_lock.renewal_cancelled_date,
        ends_within_term.ended_notice_date,
        terms_with_lock.due_period_start,
        terms_with_lock.due_month,
        terms_with_lock.due_quarter_start,
        terms_with_lock.due_year_start,
        cast(
            extract(year from terms_with_lock.due_year_start)
            + coalesce(fiscal_calendar.year_name_offset, 0) as integer
        ) as fiscal_year
    from terms_with_lock
    cross join fiscal_calendar
    left join ends_within_term
        on terms_with_lock.contract_id = ends_within_term.contract_id

)

select * from final
