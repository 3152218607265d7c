-- One row per event of an account's projects, tickets, surveys and meetings by the
-- as-of date. An account that never signed has tickets and answers too.
with

projects as (

    select
        project_id,
        customer_id,
        clock_started_at,
        went_live_at,
        first_value_at,
        completed_date
    from {{ ref('fct_onboarding') }}

),

milestones as (

    select
        milestone_id,
        customer_id,
        milestone_type,
        first_decision,
        decided_at,
        completed_at
    from {{ ref('fct_onboarding_milestones') }}

),

tickets as (

    select
        ticket_id,
        customer_id,
        ticket_type,
        priority,
        created_at,
        escalated_at,
        solved_at
    from {{ ref('fct_tickets') }}

),

responses as (

    select
        response_id,
        customer_id,
        survey_type,
        survey_kind,
        touchpoint,
        score,
        responded_at
    from {{ ref('fct_survey_responses') }}

),

interactions as (

    select
        activity_id,
        customer_id,
        activity_type,
        occurred_at
    from {{ ref('fct_interactions') }}

),

events as (

    {%- for column, words in {
        'clock_started': 'started', 'went_live': 'went live',
        'first_value': 'brought first value',
    }.items() %}

    select
        customer_id,
        {{ column }}_at as event_at,
        cast(null as date) as known_date,
        'onboarding_{{ words | replace(" ", "_") }}' as event_type,
        'Onboarding {{ words }}' as event_title,
        'fct_onboarding' as source_table,
        project_id as source_key
    from projects

    union all
    {%- endfor %}

    select
        customer_id,
        cast(null as timestamp) as event_at,
        completed_date as known_date,
        'onboarding_completed' as event_type,
        'Onboarding completed' as event_title,
        'fct_onboarding' as source_table,
        project_id as source_key
    from projects

    union all

    select
        customer_id,
        decided_at as event_at,
        cast(null as date) as known_date,
        'milestone_decided' as event_type,
        'Milestone ' || replace(milestone_type, '_', ' ') || ': '
        || coalesce(replace(first_decision, '_', ' '), 'decided') as event_title,
        'fct_onboarding_milestones' as source_table,
        milestone_id as source_key
    from milestones

    union all

    select
        customer_id,
        completed_at as event_at,
        cast(null as date) as known_date,
        'milestone_completed' as event_type,
        'Milestone ' || replace(milestone_type, '_', ' ') || ' completed'
            as event_title,
        'fct_onboarding_milestones' as source_table,
        milestone_id as source_key
    from milestones

    {%- for column, words in {
        'created': 'raised', 'escalated': 'escalated', 'solved': 'solved',
    }.items() %}

    union all

    select
        customer_id,
        {{ column }}_at as event_at,
        cast(null as date) as known_date,
        'ticket_{{ words }}' as event_type,
        'Ticket ' || ticket_id || ' {{ words }}: '
        || coalesce(priority || ' ', '')
        || coalesce(replace(ticket_type, '_', ' '), 'no type') as event_title,
        'fct_tickets' as source_table,
        ticket_id as source_key
    from tickets
    {%- endfor %}

    union all

    select
        customer_id,
        responded_at as event_at,
        cast(null as date) as known_date,
        'survey_answered' as event_type,
        upper(survey_type) || ' ' || cast(score as varchar) || ': '
        || coalesce(touchpoint, survey_kind) as event_title,
        'fct_survey_responses' as source_table,
        response_id as source_key
    from responses

    union all

    select
        customer_id,
        occurred_at as event_at,
        cast(null as date) as known_date,
        'activity' as event_type,
        case activity_type
            {%- for activity_type, words in {
                'email': 'E-mail', 'qbr': 'Business review', 'onsite': 'Visit',
                'renewal_outreach': 'Renewal outreach', 'call': 'Call',
                'meeting': 'Meeting',
            }.items() %}
            when '{{ activity_type }}' then '{{ words }}'
            {%- endfor %}
            else activity_type
        end as event_title,
        'fct_interactions' as source_table,
        activity_id as source_key
    from interactions

),

dated_events as (

    select
        *,
        coalesce(known_date, {{ local_date('event_at') }}) as event_date
    from events

),

final as (

    select
        {{ surrogate_key(['event_type', 'source_key']) }} as event_key,
        customer_id,
        event_type,
        event_title,
        source_table,
        source_key,
        event_at,
        event_date
    from dated_events
    where event_date <= {{ as_of_date() }}

)

select * from final
