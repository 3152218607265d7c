-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'finance',
    {
        'ledger_reconciliation': ref('kpi_ledger_reconciliation'),
        'restatements': ref('kpi_restatements'),
        'gross_margins': ref('rpt_gross_margin'),
        'remaining_obligations': ref('kpi_remaining_obligations'),
        'usage_revenue': ref('fct_usage_revenue_months'),
        'receivables': ref('kpi_receivables'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
