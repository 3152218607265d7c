-- The current spell of every customer says what dim_customers says. Two ways to find a
-- customer's CSM or segment would let a report disagree with the list of customers.
{%- set columns = [
    'parent_customer_id',
    'industry',
    'employee_band',
    'country',
    'region',
    'sales_channel',
    'segment',
    'csm_user_id',
] %}

select
    customers.customer_id,
    history.valid_from_date
from {{ ref('dim_customers') }} as customers
left join {{ ref('dim_customer_history') }} as history
    on
        customers.customer_id = history.customer_id
        and history.is_current
where
    history.customer_id is null
    {%- for column in columns %}
    or customers.{{ column }} is distinct from history.{{ column }}
    {%- endfor %}
