-- One row per planned renewal and revision of the plan: annual amounts. A renewal is
-- in each quarterly revision of its year; the revisions of a year are never summed.
with

terms as (

    select
        contract_id,
        customer_id,
        due_date,
        due_month,
        due_year_start,
        fiscal_year
    from {{ ref('int_renewal_terms') }}

),

year_looks as (

    select
        contract_id,
        expected_cmrr
    from {{ ref('int_renewal_days') }}
    where look = 'year' and not is_ended_within_term

),

add_on_lines as (

    select
        contract_id,
        reporting_mrr,
        signed_date
    from {{ ref('int_renewal_lines_dated') }}
    where is_add_on

),

segment_spells as (

    select
        customer_id,
        segment,
        from_date,
        to_date
    from {{ ref('int_customer_segment_spells') }}

),

smallest_segment as (

    select segment
    from {{ ref('customer_segments') }}
    where minimum_annual_cmrr = 0

),

churn_rates as (

    select
        segment,
        fiscal_year,
        planned_churn_rate
    from {{ ref('planned_churn_rates') }}

),

revision_months as (

    {% if var('renewal_plan_revision') == 'month' %}
    select
        terms.contract_id,
        terms.due_month as period_start
    from terms
    {% else %}
    select
        terms.contract_id,
        fiscal_months.fiscal_quarter_start as period_start
    from terms
    inner join {{ ref('int_fiscal_months') }} as fiscal_months
        on terms.due_year_start = fiscal_months.fiscal_year_start
    where
        fiscal_months.month = fiscal_months.fiscal_quarter_start
        and fiscal_months.month <= {{ as_of_date() }}
    {% endif %}

),

planned as (

    select
        terms.contract_id,
        terms.customer_id,
        terms.fiscal_year,
        terms.due_year_start as fiscal_year_start,
        revision_months.period_start,
        terms.due_date,
        coalesce(segment_spells.segment, smallest_segment.segment) as segment,
        12 * year_looks.expected_cmrr as expected_amount
    from terms
    inner join year_looks
        on terms.contract_id = year_looks.contract_id
    inner join revision_months
        on terms.contract_id = revision_months.contract_id
    cross join smallest_segment
    left join segment_spells
        on
            terms.customer_id = segment_spells.customer_id
            and terms.due_year_start > segment_spells.from_date
            and coalesce(terms.due_year_start <= segment_spells.to_date, true)

),

add_ons as (

    select
        planned.contract_id,
        planned.period_start,
        12 * sum(add_on_lines.reporting_mrr) as add_on_amount
    from planned
    inner join add_on_lines
        on
            planned.contract_id = add_on_lines.contract_id
            and planned.fiscal_year_start <= add_on_lines.signed_date
            and planned.period_start > add_on_lines.signed_date
    group by planned.contract_id, planned.period_start

),

final as (

    select
        planned.contract_id,
        planned.period_start,
        planned.customer_id,
        planned.segment,
        planned.fiscal_year,
        planned.fiscal_year_start,
        planned.due_date,
        cast(
            coalesce(own_rates.planned_churn_rate, usual_rates.planned_churn_rate)
            as decimal(18, 6)
        ) as planned_churn_rate,
        cast(planned.expected_amount as decimal(18, 2)) as expected_amount,
        cast(coalesce(add_ons.add_on_amount, 0) as decimal(18, 2)) as add_on_amount
    from planned
    left join add_ons
        on
            planned.contract_id = add_ons.contract_id
            and planned.period_start = add_ons.period_start
    left join churn_rates as own_rates
        on
            planned.segment = own_rates.segment
            and planned.fiscal_year = own_rates.fiscal_year
    left join churn_rates as usual_rates
        on
            planned.segment = usual_rates.segment
            and usual_rates.fiscal_year is null

)

select * from final
