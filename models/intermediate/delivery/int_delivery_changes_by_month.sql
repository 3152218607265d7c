-- One row per customer and month in which it asked, was answered, or changed its
-- licences. What happened in the month; the levels are summed up in fct_ticket_months.
with

tickets as (

    select
        customer_id,
        ticket_type,
        created_date,
        solved_date,
        escalated_date
    from {{ ref('int_tickets_settled') }}

),

risks as (

    select
        account_id as customer_id,
        {{ local_date('opened_at') }} as opened_date,
        {{ local_date('resolved_at') }} as resolved_date
    from {{ ref('stg_success__risks') }}

),

posts as (

    select
        account_id as customer_id,
        post_type,
        {{ local_date('posted_at') }} as posted_date
    from {{ ref('stg_marketing__community_posts') }}

),

licences as (

    select
        customer_id,
        licence_change,
        change_date
    from {{ ref('int_customer_licences_changed') }}

),

changes as (

    select
        customer_id,
        created_date as change_date,
        'ticket_created' as change_type,
        ticket_type as detail,
        1 as amount
    from tickets

    union all

    select
        customer_id,
        solved_date as change_date,
        'ticket_solved' as change_type,
        ticket_type as detail,
        1 as amount
    from tickets

    union all

    select
        customer_id,
        escalated_date as change_date,
        'ticket_escalated' as change_type,
        ticket_type as detail,
        1 as amount
    from tickets

    union all

    select
        customer_id,
        opened_date as change_date,
        'risk_opened' as change_type,
        null as detail,
        1 as amount
    from risks

    union all

    select
        customer_id,
        resolved_date as change_date,
        'risk_resolved' as change_type,
        null as detail,
        1 as amount
    from risks
    where opened_date <= {{ as_of_date() }}

    union all

    select
        customer_id,
        posted_date as change_date,
        'community_post' as change_type,
        post_type as detail,
        1 as amount
    from posts

    union all

    select
        customer_id,
        change_date,
        'licences' as change_type,
        null as detail,
        licence_change as amount
    from licences

),

final as (

    select
        customer_id,
        cast(date_trunc('month', change_date) as date) as month,
        cast(count(*) filter (where change_type = 'ticket_created') as integer)
            as tickets_created,
        {%- for type in ticket_types() %}
        cast(
            count(*) filter (
                where change_type = 'ticket_created' and detail = '{{ type }}'
            ) as integer
        ) as {{ type }}_tickets_created,
        {%- endfor %}
        cast(count(*) filter (where change_type = 'ticket_solved') as integer)
            as tickets_solved,
        cast(count(*) filter (where change_type = 'ticket_escalated') as integer)
            as tickets_escalated,
        {%- for type in ['incident', 'bug'] %}
        cast(
            count(*) filter (
                where change_type = 'ticket_solved' and detail = '{{ type }}'
            ) as integer
        ) as {{ type }}_tickets_solved,
        {%- endfor %}
        cast(count(*) filter (where change_type = 'risk_opened') as integer)
            as risks_opened,
        cast(count(*) filter (where change_type = 'risk_resolved') as integer)
            as risks_resolved,
        {%- for type in ['question', 'answer'] %}
        cast(
            count(*) filter (
                where change_type = 'community_post' and detail = '{{ type }}'
            ) as integer
        ) as community_{{ type }}s,
        {%- endfor %}
        cast(
            coalesce(sum(amount) filter (where change_type = 'licences'), 0)
            as decimal(18, 2)
        ) as licence_change
    from changes
    where change_date <= {{ as_of_date() }}
    group by customer_id, month

)

select * from final
