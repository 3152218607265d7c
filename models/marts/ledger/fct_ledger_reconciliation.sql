-- One row per finished month, customer and SKU: from recognised MRR to ledger revenue.
-- What no term explains is unexplained; nothing else takes up a difference.
with

expected_lines as (

    select
        month,
        customer_id,
        reconciliation_sku as sku,
        sum(recognised_mrr) as recognised_mrr,
        sum(expected_at_own_rate) as expected_at_own_rate,
        sum(expected_revenue) as expected_revenue
    from {{ ref('fct_expected_revenue_lines') }}
    group by month, customer_id, reconciliation_sku

),

ledger_lines as (

    select
        month,
        customer_id,
        sku,
        sum(ledger_amount) as ledger_revenue,
        coalesce(sum(term_amount) filter (where term = 'credit'), 0) as credit,
        coalesce(sum(term_amount) filter (where term = 'manual'), 0) as manual,
        coalesce(sum(term_amount) filter (where term = 'timing'), 0) as timing
    from {{ ref('fct_ledger_revenue_lines') }}
    group by month, customer_id, sku

),

rows_of_either as (

    select
        coalesce(expected_lines.month, ledger_lines.month) as month,
        coalesce(expected_lines.customer_id, ledger_lines.customer_id) as customer_id,
        coalesce(expected_lines.sku, ledger_lines.sku) as sku,
        coalesce(expected_lines.recognised_mrr, 0) as recognised_mrr,
        coalesce(expected_lines.expected_at_own_rate, 0) as expected_at_own_rate,
        coalesce(expected_lines.expected_revenue, 0) as expected_revenue,
        coalesce(ledger_lines.ledger_revenue, 0) as ledger_revenue,
        coalesce(ledger_lines.credit, 0) as credit,
        coalesce(ledger_lines.manual, 0) as manual,
        coalesce(ledger_lines.timing, 0) as timing
    from expected_lines
    full join ledger_lines
        on
            expected_lines.month = ledger_lines.month
            and expected_lines.customer_id = ledger_lines.customer_id
            and expected_lines.sku = ledger_lines.sku

),

differences as (

    select
        *,
        ledger_revenue - expected_revenue - credit - manual - timing as unexplained
    from rows_of_either

),

final as (

    select
        month,
        customer_id,
        sku,
        cast(recognised_mrr as decimal(18, 2)) as recognised_mrr,
        cast(expected_at_own_rate - recognised_mrr as decimal(18, 2)) as part_month,
        cast(expected_revenue - expected_at_own_rate as decimal(18, 2))
            as currency_difference,
        cast(credit as decimal(18, 2)) as credit,
        cast(manual as decimal(18, 2)) as manual,
        cast(timing as decimal(18, 2)) as timing,
        cast(unexplained as decimal(18, 2)) as unexplained,
        cast(ledger_revenue as decimal(18, 2)) as ledger_revenue,
        abs(unexplained) <= cast({{ var('ledger_tolerance') }} as decimal(18, 4))
            as is_reconciled
    from differences
    where
        recognised_mrr <> 0
        or expected_at_own_rate <> 0
        or expected_revenue <> 0
        or ledger_revenue <> 0
        or credit <> 0
        or manual <> 0
        or timing <> 0

)

select * from final
