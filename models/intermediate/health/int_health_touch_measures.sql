-- One row per customer and health day with its counts of what still counts on that day.
-- A count is null while the customer was never in touch that way, not zero.
{%- set touches = [
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

counted as (

    select
        health_days.customer_id,
        health_days.health_date,
        {%- for touch in touches %}
        count(*) filter (where touches.touch = '{{ touch }}') as {{ touch }}s_ever,
        count(*) filter (
            where touches.touch = '{{ touch }}'
            and touches.to_date > health_days.health_date
        ) as {{ touch }}s {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from health_days
    inner join touches
        on
            health_days.customer_id = touches.customer_id
            and health_days.health_date >= touches.from_date
    group by health_days.customer_id, health_days.health_date

),

final as (

    select
        customer_id,
        health_date,
        {%- for touch in touches %}
        case when {{ touch }}s_ever > 0 then {{ touch }}s end
            as {{ touch }}s,
        {%- endfor %}
        problem_tickets_ever + question_tickets_ever > 0 as has_written_to_support
    from counted

)

select * from final
