-- One row per period and renewal not yet answered that is due in the running fiscal
-- quarter or the four after it, with the risk that is open at its customer.
with

forecasts as (

    select *
    from {{ ref('fct_renewal_forecasts') }}
    where quarters_ahead between 0 and 4 and expected_cmrr > 0

),

customers as (

    select
        customer_id,
        csm_user_id,
        industry,
        employee_band,
        region,
        sales_channel
    from {{ ref('dim_customers') }}

),

contracts as (

    select
        contract_id,
        currency
    from {{ ref('dim_contracts') }}

),

forecasts_in_periods as (

    {%- for grain in ['month', 'quarter'] %}
    select
        '{{ grain }}' as period_grain,
        {{ fiscal_period_start('due_date', grain) }} as period_start,
        *
    from forecasts
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        forecasts.period_grain,
        forecasts.period_start,
        forecasts.contract_id,
        forecasts.customer_id,
        forecasts.segment,
        customers.csm_user_id as csm,
        customers.industry,
        customers.employee_band,
        customers.region,
        customers.sales_channel,
        contracts.currency,
        coalesce(forecasts.health_band, 'unknown') as health_band,
        forecasts.risk_level,
        forecasts.intention,
        forecasts.expected_cmrr
    from forecasts_in_periods as forecasts
    inner join customers
        on forecasts.customer_id = customers.customer_id
    left join contracts
        on forecasts.contract_id = contracts.contract_id

)

select * from final
