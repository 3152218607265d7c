-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'retention',
    {
        'retained_cmrr': ref('kpi_retention'),
        'cmrr_losses': ref('fct_cmrr_losses'),
        'lifetime_values': ref('kpi_lifetime_values'),
        'signature_cohorts': ref('rpt_cohort_retention'),
        'parent_groups': ref('rpt_parent_retention'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
