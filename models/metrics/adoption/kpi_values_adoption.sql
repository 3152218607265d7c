-- One row per metric of the area, period, dimension and value.
with

{{ kpi_values(
    'adoption',
    {
        'activations': ref('fct_activation'),
        'adoption_months': ref('fct_adoption_months'),
        'sku_months': ref('kpi_sku_months'),
        'feature_releases': ref('kpi_feature_releases'),
    },
    ref('kpi_months'),
    ref('kpi_customer_periods'),
) }}
