-- One row per month, customer and SKU that is licensed or metered: licences, who uses
-- them, units, and the product line.
with

licences as (

    select
        month,
        customer_id,
        sku,
        licences_purchased,
        active_users,
        licences_assigned,
        licences_activated,
        licences_deactivated
    from {{ ref('fct_licence_utilisation_months') }}

),

units as (

    select
        month,
        customer_id,
        sku,
        units_consumed,
        units_entitled,
        overage_units
    from {{ ref('fct_consumption_months') }}

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        coalesce(licences.month, units.month) as month,
        coalesce(licences.customer_id, units.customer_id) as customer_id,
        coalesce(licences.sku, units.sku) as sku,
        products.product_line,
        licences.licences_purchased,
        licences.active_users,
        licences.licences_assigned,
        licences.licences_activated,
        licences.licences_deactivated,
        units.units_consumed,
        units.units_entitled,
        units.overage_units
    from licences
    full join units
        on
            licences.month = units.month
            and licences.customer_id = units.customer_id
            and licences.sku = units.sku
    left join products
        on coalesce(licences.sku, units.sku) = products.sku

)

select * from final
