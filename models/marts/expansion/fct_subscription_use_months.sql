-- One row per month, customer and SKU of which licences or units were bought.
-- Flat SKUs have nothing to exceed and are not here.
with

licences as (

    select
        month,
        customer_id,
        sku,
        licences_purchased,
        active_users
    from {{ ref('fct_licence_utilisation_months') }}
    where licences_purchased > 0

),

units as (

    select
        month,
        customer_id,
        sku,
        units_entitled,
        units_consumed
    from {{ ref('fct_consumption_months') }}
    where units_entitled > 0

),

subscriptions as (

    select
        month,
        customer_id,
        sku,
        'licences' as measure,
        licences_purchased as bought,
        cast(active_users as decimal(18, 2)) as used
    from licences

    union all

    select
        month,
        customer_id,
        sku,
        'units' as measure,
        units_entitled as bought,
        units_consumed as used
    from units

),

final as (

    select
        month,
        customer_id,
        sku,
        measure,
        cast(bought as decimal(18, 2)) as bought,
        cast(used as decimal(18, 2)) as used,
        {{ ratio('used', 'bought') }} as use_rate,
        used <= bought as is_compliant
    from subscriptions

)

select * from final
