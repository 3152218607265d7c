-- One row per view, period, dimension and value: the bridge and rates of that slice.
-- Slices of one dimension sum to the total; dimensions, views and grains overlap.
{%- set dimensions = customer_dimensions() %}

with

customer_periods as (

    select
        period_grain,
        period_start,
        customer_id,
        cast(null as varchar) as product_line,
        beginning_cmrr,
        {%- for type in movement_types() %}
        {{ type }}_cmrr,
        {%- endfor %}
        ending_cmrr,
        times_new as new_customers,
        times_reactivated as reactivated_customers,
        times_lost as lost_customers
    from {{ ref('fct_cmrr_customer_periods') }}

),

product_line_periods as (

    select
        period_grain,
        period_start,
        customer_id,
        product_line,
        sum(beginning_cmrr) as beginning_cmrr,
        {%- for type in movement_types() %}
        sum({{ type }}_cmrr) as {{ type }}_cmrr,
        {%- endfor %}
        sum(ending_cmrr) as ending_cmrr,
        case
            when sum(beginning_cmrr) <= 0 and sum(ending_cmrr) > 0 then 1 else 0
        end as new_customers,
        0 as reactivated_customers,
        case
            when sum(beginning_cmrr) > 0 and sum(ending_cmrr) <= 0 then 1 else 0
        end as lost_customers
    from {{ ref('fct_cmrr_family_periods') }}
    group by period_grain, period_start, customer_id, product_line

),

period_attributes as (

    select
        period_grain,
        period_start,
        {%- for column in dimensions.values() %}
        {{ column }},
        {{ column }}_at_end,
        {%- endfor %}
        customer_id
    from {{ ref('fct_customer_period_attributes') }}

),

todays_attributes as (

    select
        customer_id,
        {{ dimensions.values() | join(',\n        ') }}
    from {{ ref('dim_customer_history') }}
    where is_current

),

unit_periods as (

    select * from customer_periods

    union all

    select * from product_line_periods

),

measured_periods as (

    select
        *,
        case when beginning_cmrr > 0 then 1 else 0 end as beginning_customers,
        case when ending_cmrr > 0 then 1 else 0 end as ending_customers,
        case when beginning_cmrr > 0 and ending_cmrr > 0 then 1 else 0 end
            as kept_customers,
        {{ retained_cmrr('gross') }} as gross_retained_cmrr,
        {{ retained_cmrr('net') }} as net_retained_cmrr
    from unit_periods

),

attributed_periods as (

    select
        {%- for dimension, column in dimensions.items() %}
        coalesce(period_attributes.{{ column }}, 'unknown')
            as {{ dimension }}_as_it_was,
        coalesce(period_attributes.{{ column }}_at_end, 'unknown')
            as {{ dimension }}_at_end,
        coalesce(todays_attributes.{{ column }}, 'unknown')
            as {{ dimension }}_as_it_is,
        {%- endfor %}
        measured_periods.*
    from measured_periods
    inner join period_attributes
        on
            measured_periods.period_grain = period_attributes.period_grain
            and measured_periods.period_start = period_attributes.period_start
            and measured_periods.customer_id = period_attributes.customer_id
    inner join todays_attributes
        on measured_periods.customer_id = todays_attributes.customer_id

),

{%- set slices = {'total': "'all'", 'product_line': 'product_line'} %}
{%- set measures = ['beginning_cmrr'] %}
{%- for type in movement_types() %}
{%- do measures.append(type ~ '_cmrr') %}
{%- endfor %}
{%- do measures.extend([
    'ending_cmrr',
    'beginning_customers',
    'new_customers',
    'reactivated_customers',
    'lost_customers',
    'ending_customers',
    'kept_customers',
    'gross_retained_cmrr',
    'net_retained_cmrr',
]) %}

slices as (

    {%- for view in ['as_it_was', 'as_it_is'] %}
    {%- for dimension in ['total', 'product_line'] + (dimensions | list) %}
    select
        '{{ view }}' as attribute_view,
        '{{ dimension }}' as dimension_name,
        {{ slices.get(dimension, dimension ~ '_' ~ view) }} as dimension_value,
        period_grain,
        period_start,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        0 as transfer_cmrr,
        0 as transferred_customers
    from attributed_periods
    where product_line is {{ 'not' if dimension == 'product_line' }} null
    group by dimension_value, period_grain, period_start

    union all
    {% endfor %}
    {%- endfor %}

    {%- for dimension in dimensions %}
    {%- for value, sign in [('as_it_was', '-'), ('at_end', '')] %}
    select
        'as_it_was' as attribute_view,
        '{{ dimension }}' as dimension_name,
        {{ dimension }}_{{ value }} as dimension_value,
        period_grain,
        period_start,
        {%- for measure in measures %}
        {{ sign ~ 'sum(' ~ measure ~ ')' if measure.startswith('ending') else 0 }}
            as {{ measure }},
        {%- endfor %}
        {{ sign }}sum(ending_cmrr) as transfer_cmrr,
        {{ sign }}sum(ending_customers) as transferred_customers
    from attributed_periods
    where
        product_line is null
        and {{ dimension }}_as_it_was <> {{ dimension }}_at_end
    group by dimension_value, period_grain, period_start
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

totals as (

    select
        attribute_view,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(transfer_cmrr) as transfer_cmrr,
        sum(transferred_customers) as transferred_customers
    from slices
    group by
        attribute_view, period_grain, period_start, dimension_name, dimension_value

),

final as (

    select
        attribute_view,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        cast(beginning_cmrr as decimal(18, 2)) as beginning_cmrr,
        {%- for type in movement_types() %}
        cast({{ type }}_cmrr as decimal(18, 2)) as {{ type }}_cmrr,
        {%- endfor %}
        cast(transfer_cmrr as decimal(18, 2)) as transfer_cmrr,
        cast(ending_cmrr as decimal(18, 2)) as ending_cmrr,
        cast(beginning_customers as integer) as beginning_customers,
        cast(new_customers as integer) as new_customers,
        cast(reactivated_customers as integer) as reactivated_customers,
        cast(lost_customers as integer) as lost_customers,
        cast(transferred_customers as integer) as transferred_customers,
        cast(ending_customers as integer) as ending_customers,
        cast(gross_retained_cmrr as decimal(18, 2)) as gross_retained_cmrr,
        cast(net_retained_cmrr as decimal(18, 2)) as net_retained_cmrr,
        {{ ratio('gross_retained_cmrr', 'beginning_cmrr') }} as gross_revenue_retention,
        {{ ratio('net_retained_cmrr', 'beginning_cmrr') }} as net_revenue_retention,
        {{ ratio('beginning_cmrr - net_retained_cmrr', 'beginning_cmrr') }}
            as net_churn_rate,
        {{ ratio('kept_customers', 'beginning_customers') }} as logo_retention
    from totals
    where
        beginning_cmrr <> 0
        or ending_cmrr <> 0
        or transfer_cmrr <> 0
        {%- for type in movement_types() %}
        or {{ type }}_cmrr <> 0
        {%- endfor %}
        or beginning_customers + new_customers + reactivated_customers > 0

)

select * from final
