-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'engagement',
    {
        'email_months': ref('fct_email_engagement_months'),
        'participation_months': ref('fct_customer_engagement_months'),
        'sponsor_months': ref('fct_sponsor_coverage'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
