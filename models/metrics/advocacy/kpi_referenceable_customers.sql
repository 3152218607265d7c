-- One row per customer with CMRR on the as-of date, in the month that holds the date.
with

final as (

    select
        cast(date_trunc('month', {{ as_of_date() }}) as date) as month,
        customer_id,
        is_referenceable
    from {{ ref('dim_customers') }}
    where is_active

)

select * from final
