-- One row per thing that a customer did or met with, and the days for which it counts.
-- It counts on the days [from_date, to_date): its own day is the first of n.
{%- set counted = {
    'ticket': 90,
    'problem_ticket': 90,
    'escalated_ticket': 90,
    'question_ticket': 90,
    'email_sent': 90,
    'email_opened': 90,
    'community_post': 180,
    'advocacy_act': 365,
    'meeting': 90,
} %}

with

tickets as (

    select
        account_id,
        ticket_type,
        {{ local_date('created_at') }} as created_date,
        {{ local_date('escalated_at') }} as escalated_date
    from {{ ref('stg_support__tickets') }}

),

email_sends as (

    select
        account_id,
        {{ local_date('sent_at') }} as sent_date,
        {{ local_date('opened_at') }} as opened_date
    from {{ ref('stg_marketing__email_sends') }}

),

community_posts as (

    select
        account_id,
        {{ local_date('posted_at') }} as posted_date
    from {{ ref('stg_marketing__community_posts') }}

),

advocacy_events as (

    select
        account_id,
        {{ local_date('occurred_at') }} as occurred_date
    from {{ ref('stg_success__advocacy_events') }}

),

activities as (

    select
        account_id,
        {{ local_date('occurred_at') }} as occurred_date
    from {{ ref('stg_crm__activities') }}
    where activity_type in ('meeting', 'qbr', 'onsite')

),

touches as (

    select
        account_id as customer_id,
        'ticket' as touch,
        created_date as happened_date,
        created_date as counts_from_date
    from tickets

    union all

    select
        account_id as customer_id,
        'problem_ticket' as touch,
        created_date as happened_date,
        created_date as counts_from_date
    from tickets
    where ticket_type in ('incident', 'bug')

    union all

    select
        account_id as customer_id,
        'escalated_ticket' as touch,
        escalated_date as happened_date,
        escalated_date as counts_from_date
    from tickets
    where escalated_date is not null

    union all

    select
        account_id as customer_id,
        'question_ticket' as touch,
        created_date as happened_date,
        created_date as counts_from_date
    from tickets
    where ticket_type = 'question'

    union all

    select
        account_id as customer_id,
        'email_sent' as touch,
        sent_date as happened_date,
        sent_date as counts_from_date
    from email_sends

    union all

    select
        account_id as customer_id,
        'email_opened' as touch,
        sent_date as happened_date,
        greatest(sent_date, opened_date) as counts_from_date
    from email_sends
    where opened_date is not null

    union all

    select
        account_id as customer_id,
        'community_post' as touch,
        posted_date as happened_date,
        posted_date as counts_from_date
    from community_posts

    union all

    select
        account_id as customer_id,
        'advocacy_act' as touch,
        occurred_date as happened_date,
        occurred_date as counts_from_date
    from advocacy_events

    union all

    select
        account_id as customer_id,
        'meeting' as touch,
        occurred_date as happened_date,
        occurred_date as counts_from_date
    from activities

),

final as (

    select
        customer_id,
        touch,
        counts_from_date as from_date,
        greatest(
            counts_from_date,
            case touch
                {% for touch, days in counted.items() -%}
                when '{{ touch }}' then {{ add_days('happened_date', days) }}
                {% endfor -%}
            end
        ) as to_date
    from touches
    where counts_from_date <= {{ as_of_date() }}

)

select * from final
