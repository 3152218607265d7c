-- The slices of each dimension sum to the company's bridge, transfers to nothing, and
-- the slice of everything has the company's rates. Customers by product line are left
-- out: one customer may stand in several lines.
{%- set amounts = ['beginning_cmrr', 'ending_cmrr'] %}
{%- for type in movement_types() %}
{%- do amounts.append(type ~ '_cmrr') %}
{%- endfor %}
{%- set counts = [
    'beginning_customers',
    'new_customers',
    'reactivated_customers',
    'lost_customers',
    'ending_customers',
] %}
{%- set rates = [
    'gross_revenue_retention', 'net_revenue_retention', 'logo_retention'
] %}
with

sums as (

    select
        attribute_view,
        period_grain,
        period_start,
        dimension_name,
        {%- for column in amounts + counts %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        {%- for rate in rates %}
        max({{ rate }}) as {{ rate }},
        {%- endfor %}
        sum(transfer_cmrr) as transfer_cmrr,
        sum(transferred_customers) as transferred_customers
    from {{ ref('fct_cmrr_bridge_by_dimension') }}
    group by attribute_view, period_grain, period_start, dimension_name

),

views as (

    select distinct attribute_view
    from sums

),

dimensions as (

    select distinct dimension_name
    from sums

),

expected as (

    select
        views.attribute_view,
        dimensions.dimension_name,
        rates.*
    from {{ ref('rpt_cmrr_rates') }} as rates
    cross join views
    cross join dimensions

)

select
    expected.attribute_view,
    expected.period_grain,
    expected.period_start,
    expected.dimension_name
from expected
left join sums
    on
        expected.attribute_view = sums.attribute_view
        and expected.period_grain = sums.period_grain
        and expected.period_start = sums.period_start
        and expected.dimension_name = sums.dimension_name
where
    sums.transfer_cmrr <> 0
    or sums.transferred_customers <> 0
    {%- for amount in amounts %}
    or coalesce(sums.{{ amount }}, 0) <> expected.{{ amount }}
    {%- endfor %}
    or (
        expected.dimension_name <> 'product_line'
        and (
            {%- for count in counts %}
            {{ 'or ' if not loop.first }}coalesce(sums.{{ count }}, 0)
            <> expected.{{ count }}
            {%- endfor %}
        )
    )
    or (
        expected.dimension_name = 'total'
        and (
            {%- for rate in rates %}
            {{ 'or ' if not loop.first }}sums.{{ rate }}
            is distinct from expected.{{ rate }}
            {%- endfor %}
        )
    )
