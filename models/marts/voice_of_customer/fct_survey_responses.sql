-- One row per survey response given by the as-of date.
-- On any past day d, those with counted_from_date <= d < counted_to_date counted.
with

answers as (

    select *
    from {{ ref('int_survey_answers') }}

),

contacts as (

    select
        contact_id,
        contact_role
    from {{ ref('stg_crm__contacts') }}

),

final as (

    select
        answers.response_id,
        answers.invitation_id,
        answers.survey_type,
        answers.survey_kind,
        answers.touchpoint,
        answers.customer_id,
        answers.contact_id,
        contacts.contact_role,
        answers.sent_at,
        answers.responded_at,
        answers.score,
        answers.sentiment,
        coalesce(answers.counted_to_date > {{ as_of_date() }}, true) as is_counted,
        coalesce(trim(answers.comment) <> '', false) as has_comment,
        cast(answers.responded_date - answers.sent_date as integer)
            as response_lag_days,
        answers.responded_date,
        answers.counted_from_date,
        answers.counted_to_date
    from answers
    left join contacts
        on answers.contact_id = contacts.contact_id

)

select * from final
