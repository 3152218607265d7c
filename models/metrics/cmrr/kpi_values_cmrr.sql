-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'cmrr',
    {
        'cmrr_levels': ref('kpi_cmrr_levels'),
        'cmrr_flows': ref('fct_cmrr_family_periods'),
        'cmrr_concentration': ref('rpt_cmrr_concentration'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
