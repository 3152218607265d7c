-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'health',
    {
        'health_levels': ref('kpi_health_levels'),
        'health_components': ref('kpi_health_component_levels'),
        'health_tests': ref('kpi_health_backtest'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
