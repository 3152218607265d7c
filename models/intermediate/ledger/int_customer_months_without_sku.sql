-- One row per customer and month in which revenue was recognised without a SKU.
-- Such a month can be held against expected revenue only as a whole.
with

postings as (

    select
        customer_id,
        month_posted,
        service_month
    from {{ ref('int_revenue_postings') }}
    where is_without_sku

),

months_touched as (

    select
        customer_id,
        month_posted as month
    from postings

    union all

    select
        customer_id,
        service_month as month
    from postings

),

final as (

    select
        month,
        customer_id
    from months_touched
    group by month, customer_id

)

select * from final
