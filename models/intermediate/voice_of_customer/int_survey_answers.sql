-- One row per survey response given by the as-of date, with the days it counts on:
-- [counted_from_date, counted_to_date), where null is an open end.
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

),

responses as (

    select
        response_id,
        invitation_id,
        score,
        comment,
        responded_at,
        {{ local_date('responded_at') }} as responded_date
    from {{ ref('stg_surveys__responses') }}
    where {{ local_date('responded_at') }} <= {{ as_of_date() }}

),

answers as (

    select
        responses.*,
        invitations.survey_type,
        invitations.survey_kind,
        invitations.touchpoint,
        invitations.customer_id,
        invitations.contact_id,
        invitations.sent_at,
        invitations.sent_date,
        lead(responses.responded_date) over (
            partition by responses.invitation_id
            order by responses.responded_at, responses.response_id
        ) as answered_anew_date,
        lead(responses.responded_date) over (
            partition by
                invitations.survey_kind, invitations.survey_type, invitations.contact_id
            order by responses.responded_at, responses.response_id
        ) as next_of_contact_date
    from responses
    inner join invitations
        on responses.invitation_id = invitations.invitation_id

),

final as (

    select
        response_id,
        invitation_id,
        survey_type,
        survey_kind,
        touchpoint,
        customer_id,
        contact_id,
        sent_at,
        sent_date,
        responded_at,
        responded_date,
        score,
        {{ survey_sentiment('survey_type', 'score') }} as sentiment,
        comment,
        responded_date as counted_from_date,
        case
            when survey_kind = 'transactional' then answered_anew_date
            else
                least(
                    {{ add_days('responded_date', var('survey_window_days')) }},
                    coalesce(next_of_contact_date, cast('9999-12-31' as date))
                )
        end as counted_to_date
    from answers

)

select * from final
