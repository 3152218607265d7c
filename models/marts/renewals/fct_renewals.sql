-- One row per contract term that comes due, in the period of its due date. A term that
-- ended within itself is here only if its expected CMRR was locked.
with

terms as (

    select *
    from {{ ref('int_renewal_terms') }}

),

looks as (

    select
        contract_id,
        look,
        expected_cmrr,
        is_ended_within_term
    from {{ ref('int_renewal_days') }}
    where look in ('due', 'today')

),

answers as (

    select *
    from {{ ref('int_renewals_answered') }}

),

touches as (

    select *
    from {{ ref('int_renewal_touches') }}

),

locks as (

    select
        period_start,
        contract_id,
        segment,
        locked_on,
        expected_cmrr,
        is_carried_over,
        is_backfilled
    from {{ ref('fct_expected_cmrr_locks') }}
    where locked_on <= {{ as_of_date() }} and period_start <= {{ as_of_date() }}

),

carried_over as (

    select
        contract_id,
        max(period_start) as last_period_start,
        count(*) as periods_carried_over
    from locks
    where is_carried_over
    group by contract_id

),

renewals as (

    select
        terms.*,
        answers.answer,
        answers.resolved_date,
        answers.renewed_cmrr,
        answers.currency_cmrr,
        answers.retained_cmrr,
        locks.contract_id is not null as is_locked,
        locks.segment,
        locks.locked_on,
        coalesce(locks.is_backfilled, false) as is_backfilled,
        coalesce(locks.expected_cmrr, look_due.expected_cmrr) as expected_cmrr,
        look_today.expected_cmrr as current_expected_cmrr,
        coalesce(carried_over.periods_carried_over, 0) as periods_carried_over,
        touches.quote_sent_days_before_due,
        touches.first_outreach_days_before_due,
        case
            when answers.answer in ('renewed', 'archived', 'renewed_to_nothing')
                then terms.due_date - terms.renewal_signed_date
        end as days_before_due
    from terms
    inner join answers
        on terms.contract_id = answers.contract_id
    inner join looks as look_due
        on terms.contract_id = look_due.contract_id and look_due.look = 'due'
    inner join looks as look_today
        on terms.contract_id = look_today.contract_id and look_today.look = 'today'
    left join locks
        on
            terms.contract_id = locks.contract_id
            and terms.due_period_start = locks.period_start
    left join carried_over
        on terms.contract_id = carried_over.contract_id
    left join touches
        on terms.contract_id = touches.contract_id
    where locks.contract_id is not null or not look_due.is_ended_within_term

),

final as (

    select
        contract_id,
        contract_family_id,
        customer_id,
        start_date,
        due_date,
        due_period_start,
        due_month,
        due_quarter_start,
        due_year_start,
        fiscal_year,
        segment,
        renewal_contract_id,
        takeover_date,
        resolved_date,
        case
            when answer in ('renewed_to_nothing', 'lost') then 'cancelled'
            when answer <> 'renewed' then answer
            when renewed_cmrr - currency_cmrr > expected_cmrr then 'renewed_up'
            when renewed_cmrr - currency_cmrr = expected_cmrr then 'renewed_flat'
            else 'renewed_down'
        end as outcome,
        case
            when resolved_date < due_period_start then 'early'
            when resolved_date <= due_date then 'in_period'
            when periods_carried_over > 0 then 'carried_over'
            when resolved_date > due_date or answer = 'late' then 'late'
        end as timing,
        resolved_date is not null as is_resolved,
        coalesce(days_before_due >= 30, false) as is_on_time,
        cast(expected_cmrr as decimal(18, 2)) as expected_cmrr,
        cast(current_expected_cmrr as decimal(18, 2)) as current_expected_cmrr,
        is_locked,
        is_backfilled,
        locked_on,
        cast(
            case
                when is_locked then current_expected_cmrr - expected_cmrr else 0
            end as decimal(18, 2)
        ) as added_since_lock,
        cast(retained_cmrr as decimal(18, 2)) as retained_cmrr,
        cast(renewed_cmrr as decimal(18, 2)) as renewed_cmrr,
        cast(currency_cmrr as decimal(18, 2)) as currency_cmrr,
        cast(days_before_due as integer) as days_before_due,
        quote_sent_days_before_due,
        coalesce(quote_sent_days_before_due > 120, false) as is_quote_in_time,
        first_outreach_days_before_due,
        coalesce(first_outreach_days_before_due >= 90, false) as is_outreach_in_time,
        cast(periods_carried_over as integer) as periods_carried_over
    from renewals

)

select * from final
