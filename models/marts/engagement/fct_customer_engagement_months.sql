-- One row per month and customer with CMRR at its end: events, community, advocacy.
-- The 365-day columns are levels at the month's end: never sum them over months.
with

customers as (

    select
        period_start as month,
        least(period_end, {{ as_of_date() }}) as report_date,
        customer_id,
        ending_cmrr as cmrr
    from {{ ref('fct_cmrr_customer_periods') }}
    where period_grain = 'month' and ending_cmrr > 0

),

acts as (

    select
        customer_id,
        contact_id,
        activity,
        activity_type,
        event_date
    from {{ ref('fct_engagement_events') }}

    union all

    select
        customer_id,
        contact_id,
        'advocacy' as activity,
        event_type as activity_type,
        event_date
    from {{ ref('fct_advocacy_events') }}

),

acts_in_year as (

    select
        customers.month,
        customers.customer_id,
        acts.contact_id,
        acts.activity,
        acts.activity_type,
        acts.event_date >= customers.month as is_in_month
    from customers
    inner join acts
        on
            customers.customer_id = acts.customer_id
            and customers.report_date >= acts.event_date
            and {{ add_days('customers.report_date', -365) }} < acts.event_date

),

counts as (

    select
        month,
        customer_id,
        {%- for activity, name in {
            'event': 'attendances', 'community': 'posts', 'advocacy': 'advocacy_acts'
        }.items() %}
        count(*) filter (where activity = '{{ activity }}' and is_in_month)
            as {{ name }},
        count(*) filter (where activity = '{{ activity }}') as {{ name }}_in_365_days,
        {%- endfor %}
        count(distinct contact_id) filter (where activity = 'event' and is_in_month)
            as attendees,
        count(distinct contact_id) filter (where activity = 'community' and is_in_month)
            as posters,
        count(*) filter (where activity_type = 'question' and is_in_month) as questions,
        count(*) filter (where activity_type = 'answer' and is_in_month) as answers
    from acts_in_year
    group by month, customer_id

),

final as (

    select
        customers.month,
        customers.customer_id,
        {%- for name in [
            'attendances', 'attendees', 'attendances_in_365_days', 'posts', 'posters',
            'questions', 'answers', 'posts_in_365_days', 'advocacy_acts',
            'advocacy_acts_in_365_days',
        ] %}
        cast(coalesce(counts.{{ name }}, 0) as integer) as {{ name }},
        {%- endfor %}
        coalesce(counts.attendances > 0, false) as has_attended,
        coalesce(counts.attendances_in_365_days > 0, false)
            as has_attended_in_365_days,
        coalesce(counts.posts > 0, false) as has_posted,
        coalesce(counts.posts_in_365_days > 0, false) as has_posted_in_365_days,
        coalesce(counts.advocacy_acts_in_365_days > 0, false) as is_advocate,
        cast(customers.cmrr as decimal(18, 2)) as cmrr,
        customers.report_date
    from customers
    left join counts
        on
            customers.month = counts.month
            and customers.customer_id = counts.customer_id

)

select * from final
