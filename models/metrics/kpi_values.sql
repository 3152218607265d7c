-- One row per metric, period, dimension and value, by all that is known today.
with

{%- set areas = [
    'cmrr', 'onboarding', 'adoption', 'delivery', 'voice_of_customer', 'advocacy',
    'engagement',
] %}

final as (

    {%- for area in areas %}
    select
        metric,
        kpi,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        numerator,
        denominator,
        metric_value,
        sample_size
    from {{ ref('kpi_values_' ~ area) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

)

select * from final
