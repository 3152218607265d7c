-- One row per period and segment, and for all: what lifetime value and its multiple of
-- acquisition cost divide. Null where the ledger or the period is not complete.
with

lifetime_values as (

    select
        period_grain,
        period_start,
        segment,
        customers,
        monthly_gross_margin_per_customer,
        monthly_churn_rate,
        customer_acquisition_cost
    from {{ ref('rpt_lifetime_value') }}

),

final as (

    select
        period_grain,
        period_start,
        case when segment = 'all' then 'total' else 'segment' end as dimension_name,
        segment as dimension_value,
        customers,
        cast(customers * monthly_gross_margin_per_customer as decimal(18, 2))
            as monthly_gross_margin,
        cast(customers * monthly_churn_rate as decimal(18, 6))
            as customers_lost_a_month,
        customer_acquisition_cost
    from lifetime_values

)

select * from final
