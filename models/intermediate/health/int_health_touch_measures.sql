-- One row per customer and health day with its counts of what still counts on that day.
-- A count is null while the customer was never in touch that way, not zero.
{%- set touches = [
    'ticket',
    'problem_ticket',
    'escalated_ticket',
    'question_ticket',
    'email_sent',
    'email_opened',
    'community_post',
    'advocacy_act',
    'meeting',
] %}

with

health_days as (

    select
        customer_id,
        health_date
    from {{ ref('int_health_days') }}

),

touches as (

    select
        customer_id,
        touch,
        from_date,
        to_date
    from {{ ref('int_health_touches') }}

),

-- What begins and ends to count is run through once, together with the days to tell of.
edges as (

    select
        customer_id,
        touch,
        from_date as day,
        1 as change,
        1 as begun,
        0 as told
    from touches

    union all

    select
        customer_id,
        touch,
        to_date as day,
        -1 as change,
        0 as begun,
        0 as told
    from touches

    union all

    select
        customer_id,
        null as touch,
        health_date as day,
        0 as change,
        0 as begun,
        1 as told
    from health_days

),

changes as (

    select
        customer_id,
        day,
        {%- for touch in touches %}
        sum(case when touch = '{{ touch }}' then change else 0 end) as {{ touch }}s,
        sum(case when touch = '{{ touch }}' then begun else 0 end)
            as {{ touch }}s_begun,
        {%- endfor %}
        max(told) as told
    from edges
    group by customer_id, day

),

levels as (

    select
        customer_id,
        day,
        {%- for touch in touches %}
        sum({{ touch }}s) over customer_to_date as {{ touch }}s,
        sum({{ touch }}s_begun) over customer_to_date as {{ touch }}s_ever,
        {%- endfor %}
        told
    from changes
    window customer_to_date as (
        partition by customer_id
        order by day
        rows between unbounded preceding and current row
    )

),

final as (

    select
        {%- for touch in touches %}
        cast(case when {{ touch }}s_ever > 0 then {{ touch }}s end as integer)
            as {{ touch }}s,
        {%- endfor %}
        customer_id,
        day as health_date
    from levels
    where told = 1

)

select * from final
