-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'voice_of_customer',
    {
        'survey_periods': ref('fct_survey_customer_periods'),
        'survey_accounts': ref('kpi_survey_accounts'),
        'comment_themes': ref('fct_comment_themes'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
