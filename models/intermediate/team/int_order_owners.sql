-- One row per order line whose order came from an opportunity, with whose it was.
-- `unassigned` where the opportunity has no owner or was deleted or set aside.
with

order_lines as (

    select
        order_line_id,
        order_id
    from {{ ref('stg_billing__order_lines') }}

),

orders as (

    select
        order_id,
        contract_id,
        opportunity_id
    from {{ ref('stg_billing__orders') }}
    where opportunity_id is not null

),

opportunities as (

    select
        opportunity_id,
        owner_user_id
    from {{ ref('stg_crm__opportunities') }}

),

final as (

    select
        order_lines.order_line_id,
        orders.order_id,
        orders.contract_id,
        orders.opportunity_id,
        coalesce(opportunities.owner_user_id, 'unassigned') as owner_user_id
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id
    left join opportunities
        on orders.opportunity_id = opportunities.opportunity_id

)

select * from final
