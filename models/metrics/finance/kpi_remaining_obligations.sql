-- One row per period, role, contract and SKU: what is signed and not yet served, in the
-- period that will see it (ahead), and all of it in that of the as-of date (today).
with

obligations as (

    select
        month,
        is_within_twelve_months,
        contract_id,
        customer_id,
        sku,
        remaining_amount,
        ramp_step_amount,
        going_live_cmrr
    from {{ ref('fct_remaining_performance_obligation') }}

),

customers as (

    select
        customer_id,
        segment,
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

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

obligations_in_periods as (

    {%- for grain in ['month', 'quarter', 'year'] %}
    {%- set outer = loop %}
    {%- for role, day in {'ahead': 'month', 'today': as_of_date()}.items() %}
    select
        '{{ grain }}' as period_grain,
        {{ fiscal_period_start(day, grain) }} as period_start,
        '{{ role }}' as obligation_role,
        *
    from obligations
    {%- if not (loop.last and outer.last) %}

    union all
    {% endif %}
    {%- endfor %}
    {%- endfor %}

),

sums as (

    select
        period_grain,
        period_start,
        obligation_role,
        contract_id,
        customer_id,
        sku,
        sum(remaining_amount) as remaining_amount,
        sum(case when is_within_twelve_months then remaining_amount else 0 end)
            as within_twelve_months_amount,
        sum(ramp_step_amount) as ramp_step_amount,
        sum(going_live_cmrr) as going_live_cmrr
    from obligations_in_periods
    group by
        period_grain, period_start, obligation_role, contract_id, customer_id, sku

),

final as (

    select
        sums.period_grain,
        sums.period_start,
        sums.obligation_role,
        sums.contract_id,
        sums.customer_id,
        sums.sku,
        customers.segment,
        customers.csm_user_id as csm,
        customers.industry,
        customers.employee_band,
        customers.region,
        customers.sales_channel,
        contracts.currency,
        products.product_line,
        cast(sums.remaining_amount as decimal(18, 2)) as remaining_amount,
        cast(sums.within_twelve_months_amount as decimal(18, 2))
            as within_twelve_months_amount,
        cast(sums.ramp_step_amount as decimal(18, 2)) as ramp_step_amount,
        cast(sums.going_live_cmrr as decimal(18, 2)) as going_live_cmrr
    from sums
    left join customers
        on sums.customer_id = customers.customer_id
    left join contracts
        on sums.contract_id = contracts.contract_id
    left join products
        on sums.sku = products.sku

)

select * from final
