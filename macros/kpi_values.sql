{% macro kpi_values(area, semantic_models, kpi_months, kpi_customer_periods) -%}
{#- The graph holds semantic models and metrics only while dbt executes. -#}
{%- if not execute -%}
    parsed as (select 1 as nothing) select * from parsed
{%- else -%}
{%- set bases = [] -%}
{%- for name, relation in semantic_models.items() -%}
    {%- set base = kpi_base(area, name) -%}
    {%- do bases.append(base) -%}
    {%- if not loop.first %},

{% endif -%}
    {{ kpi_periods_sql(base, relation, kpi_months, kpi_customer_periods) }},

{{ kpi_sums_sql(base) }}
{%- endfor %},

final as (

    {%- for base in bases %}{% set outer = loop %}
    {%- for metric in base.metrics %}
    select
        '{{ metric.kpi }}' as kpi,
        '{{ metric.name }}' as metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        {{ kpi_number(metric.numerator) }} as numerator,
        {{ kpi_number(metric.denominator) }} as denominator,
        {{ kpi_number(metric.value) }} as metric_value,
        {%- if 'day' in metric.grains %}
        {#- Days are known in total: there is nothing to count. #}
        case when period_grain <> 'day' then cast({{ metric.sample_size }} as bigint) end
            as sample_size
        {%- else %}
        cast({{ metric.sample_size }} as bigint) as sample_size
        {%- endif %}
    from {{ base.name }}_sums
    where
        period_grain in ('{{ metric.grains | join("', '") }}')
        and (period_grain <> 'day' or dimension_name = 'total')
        and dimension_name in ('{{ (['total'] + metric.slices) | join("', '") }}')
        and (
            {{ metric.value }} is not null
            or {{ metric.denominator }} is not null
        )
    {%- if not (loop.last and outer.last) %}

    union all
    {% endif %}
    {%- endfor %}
    {%- endfor %}

)

select * from final
{%- endif -%}
{%- endmacro %}
