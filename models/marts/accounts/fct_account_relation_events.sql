-- One row per event between us and an account by the as-of date: risks, sponsors, who
-- carries it, and what it does for us and with us.
with

risks as (

    select
        risk_id,
        customer_id,
        risk_level,
        reason_code,
        resolution,
        opened_at,
        resolved_at,
        opened_date,
        resolved_date
    from {{ ref('fct_risks') }}

),

sponsors as (

    select
        contact_id,
        customer_id,
        title,
        active_from_date,
        departed_date
    from {{ ref('fct_sponsor_spells') }}

),

portfolios as (

    select
        portfolio_key,
        customer_id,
        csm_user_id,
        valid_from,
        valid_to,
        lead(valid_from)
            over (partition by customer_id order by valid_from)
            as next_valid_from
    from {{ ref('fct_csm_portfolios') }}

),

users as (

    select
        user_id,
        full_name
    from {{ ref('dim_users') }}

),

advocacy as (

    select
        advocacy_event_id,
        customer_id,
        event_type,
        occurred_at,
        event_date
    from {{ ref('fct_advocacy_events') }}

),

engagement as (

    select
        activity,
        engagement_id,
        customer_id,
        activity_type,
        activity_name,
        occurred_at,
        event_date
    from {{ ref('fct_engagement_events') }}

),

named_portfolios as (

    select
        portfolios.*,
        coalesce(users.full_name, portfolios.csm_user_id) as csm_name
    from portfolios
    left join users
        on portfolios.csm_user_id = users.user_id

),

events as (

    select
        customer_id,
        opened_date as event_date,
        opened_at as event_at,
        'risk_raised' as event_type,
        'Risk raised: ' || risk_level || ', ' || replace(reason_code, '_', ' ')
            as event_title,
        'fct_risks' as source_table,
        risk_id as source_key
    from risks

    union all

    select
        customer_id,
        resolved_date as event_date,
        resolved_at as event_at,
        'risk_resolved' as event_type,
        'Risk ' || coalesce(resolution, 'resolved') || ': '
        || replace(reason_code, '_', ' ') as event_title,
        'fct_risks' as source_table,
        risk_id as source_key
    from risks

    {%- for column, words in {
        'active_from_date': 'arrived', 'departed_date': 'departed',
    }.items() %}

    union all

    select
        customer_id,
        {{ column }} as event_date,
        cast(null as timestamp) as event_at,
        'sponsor_{{ words }}' as event_type,
        'Executive sponsor' || coalesce(' (' || title || ')', '') || ' {{ words }}'
            as event_title,
        'fct_sponsor_spells' as source_table,
        contact_id as source_key
    from sponsors
    {%- endfor %}

    union all

    select
        customer_id,
        valid_from as event_date,
        cast(null as timestamp) as event_at,
        'csm_assigned' as event_type,
        'CSM is now ' || csm_name as event_title,
        'fct_csm_portfolios' as source_table,
        portfolio_key as source_key
    from named_portfolios

    union all

    -- Where somebody follows on the very day, that is the event.
    select
        customer_id,
        valid_to as event_date,
        cast(null as timestamp) as event_at,
        'csm_left' as event_type,
        'CSM ' || csm_name || ' left, nobody followed' as event_title,
        'fct_csm_portfolios' as source_table,
        portfolio_key as source_key
    from named_portfolios
    where next_valid_from is null or next_valid_from > valid_to

    union all

    select
        customer_id,
        event_date,
        occurred_at as event_at,
        'advocacy' as event_type,
        'Advocacy: ' || replace(event_type, '_', ' ') as event_title,
        'fct_advocacy_events' as source_table,
        advocacy_event_id as source_key
    from advocacy

    union all

    select
        customer_id,
        event_date,
        occurred_at as event_at,
        case activity
            when 'event' then 'event_attended'
            else 'community_post'
        end as event_type,
        case activity
            when 'event' then 'Attended '
            else 'Community: '
        end
        || coalesce(activity_name, replace(activity_type, '_', ' ')) as event_title,
        'fct_engagement_events' as source_table,
        engagement_id as source_key
    from engagement

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
    from events
    where event_date <= {{ as_of_date() }}

)

select * from final
