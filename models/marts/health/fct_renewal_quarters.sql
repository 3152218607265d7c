-- One row per contract due or planned in the running fiscal quarter, the four after it
-- or an earlier one that still has renewals to answer; with its amounts.
with

renewals as (

    select *
    from {{ ref('fct_renewals') }}

),

forecasts as (

    select *
    from {{ ref('fct_renewal_forecasts') }}

),

customers as (

    select
        customer_id,
        segment
    from {{ ref('dim_customers') }}

),

plans as (

    select
        contract_id,
        customer_id,
        {{ fiscal_period_start('due_date', 'quarter') }} as due_quarter_start,
        expected_amount,
        add_on_amount,
        planned_churn_rate,
        row_number() over (
            partition by contract_id order by period_start desc
        ) as revision_number
    from {{ ref('fct_renewal_plan_revisions') }}
    where period_start <= {{ as_of_date() }}

),

leads as (

    {% for lead in range(5) -%}
    select {{ lead }} as quarters_ahead
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

quarters as (

    select
        cast(
            {{ fiscal_period_start(as_of_date(), 'quarter') }}
            + quarters_ahead * interval 3 month as date
        ) as due_quarter_start,
        quarters_ahead
    from leads

    union all

    select
        due_quarter_start,
        quarters_ahead
    from forecasts
    where quarters_ahead < 0
    group by due_quarter_start, quarters_ahead

),

newest_plans as (

    select
        contract_id,
        customer_id,
        due_quarter_start,
        cast(
            (
                cast(expected_amount as decimal(30, 2)) * (1 - planned_churn_rate)
                + add_on_amount
            ) as double
        ) / 12 as planned_cmrr
    from plans
    where revision_number = 1

),

contracts as (

    select
        coalesce(renewals.contract_id, newest_plans.contract_id) as contract_id,
        coalesce(renewals.customer_id, newest_plans.customer_id) as customer_id,
        coalesce(renewals.due_quarter_start, newest_plans.due_quarter_start)
            as due_quarter_start,
        renewals.segment as locked_segment,
        renewals.is_resolved,
        coalesce(renewals.expected_cmrr, 0) as expected_cmrr,
        case when renewals.is_locked then renewals.expected_cmrr end as locked_cmrr,
        case when renewals.is_resolved then renewals.retained_cmrr end as retained_cmrr,
        newest_plans.planned_cmrr
    from renewals
    full outer join newest_plans
        on renewals.contract_id = newest_plans.contract_id

),

final as (

    select
        contracts.contract_id,
        contracts.customer_id,
        coalesce(contracts.locked_segment, customers.segment) as segment,
        contracts.due_quarter_start,
        quarters.quarters_ahead,
        coalesce(contracts.is_resolved = false, false) as is_open,
        cast(contracts.expected_cmrr as decimal(18, 2)) as expected_cmrr,
        cast(contracts.locked_cmrr as decimal(18, 2)) as locked_cmrr,
        cast(contracts.retained_cmrr as decimal(18, 2)) as retained_cmrr,
        cast(round(contracts.planned_cmrr, 2) as decimal(18, 2)) as planned_cmrr,
        forecasts.forecast_cmrr,
        forecasts.chance_kept,
        forecasts.chance_deviation,
        forecasts.chance_renewals,
        forecasts.chance_band,
        forecasts.chance_quarters_ahead
    from contracts
    inner join quarters
        on contracts.due_quarter_start = quarters.due_quarter_start
    inner join customers
        on contracts.customer_id = customers.customer_id
    left join forecasts
        on contracts.contract_id = forecasts.contract_id

)

select * from final
