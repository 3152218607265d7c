-- One row per account, month and service level that was measured.
-- Attainment is the share of rows that are met; at the target is met.
with

service_levels as (

    select
        account_id,
        measured_month,
        sla_name,
        target_value,
        actual_value
    from {{ ref('stg_product_usage__service_levels') }}
    where measured_month <= {{ as_of_date() }}

),

customers as (

    select
        customer_id,
        segment
    from {{ ref('dim_customers') }}

),

final as (

    select
        service_levels.measured_month as month,
        service_levels.account_id as customer_id,
        service_levels.sla_name,
        customers.segment,
        service_levels.target_value,
        service_levels.actual_value,
        service_levels.actual_value >= service_levels.target_value as is_met
    from service_levels
    left join customers
        on service_levels.account_id = customers.customer_id

)

select * from final
