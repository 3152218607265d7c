-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'advocacy',
    {
        'references': ref('kpi_referenceable_customers'),
        'advocacy_months': ref('fct_customer_engagement_months'),
        'referral_events': ref('fct_advocacy_events'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
