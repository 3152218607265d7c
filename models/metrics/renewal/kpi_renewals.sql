-- One row per period, renewal and role: due in the period, locked as due, or carried
-- over into it; with what its customer was the day before. Only of something expected.
{%- set attributes = [
    'segment',
    'industry',
    'employee_band',
    'region',
    'sales_channel',
] %}

with

renewals as (

    select
        *,
        outcome in ('renewed_up', 'renewed_flat', 'renewed_down') as is_renewed,
        outcome = 'archived' as is_archived
    from {{ ref('fct_renewals') }}
    where expected_cmrr > 0

),

list_price_effects as (

    select
        contract_id,
        sum(list_price_effect) as list_price_effect
    from {{ ref('fct_renewal_lines') }}
    group by contract_id

),

locks as (

    select
        contract_id,
        customer_id,
        period_start,
        due_date,
        expected_cmrr,
        is_carried_over
    from {{ ref('fct_expected_cmrr_locks') }}
    where expected_cmrr > 0 and locked_on <= {{ as_of_date() }}

),

periods as (

    select
        period_grain,
        period_start,
        period_end
    from {{ ref('kpi_periods') }}
    where period_grain <> 'day'

),

contracts as (

    select
        contract_id,
        currency
    from {{ ref('dim_contracts') }}

),

customers as (

    select
        customer_id,
        first_signed_date
    from {{ ref('dim_customers') }}

),

customer_history as (

    select
        customer_id,
        {{ attributes | join(',\n        ') }},
        csm_user_id,
        valid_from_date,
        valid_to_date,
        min(valid_from_date) over (partition by customer_id) as first_valid_from_date
    from {{ ref('dim_customer_history') }}

),

tenure_bands as (

    select
        tenure_band,
        minimum_months,
        lead(minimum_months) over (order by minimum_months) as next_minimum_months
    from {{ ref('tenure_bands') }}

),

rows_of_periods as (

    select
        periods.period_grain,
        periods.period_start,
        'due' as renewal_role,
        renewals.contract_id,
        renewals.customer_id,
        renewals.due_date,
        renewals.expected_cmrr,
        least(renewals.retained_cmrr, renewals.expected_cmrr) as retained_cmrr,
        coalesce(list_price_effects.list_price_effect, 0) as list_price_effect,
        renewals.is_resolved,
        renewals.is_renewed,
        renewals.is_archived,
        renewals.is_on_time,
        renewals.is_quote_in_time,
        renewals.is_outreach_in_time,
        coalesce(renewals.resolved_date <= periods.period_end, false)
            as is_resolved_in_period,
        coalesce(renewals.resolved_date < periods.period_start, false)
            as is_resolved_early
    from periods
    inner join renewals
        on
            periods.period_start
            = case periods.period_grain
                when 'month' then renewals.due_month
                when 'quarter' then renewals.due_quarter_start
                else renewals.due_year_start
            end
    left join list_price_effects
        on renewals.contract_id = list_price_effects.contract_id

    union all

    select
        periods.period_grain,
        periods.period_start,
        case when locks.is_carried_over then 'carried_over' else 'locked' end
            as renewal_role,
        locks.contract_id,
        locks.customer_id,
        locks.due_date,
        locks.expected_cmrr,
        0 as retained_cmrr,
        0 as list_price_effect,
        false as is_resolved,
        false as is_renewed,
        false as is_archived,
        false as is_on_time,
        false as is_quote_in_time,
        false as is_outreach_in_time,
        false as is_resolved_in_period,
        false as is_resolved_early
    from periods
    inner join locks
        on
            (locks.is_carried_over and periods.period_start = locks.period_start)
            or (
                not locks.is_carried_over
                and locks.due_date between periods.period_start and periods.period_end
            )

),

dated_rows as (

    select
        rows_of_periods.*,
        {{ full_months(
            'customers.first_signed_date',
            add_days('rows_of_periods.period_start', -1)
        ) }} as tenure_months,
        {{ add_days('rows_of_periods.period_start', -1) }} as day_before
    from rows_of_periods
    left join customers
        on rows_of_periods.customer_id = customers.customer_id

),

final as (

    select
        dated_rows.period_grain,
        dated_rows.period_start,
        dated_rows.renewal_role,
        dated_rows.contract_id,
        dated_rows.customer_id,
        {%- for attribute in attributes %}
        customer_history.{{ attribute }},
        {%- endfor %}
        customer_history.csm_user_id as csm,
        contracts.currency,
        tenure_bands.tenure_band,
        case
            when dated_rows.renewal_role <> 'carried_over' then 'not_late'
            when dated_rows.day_before - dated_rows.due_date < 30 then '1 to 30 days'
            when dated_rows.day_before - dated_rows.due_date < 60 then '31 to 60 days'
            when dated_rows.day_before - dated_rows.due_date < 90 then '61 to 90 days'
            else 'over 90 days'
        end as age_band,
        cast(dated_rows.expected_cmrr as decimal(18, 2)) as expected_cmrr,
        cast(dated_rows.retained_cmrr as decimal(18, 2)) as retained_cmrr,
        cast(dated_rows.list_price_effect as decimal(18, 2)) as list_price_effect,
        dated_rows.is_resolved,
        dated_rows.is_renewed,
        dated_rows.is_archived,
        dated_rows.is_on_time,
        dated_rows.is_quote_in_time,
        dated_rows.is_outreach_in_time,
        dated_rows.is_resolved_in_period,
        dated_rows.is_resolved_early
    from dated_rows
    left join contracts
        on dated_rows.contract_id = contracts.contract_id
    left join customer_history
        on
            dated_rows.customer_id = customer_history.customer_id
            and greatest(
                dated_rows.day_before, customer_history.first_valid_from_date
            )
            >= customer_history.valid_from_date
            and (
                greatest(
                    dated_rows.day_before, customer_history.first_valid_from_date
                )
                < customer_history.valid_to_date
                or customer_history.valid_to_date is null
            )
    left join tenure_bands
        on
            greatest(dated_rows.tenure_months, 0) >= tenure_bands.minimum_months
            and (
                dated_rows.tenure_months < tenure_bands.next_minimum_months
                or tenure_bands.next_minimum_months is null
            )

)

select * from final
