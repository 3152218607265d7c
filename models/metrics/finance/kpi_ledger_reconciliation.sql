-- One row per row of the reconciliation, with its product line and what is still open.
with

reconciliation as (

    select
        month,
        customer_id,
        sku,
        ledger_revenue,
        unexplained,
        is_reconciled
    from {{ ref('fct_ledger_reconciliation') }}

),

unexplained_items as (

    select
        month,
        customer_id,
        sku,
        open_amount
    from {{ ref('fct_unexplained_items') }}

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        reconciliation.month,
        reconciliation.customer_id,
        reconciliation.sku,
        products.product_line,
        reconciliation.ledger_revenue,
        reconciliation.unexplained,
        coalesce(unexplained_items.open_amount, 0) as open_amount,
        reconciliation.is_reconciled
    from reconciliation
    left join unexplained_items
        on
            reconciliation.month = unexplained_items.month
            and reconciliation.customer_id = unexplained_items.customer_id
            and reconciliation.sku = unexplained_items.sku
    left join products
        on reconciliation.sku = products.sku

)

select * from final
