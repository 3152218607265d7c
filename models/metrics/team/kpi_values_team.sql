-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'team',
    {
        'csm_books': ref('fct_csm_coverage_months'),
        'interactions': ref('kpi_interaction_months'),
        'csm_tickets': ref('kpi_csm_tickets'),
        'risks_raised': ref('kpi_risk_identification'),
        'risks_resolved': ref('fct_risks'),
        'qbr_months': ref('fct_csm_customer_months'),
        'care_quarters': ref('fct_care_quarters'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
