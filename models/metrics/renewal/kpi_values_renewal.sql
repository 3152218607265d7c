-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'renewal',
    {
        'renewals': ref('kpi_renewals'),
        'late_renewals': ref('kpi_renewals'),
        'renewal_plan': ref('kpi_renewal_plan'),
        'open_renewals': ref('kpi_open_renewals'),
        'renewal_forecasts': ref('kpi_renewal_forecasts'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
