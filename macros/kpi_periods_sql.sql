{% macro kpi_periods_sql(base, relation, kpi_months, kpi_customer_periods) -%}
{#- Rows of a base in the periods that they count in, with the values they are sliced by. -#}
{{ base.name }}_rows as (

    select
        {%- if base.period in ('period', 'sliced') %}
        period_grain,
        {%- endif %}
        {{ base.dimensions[base.time] }} as period_time,
        {%- if base.period == 'sliced' %}
        case dimension_name
            when 'all' then 'total' when 'csm_user_id' then 'csm' else dimension_name
        end as dimension_name,
        dimension_value,
        {%- endif %}
        {%- for slice in base.slices if slice in base.dimensions %}
        coalesce(cast({{ base.dimensions[slice] }} as varchar), 'not_given') as {{ slice }},
        {%- endfor %}
        {%- if base.customer_period %}
        {{ base.customer_period }} as customer_period_key,
        {%- endif %}
        {%- for measure in base.measures %}
        {{ measure.expr or measure.name }} as {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}

),

{{ base.name }}_periods as (

    select
        {%- if base.period in ('period', 'sliced') %}
        counted.period_grain,
        counted.period_time as period_start,
        true as is_last_month,
        {%- else %}
        periods.period_grain,
        periods.period_start,
        periods.is_last_month,
        {%- endif %}
        {%- if base.period == 'sliced' %}
        counted.dimension_name,
        counted.dimension_value,
        {%- endif %}
        {%- for slice in base.slices %}
        {%- if slice in base.dimensions %}
        counted.{{ slice }},
        {%- elif base.period != 'sliced' %}
        coalesce(customer_periods.{{ slice }}, 'not_given') as {{ slice }},
        {%- endif %}
        {%- endfor %}
        {%- for measure in base.measures %}
        counted.{{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ base.name }}_rows as counted
    {%- if base.period in ('month', 'date') %}
    inner join {{ kpi_months }} as periods
        on cast(date_trunc('month', counted.period_time) as date) = periods.month
    {%- endif %}
    {%- if base.customer_period %}
    left join {{ kpi_customer_periods }} as customer_periods
        on counted.customer_period_key = customer_periods.customer_period_key
    {%- endif %}

)
{%- endmacro %}
