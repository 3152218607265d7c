{% macro kpi_sums_sql(base) -%}
{#- The measures of a base, summed for all and for each value of each slice. -#}
{%- set aggregates = {
    'sum': 'sum({})', 'count': 'count({})', 'count_distinct': 'count(distinct {})',
    'average': 'avg({})', 'max': 'max({})', 'min': 'min({})',
    'median': 'percentile_cont(0.5) within group (order by cast({} as double))',
    'sum_boolean': 'sum(case when {} then 1 else 0 end)',
} -%}
{{ base.name }}_sums as (

    select
        period_grain,
        period_start,
        {%- if base.period == 'sliced' %}
        dimension_name,
        case when dimension_name = 'total' then 'all' else dimension_value end
            as dimension_value,
        {%- else %}
        {{ kpi_slice_case(base.slices, 'name') }} as dimension_name,
        {{ kpi_slice_case(base.slices, 'value') }} as dimension_value,
        {%- endif %}
        {%- for measure in base.measures %}
        {%- set counted = measure.name if not measure.non_additive_dimension
            else 'case when is_last_month then ' ~ measure.name ~ ' end' %}
        {{ aggregates[measure.agg].format(counted) }} as {{ measure.name }},
        {%- endfor %}
        count(*) as row_count
    from {{ base.name }}_periods
    {%- if base.period == 'sliced' %}
    group by period_grain, period_start, dimension_name, dimension_value
    {%- else %}
    group by grouping sets (
        (period_grain, period_start)
        {%- for slice in base.slices %},
        (period_grain, period_start, {{ slice }})
        {%- endfor %}
    )
    {%- endif %}

)
{%- endmacro %}
