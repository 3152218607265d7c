-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'delivery',
    {
        'success_months': ref('fct_success_months'),
        'service_levels': ref('fct_service_levels'),
        'health_checks': ref('fct_health_checks'),
        'tickets_created': ref('fct_tickets'),
        'tickets_solved': ref('fct_tickets'),
        'tickets_open': ref('kpi_open_tickets'),
        'support_months': ref('fct_ticket_months'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
