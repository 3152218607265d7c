-- One row per key of billing.order_lines whose current version stands.
with

final as (

    select
        order_line_id,
        order_id,
        sku,
        quantity,
        list_unit_price,
        discount_percent,
        service_start_date,
        service_end_date,
        prior_order_line_id,
        change_reason_code,
        change_comment,
        updated_at,
        is_deleted,
        reduced_order_line_id,
        loaded_at
    from {{ ref('base_billing__order_lines') }}
    where row_status = 'current'

)

select * from final
