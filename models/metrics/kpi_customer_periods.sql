-- One row per period and customer with CMRR or a movement in it: what its figures are
-- sliced by, as it was when the period began.
with

attributes as (

    select
        period_grain,
        period_start,
        customer_id,
        as_it_was_date,
        segment,
        csm_user_id,
        industry,
        employee_band,
        region,
        sales_channel
    from {{ ref('fct_customer_period_attributes') }}

),

customers as (

    select
        customer_id,
        first_signed_date
    from {{ ref('dim_customers') }}

),

contracts as (

    select
        customer_id,
        contract_id,
        signed_date,
        currency
    from {{ ref('dim_contracts') }}

),

tenure_bands as (

    select
        tenure_band,
        minimum_months,
        lead(minimum_months) over (order by minimum_months) as next_minimum_months
    from {{ ref('tenure_bands') }}

),

newest_contracts as (

    select
        attributes.period_grain,
        attributes.period_start,
        attributes.customer_id,
        contracts.currency,
        row_number() over (
            partition by
                attributes.period_grain,
                attributes.period_start,
                attributes.customer_id
            order by contracts.signed_date desc, contracts.contract_id desc
        ) as recency
    from attributes
    inner join contracts
        on
            attributes.customer_id = contracts.customer_id
            and attributes.as_it_was_date >= contracts.signed_date

),

attributes_with_tenure as (

    select
        attributes.*,
        {{ full_months('customers.first_signed_date', 'attributes.as_it_was_date') }}
            as tenure_months
    from attributes
    left join customers
        on attributes.customer_id = customers.customer_id

),

final as (

    select
        attributes.period_grain
        || '|' || cast(attributes.period_start as varchar)
        || '|' || attributes.customer_id as customer_period_key,
        attributes.period_grain,
        attributes.period_start,
        attributes.customer_id,
        attributes.segment,
        attributes.csm_user_id as csm,
        attributes.industry,
        attributes.employee_band,
        attributes.region,
        attributes.sales_channel,
        newest_contracts.currency,
        tenure_bands.tenure_band
    from attributes_with_tenure as attributes
    left join newest_contracts
        on
            attributes.period_grain = newest_contracts.period_grain
            and attributes.period_start = newest_contracts.period_start
            and attributes.customer_id = newest_contracts.customer_id
            and newest_contracts.recency = 1
    left join tenure_bands
        on
            greatest(attributes.tenure_months, 0) >= tenure_bands.minimum_months
            and (
                attributes.tenure_months < tenure_bands.next_minimum_months
                or tenure_bands.next_minimum_months is null
            )

)

select * from final
