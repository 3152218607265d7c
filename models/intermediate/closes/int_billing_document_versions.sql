-- One row per landed version of a contract, order, order line or notice, and SKU of it.
-- A null SKU is any of the contract's; spoke_of_date is the day of signature or notice.
with

contracts as (

    select
        *,
        {{ local_date('signed_at') }} as signed_date
    from {{ ref('base_billing__contracts') }}
    where contract_id is not null

),

orders as (

    select
        *,
        {{ local_date('signed_at') }} as signed_date
    from {{ ref('base_billing__orders') }}
    where order_id is not null

),

newest_orders as (

    select
        order_id,
        contract_id,
        signed_date
    from orders
    where version_number = 1

),

order_lines as (

    select *
    from {{ ref('base_billing__order_lines') }}
    where order_line_id is not null

),

ordered_skus as (

    select
        order_id,
        sku
    from order_lines
    where version_number = 1
    group by order_id, sku

),

cancellations as (

    select
        *,
        {{ local_date('notified_at') }} as notified_date
    from {{ ref('base_billing__cancellations') }}
    where cancellation_id is not null

),

final as (

    select
        'contract' as document_type,
        contract_id as document_id,
        contract_id,
        cast(null as varchar) as sku,
        version_number,
        is_deleted,
        renewed_from_contract_id,
        {{ surrogate_key(['account_id', 'renewed_from_contract_id']) }} as link_hash,
        {{ surrogate_key([
            'signed_at',
            'start_date',
            'end_date',
            'currency',
            'non_renewal_reason_code',
        ]) }} as content_hash,
        signed_date as spoke_of_date,
        {{ local_date('loaded_at') }} as known_date
    from contracts

    union all

    select
        'order' as document_type,
        orders.order_id as document_id,
        orders.contract_id,
        ordered_skus.sku,
        orders.version_number,
        orders.is_deleted,
        cast(null as varchar) as renewed_from_contract_id,
        '' as link_hash,
        {{ surrogate_key([
            'orders.contract_id',
            'orders.order_type',
            'orders.signed_at',
        ]) }} as content_hash,
        orders.signed_date as spoke_of_date,
        {{ local_date('orders.loaded_at') }} as known_date
    from orders
    -- One row per SKU that the order sells, so that it is no cause for another.
    left join ordered_skus
        on orders.order_id = ordered_skus.order_id

    union all

    select
        'order_line' as document_type,
        order_lines.order_line_id as document_id,
        newest_orders.contract_id,
        order_lines.sku,
        order_lines.version_number,
        order_lines.is_deleted,
        cast(null as varchar) as renewed_from_contract_id,
        '' as link_hash,
        {{ surrogate_key([
            'order_lines.order_id',
            'order_lines.sku',
            'order_lines.quantity',
            'order_lines.list_unit_price',
            'order_lines.discount_percent',
            'order_lines.service_start_date',
            'order_lines.service_end_date',
            'order_lines.prior_order_line_id',
        ]) }} as content_hash,
        newest_orders.signed_date as spoke_of_date,
        {{ local_date('order_lines.loaded_at') }} as known_date
    from order_lines
    inner join newest_orders
        on order_lines.order_id = newest_orders.order_id

    union all

    select
        'notice' as document_type,
        cancellation_id as document_id,
        contract_id,
        sku,
        version_number,
        is_deleted,
        cast(null as varchar) as renewed_from_contract_id,
        '' as link_hash,
        {{ surrogate_key(['contract_id', 'sku', 'notified_at', 'effective_date']) }}
            as content_hash,
        notified_date as spoke_of_date,
        {{ local_date('loaded_at') }} as known_date
    from cancellations

)

select * from final
