-- One row per survey invitation sent by the as-of date, answered or not.
-- Answered by day d: first_response_date <= d.
with

invitations as (

    select
        invitation_id,
        survey_type,
        survey_kind,
        touchpoint,
        account_id as customer_id,
        contact_id,
        sent_at,
        {{ local_date('sent_at') }} as sent_date
    from {{ ref('stg_surveys__invitations') }}
    where {{ local_date('sent_at') }} <= {{ as_of_date() }}

),

answers as (

    select
        invitation_id,
        count(*) as response_count,
        min(responded_date) as first_response_date
    from {{ ref('int_survey_answers') }}
    group by invitation_id

),

contacts as (

    select
        contact_id,
        contact_role
    from {{ ref('stg_crm__contacts') }}

),

final as (

    select
        invitations.invitation_id,
        invitations.survey_type,
        invitations.survey_kind,
        invitations.touchpoint,
        invitations.customer_id,
        invitations.contact_id,
        contacts.contact_role,
        cast(coalesce(answers.response_count, 0) as integer) as response_count,
        answers.invitation_id is not null as is_answered,
        cast(answers.first_response_date - invitations.sent_date as integer)
            as response_lag_days,
        invitations.sent_at,
        invitations.sent_date,
        answers.first_response_date
    from invitations
    left join answers
        on invitations.invitation_id = answers.invitation_id
    left join contacts
        on invitations.contact_id = contacts.contact_id

)

select * from final
