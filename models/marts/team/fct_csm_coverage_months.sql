-- One row per month end, CSM and coverage model of which the CSM carried a customer.
-- Customers without a CSM stand under `unassigned`, so CMRR sums to the company's.
with

customer_months as (

    select
        month,
        csm_user_id,
        segment,
        is_active,
        cmrr
    from {{ ref('fct_csm_customer_months') }}

),

coverage_limits as (

    select
        segment,
        minimum_customers,
        maximum_customers
    from {{ ref('coverage_limits') }}

),

books as (

    select
        month,
        csm_user_id,
        segment,
        cast(count(*) filter (where is_active) as integer) as customers,
        cast(sum(cmrr) as decimal(18, 2)) as cmrr
    from customer_months
    group by month, csm_user_id, segment

),

final as (

    select
        books.month,
        books.csm_user_id,
        books.segment,
        books.customers,
        books.cmrr,
        coverage_limits.minimum_customers,
        coverage_limits.maximum_customers,
        case
            when books.csm_user_id <> 'unassigned'
                then
                    books.customers between
                    coverage_limits.minimum_customers
                    and coverage_limits.maximum_customers
        end as is_within_limits
    from books
    left join coverage_limits
        on books.segment = coverage_limits.segment

)

select * from final
