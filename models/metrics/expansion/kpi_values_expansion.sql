-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'expansion',
    {
        'expansion_movements': ref('kpi_expansion_movements'),
        'cmrr_levels': ref('kpi_cmrr_levels'),
        'opportunities': ref('fct_opportunities'),
        'product_line_steps': ref('fct_expansion_months'),
        'quotas': ref('fct_quota_attainment'),
        'product_holdings': ref('kpi_product_holdings'),
        'product_pairs': ref('rpt_product_affinity'),
        'subscription_use': ref('kpi_subscription_use'),
        'discounts': ref('kpi_discounts'),
        'licence_fit': ref('fct_licence_fit_months'),
        'experiments': ref('kpi_experiments'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
