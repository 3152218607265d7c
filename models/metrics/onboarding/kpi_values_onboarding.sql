-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'onboarding',
    {
        'onboarding_starts': ref('fct_onboarding'),
        'onboarding_milestones_due': ref('fct_onboarding_milestones'),
        'onboarding_milestones_decided': ref('fct_onboarding_milestones'),
        'onboarding_surveys': ref('fct_survey_customer_periods'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
