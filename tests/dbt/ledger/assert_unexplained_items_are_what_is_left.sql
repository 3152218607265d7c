-- Items are exactly the rows that are not reconciled, and what is open of a customer's
-- SKU is the sum of its items: clearing moves amounts between items, never away.
with

items as (

    select
        customer_id,
        sku,
        sum(unexplained) as unexplained,
        sum(open_amount) as open_amount,
        sum(case when is_open then 0 else abs(open_amount) end) as open_on_closed,
        count(*) as closed_and_open
    from {{ ref('fct_unexplained_items') }}
    group by customer_id, sku

),

reconciliation as (

    select
        customer_id,
        sku,
        sum(unexplained) as unexplained,
        count(*) as not_reconciled
    from {{ ref('fct_ledger_reconciliation') }}
    where not is_reconciled
    group by customer_id, sku

)

select
    coalesce(items.customer_id, reconciliation.customer_id) as customer_id,
    coalesce(items.sku, reconciliation.sku) as sku,
    items.unexplained,
    items.open_amount,
    reconciliation.unexplained as amount_not_reconciled
from items
full join reconciliation
    on
        items.customer_id = reconciliation.customer_id
        and items.sku = reconciliation.sku
where
    items.open_amount <> reconciliation.unexplained
    or items.unexplained <> reconciliation.unexplained
    or coalesce(items.closed_and_open, 0) <> coalesce(reconciliation.not_reconciled, 0)
    or items.open_on_closed > items.closed_and_open * {{ var('ledger_tolerance') }}
