-- One row per key of billing.invoice_lines whose current version stands.
with

final as (

    select
        invoice_line_id,
        invoice_id,
        order_line_id,
        sku,
        line_type,
        service_start_date,
        service_end_date,
        amount,
        loaded_at
    from {{ ref('base_billing__invoice_lines') }}
    where row_status = 'current'

)

select * from final
