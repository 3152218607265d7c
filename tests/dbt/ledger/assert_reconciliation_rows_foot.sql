-- Every row foots, and says rightly whether it is reconciled. A term that took up a
-- difference would leave the ledger revenue right and hide what nobody can explain.
select
    month,
    customer_id,
    sku,
    unexplained,
    ledger_revenue,
    is_reconciled
from {{ ref('fct_ledger_reconciliation') }}
where
    recognised_mrr
    + part_month
    + currency_difference
    + credit
    + manual
    + timing
    + unexplained <> ledger_revenue
    or is_reconciled <> (abs(unexplained) <= {{ var('ledger_tolerance') }})
