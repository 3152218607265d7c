-- One row per finished month, customer (or total) and step from CMRR to ledger revenue.
-- Levels come from the facts themselves, so that the differences between can be tested.
{%- set steps = cmrr_to_ledger_steps() %}
{%- set measures = steps | map(attribute=0) | list %}

with

levels as (

    select
        month,
        customer_id,
        {%- for part in cmrr_parts() %}
        sum({{ part }}) as {{ part }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('fct_cmrr_months') }}
    where
        {{ add_days('cast(month + interval 1 month as date)', -1) }}
        <= {{ as_of_date() }}
    group by month, customer_id

),

revenue_lines as (

    select
        month,
        customer_id,
        sum(expected_revenue) as expected_revenue
    from {{ ref('fct_expected_revenue_lines') }}
    group by month, customer_id

),

reconciliation as (

    select
        month,
        customer_id,
        sum(part_month) as part_month,
        sum(currency_difference) as currency_difference,
        sum(credit) as credit,
        sum(manual) as manual,
        sum(timing) as timing,
        sum(unexplained) as unexplained,
        sum(ledger_revenue) as ledger_revenue
    from {{ ref('fct_ledger_reconciliation') }}
    group by month, customer_id

),

months_of_either as (

    select
        month,
        customer_id
    from levels

    union all

    select
        month,
        customer_id
    from reconciliation

),

customer_months as (

    select
        month,
        customer_id
    from months_of_either
    group by month, customer_id

),

walks as (

    select
        customer_months.month,
        customer_months.customer_id,
        {%- for measure in measures %}
        coalesce({{ measure }}, 0) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from customer_months
    left join levels
        on
            customer_months.month = levels.month
            and customer_months.customer_id = levels.customer_id
    left join revenue_lines
        on
            customer_months.month = revenue_lines.month
            and customer_months.customer_id = revenue_lines.customer_id
    left join reconciliation
        on
            customer_months.month = reconciliation.month
            and customer_months.customer_id = reconciliation.customer_id

),

walks_and_total as (

    select
        month,
        customer_id,
        false as is_total,
        {{ measures | join(',\n        ') }}
    from walks

    union all

    select
        month,
        'total' as customer_id,
        true as is_total,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from walks
    group by month

),

walk_steps as (

    {%- set ns = namespace(level=none) %}
    {%- for measure, kind, direction in steps %}
    {%- if kind == 'level' %}
    {%- set ns.level = measure %}
    {%- else %}
    {%- set ns.level = ns.level ~ ' ' ~ direction ~ ' ' ~ measure %}
    {%- endif %}
    select
        month,
        customer_id,
        is_total,
        {{ loop.index }} as step_number,
        '{{ measure }}' as step,
        {{ 'true' if kind == 'level' else 'false' }} as is_level,
        {{ 'null' if kind == 'level' else direction ~ measure }} as amount,
        {{ ns.level }} as running_level
    from walks_and_total
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        month,
        customer_id,
        cast(step_number as integer) as step_number,
        step,
        is_level,
        is_total,
        cast(amount as decimal(18, 2)) as amount,
        cast(running_level as decimal(18, 2)) as running_level
    from walk_steps
    where is_total or is_level or amount <> 0

)

select * from final
