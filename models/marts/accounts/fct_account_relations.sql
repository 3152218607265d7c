-- One row per customer as of today: its newest scores, open risks, sponsors, when it
-- was last spoken to, and what it does for us and reads of ours.
with

customers as (

    select customer_id
    from {{ ref('dim_customers') }}

),

responses as (

    select
        customer_id,
        survey_type,
        score,
        responded_date,
        row_number() over (
            partition by customer_id, survey_type
            order by responded_at desc, response_id desc
        ) as response_number
    from {{ ref('fct_survey_responses') }}

),

scores as (

    select
        {%- for survey_type in ['nps', 'csat'] %}
        max(score) filter (where survey_type = '{{ survey_type }}')
            as newest_{{ survey_type }}_score,
        max(responded_date) filter (where survey_type = '{{ survey_type }}')
            as newest_{{ survey_type }}_date,
        {%- endfor %}
        customer_id
    from responses
    where response_number = 1
    group by customer_id

),

-- The worst risk of a customer: the reddest, of those the oldest.
risks as (

    select
        customer_id,
        risk_level,
        reason_code,
        action_plan,
        intention,
        opened_date,
        count(*) over (partition by customer_id) as open_risks,
        row_number() over (
            partition by customer_id
            order by
                case risk_level when 'red' then 1 when 'amber' then 2 else 3 end,
                opened_date,
                risk_id
        ) as risk_number
    from {{ ref('fct_risks') }}
    where is_open

),

sponsors as (

    select
        customer_id,
        count(*) filter (where is_active) as active_sponsors,
        count(*) filter (
            where departed_date > {{ add_days(as_of_date(), -90) }}
        ) as sponsor_departures_90_days,
        max(departed_date) as last_sponsor_departure_date
    from {{ ref('fct_sponsor_spells') }}
    group by customer_id

),

interactions as (

    select
        customer_id,
        activity_type,
        occurred_date,
        row_number() over (
            partition by customer_id
            order by occurred_date desc, occurred_at desc, activity_id desc
        ) as interaction_number
    from {{ ref('fct_interactions') }}

),

contacts as (

    select
        customer_id,
        max(occurred_date) as last_contact_date,
        max(activity_type) filter (where interaction_number = 1) as last_contact_type,
        max(occurred_date) filter (where activity_type = 'qbr') as last_qbr_date
    from interactions
    group by customer_id

),

advocacy as (

    select
        customer_id,
        count(*) filter (
            where event_date > {{ add_days(as_of_date(), -365) }}
        ) as advocacy_acts_365_days,
        max(event_date) as last_advocacy_date
    from {{ ref('fct_advocacy_events') }}
    group by customer_id

),

mails as (

    select
        customer_id,
        sum(sent) as sent,
        sum(engaged) as engaged,
        sum(sent_year_ago) as sent_year_ago,
        sum(engaged_year_ago) as engaged_year_ago
    from {{ ref('fct_email_engagement_months') }}
    where month > {{ as_of_date() }} - interval 3 month and month <= {{ as_of_date() }}
    group by customer_id

),

final as (

    select
        customers.customer_id,
        scores.newest_nps_score,
        scores.newest_nps_date,
        scores.newest_csat_score,
        scores.newest_csat_date,
        cast(coalesce(risks.open_risks, 0) as integer) as open_risks,
        risks.risk_level as worst_risk_level,
        risks.reason_code as worst_risk_reason_code,
        risks.intention as worst_risk_intention,
        risks.action_plan as worst_risk_action_plan,
        risks.opened_date as worst_risk_opened_date,
        cast(coalesce(sponsors.active_sponsors, 0) as integer) as active_sponsors,
        cast(coalesce(sponsors.sponsor_departures_90_days, 0) as integer)
            as sponsor_departures_90_days,
        sponsors.last_sponsor_departure_date,
        contacts.last_contact_date,
        contacts.last_contact_type,
        cast({{ as_of_date() }} - contacts.last_contact_date as integer)
            as days_since_last_contact,
        contacts.last_qbr_date,
        cast(coalesce(advocacy.advocacy_acts_365_days, 0) as integer)
            as advocacy_acts_365_days,
        advocacy.last_advocacy_date,
        cast(coalesce(mails.sent, 0) as integer) as mails_sent_three_months,
        {{ ratio('mails.engaged', 'mails.sent') }} as mail_engagement_rate,
        {{ ratio('mails.engaged_year_ago', 'mails.sent_year_ago') }}
            as mail_engagement_rate_year_ago
    from customers
    left join scores
        on customers.customer_id = scores.customer_id
    left join risks
        on customers.customer_id = risks.customer_id and risks.risk_number = 1
    left join sponsors
        on customers.customer_id = sponsors.customer_id
    left join contacts
        on customers.customer_id = contacts.customer_id
    left join advocacy
        on customers.customer_id = advocacy.customer_id
    left join mails
        on customers.customer_id = mails.customer_id

)

select * from final
