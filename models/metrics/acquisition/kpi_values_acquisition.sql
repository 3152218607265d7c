-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'acquisition',
    {
        'leads': ref('fct_leads'),
        'trials': ref('fct_trials'),
        'opportunities': ref('fct_opportunities'),
        'contract_values': ref('fct_contract_values'),
        'unit_economics': ref('rpt_unit_economics'),
        'cohort_break_even': ref('rpt_cohort_break_even'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
