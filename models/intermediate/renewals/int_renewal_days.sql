-- One row per term and day on which it is looked at, by what was known on that day.
-- Looks: due (for the lock), carried_over (a later lock period begins), year (the plan)
-- and today. Amounts are a month's.
with

terms as (

    select
        contract_id,
        is_renewal_to_take_over,
        signed_date,
        lapse_date,
        lock_date,
        renewal_signed_date,
        ended_notice_date,
        due_period_start,
        due_year_start
    from {{ ref('int_renewal_terms') }}

),

lines as (

    select
        contract_id,
        quantity,
        reporting_mrr,
        signed_date,
        expected_until_date,
        left_until_date
    from {{ ref('int_renewal_lines_dated') }}

),

terms_taken_over as (

    select contract_id
    from {{ ref('int_renewal_skus_taken_over') }}
    group by contract_id

),

lock_periods as (

    select {{ fiscal_period_start('month', var('expected_cmrr_lock')) }} as period_start
    from {{ ref('int_fiscal_months') }}
    where month <= {{ as_of_date() }}
    group by period_start

),

looks as (

    select
        contract_id,
        'due' as look,
        due_period_start as period_start,
        least(lock_date, {{ as_of_date() }}) as known_date
    from terms

    union all

    select
        terms.contract_id,
        'carried_over' as look,
        lock_periods.period_start,
        {{ add_days('lock_periods.period_start', -1) }} as known_date
    from terms
    inner join lock_periods
        on
            terms.due_period_start < lock_periods.period_start
            and terms.signed_date < lock_periods.period_start
            and terms.lapse_date >= lock_periods.period_start

    union all

    select
        contract_id,
        'year' as look,
        due_year_start as period_start,
        {{ add_days('due_year_start', -1) }} as known_date
    from terms
    where due_year_start <= {{ as_of_date() }} and signed_date < due_year_start

    union all

    select
        contract_id,
        'today' as look,
        due_period_start as period_start,
        {{ as_of_date() }} as known_date
    from terms

),

sums as (

    select
        looks.contract_id,
        looks.look,
        looks.period_start,
        looks.known_date,
        coalesce(
            sum(lines.reporting_mrr) filter (
                where coalesce(lines.expected_until_date > looks.known_date, true)
            ),
            0
        ) as expected_cmrr,
        count(*) filter (
            where
            lines.quantity > 0
            and coalesce(lines.expected_until_date > looks.known_date, true)
        ) as expected_lines,
        coalesce(
            sum(lines.reporting_mrr) filter (
                where coalesce(lines.left_until_date > looks.known_date, true)
            ),
            0
        ) as left_cmrr,
        coalesce(
            sum(lines.reporting_mrr) filter (where lines.quantity > 0), 0
        ) as ever_cmrr
    from looks
    left join lines
        on
            looks.contract_id = lines.contract_id
            and looks.known_date >= lines.signed_date
    group by looks.contract_id, looks.look, looks.period_start, looks.known_date

),

final as (

    select
        sums.contract_id,
        sums.look,
        sums.period_start,
        sums.known_date,
        cast(sums.expected_cmrr as decimal(18, 2)) as expected_cmrr,
        cast(sums.left_cmrr as decimal(18, 2)) as left_cmrr,
        sums.expected_lines = 0
        and coalesce(terms.ended_notice_date <= sums.known_date, false)
            as is_ended_within_term,
        (
            terms.is_renewal_to_take_over
            and terms.renewal_signed_date <= sums.known_date
            and (sums.ever_cmrr > 0 or terms_taken_over.contract_id is not null)
        )
        or (sums.ever_cmrr > 0 and sums.left_cmrr <= 0)
        or terms.lapse_date <= sums.known_date as is_resolved
    from sums
    inner join terms
        on sums.contract_id = terms.contract_id
    left join terms_taken_over
        on sums.contract_id = terms_taken_over.contract_id

)

select * from final
