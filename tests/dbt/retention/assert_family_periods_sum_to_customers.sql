-- The periods of a customer's families and product lines sum to the customer's own.
{%- set columns = ['beginning_cmrr', 'ending_cmrr'] %}
{%- for type in movement_types() %}
{%- do columns.append(type ~ '_cmrr') %}
{%- endfor %}
with

families as (

    select
        period_grain,
        period_start,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        customer_id
    from {{ ref('fct_cmrr_family_periods') }}
    group by period_grain, period_start, customer_id

)

select
    customers.period_grain,
    customers.period_start,
    customers.customer_id
from {{ ref('fct_cmrr_customer_periods') }} as customers
full join families
    on
        customers.period_grain = families.period_grain
        and customers.period_start = families.period_start
        and customers.customer_id = families.customer_id
where
    customers.customer_id is null
    or families.customer_id is null
    {%- for column in columns %}
    or customers.{{ column }} <> families.{{ column }}
    {%- endfor %}
