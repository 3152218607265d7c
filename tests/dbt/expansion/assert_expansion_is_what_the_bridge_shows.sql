-- Upsell, cross-sell and price expansion of a customer's month are its add-ons and
-- upgrades in the bridge, to the cent. A driver that is none of the three would be lost
-- here.
with

bridge as (

    select
        month,
        customer_id,
        sum(add_on_cmrr + upgrade_cmrr) as expansion_cmrr
    from {{ ref('fct_cmrr_bridge') }}
    group by month, customer_id

)

select
    coalesce(bridge.month, expansion.month) as month,
    coalesce(bridge.customer_id, expansion.customer_id) as customer_id,
    bridge.expansion_cmrr as bridge_cmrr,
    expansion.expansion_cmrr,
    expansion.upsell_cmrr,
    expansion.cross_sell_cmrr,
    expansion.price_expansion_cmrr
from bridge
full join {{ ref('fct_expansion_months') }} as expansion
    on
        bridge.month = expansion.month
        and bridge.customer_id = expansion.customer_id
where
    coalesce(bridge.expansion_cmrr, 0) <> coalesce(expansion.expansion_cmrr, 0)
    or expansion.expansion_cmrr
    <> expansion.upsell_cmrr
    + expansion.cross_sell_cmrr
    + expansion.price_expansion_cmrr
    or expansion.price_expansion_cmrr
    <> expansion.list_price_cmrr + expansion.discount_cmrr
