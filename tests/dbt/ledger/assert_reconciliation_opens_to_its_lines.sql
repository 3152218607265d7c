-- Order lines and journal lines sum to every row of the reconciliation, term by term. A
-- drill-down that does not add up is worse than none: a controller would stop there.
with

order_lines as (

    select
        month,
        customer_id,
        reconciliation_sku as sku,
        sum(recognised_mrr) as recognised_mrr,
        sum(expected_at_own_rate - recognised_mrr) as part_month,
        sum(expected_revenue - expected_at_own_rate) as currency_difference,
        0 as credit,
        0 as manual,
        0 as timing,
        0 as ledger_revenue
    from {{ ref('fct_expected_revenue_lines') }}
    group by month, customer_id, reconciliation_sku

),

journal_lines as (

    select
        month,
        customer_id,
        sku,
        0 as recognised_mrr,
        0 as part_month,
        0 as currency_difference,
        sum(case when term = 'credit' then term_amount else 0 end) as credit,
        sum(case when term = 'manual' then term_amount else 0 end) as manual,
        sum(case when term = 'timing' then term_amount else 0 end) as timing,
        sum(ledger_amount) as ledger_revenue
    from {{ ref('fct_ledger_revenue_lines') }}
    group by month, customer_id, sku

),

reconciliation as (

    select
        month,
        customer_id,
        sku,
        -recognised_mrr as recognised_mrr,
        -part_month as part_month,
        -currency_difference as currency_difference,
        -credit as credit,
        -manual as manual,
        -timing as timing,
        -ledger_revenue as ledger_revenue
    from {{ ref('fct_ledger_reconciliation') }}

),

all_rows as (

    select * from order_lines
    union all
    select * from journal_lines
    union all
    select * from reconciliation

)

select
    month,
    customer_id,
    sku,
    sum(recognised_mrr) as recognised_mrr,
    sum(part_month) as part_month,
    sum(currency_difference) as currency_difference,
    sum(credit) as credit,
    sum(manual) as manual,
    sum(timing) as timing,
    sum(ledger_revenue) as ledger_revenue
from all_rows
group by month, customer_id, sku
having
    sum(recognised_mrr) <> 0
    or sum(part_month) <> 0
    or sum(currency_difference) <> 0
    or sum(credit) <> 0
    or sum(manual) <> 0
    or sum(timing) <> 0
    or sum(ledger_revenue) <> 0
