-- One row per fiscal quarter and account that answered a CSAT survey in it.
-- An invitation answered twice counts once, by its newest answer.
with

responses as (

    select
        response_id,
        invitation_id,
        score,
        responded_at,
        {{ local_date('responded_at') }} as responded_date
    from {{ ref('stg_surveys__responses') }}
    where {{ local_date('responded_at') }} <= {{ as_of_date() }}

),

invitations as (

    select
        invitation_id,
        account_id
    from {{ ref('stg_surveys__invitations') }}
    where survey_type = 'csat'

),

fiscal_months as (

    select
        month,
        fiscal_quarter_start
    from {{ ref('int_fiscal_months') }}

),

answers as (

    select
        invitations.account_id,
        responses.score,
        cast(date_trunc('month', responses.responded_date) as date) as month,
        row_number() over (
            partition by responses.invitation_id
            order by responses.responded_at desc, responses.response_id desc
        ) as answer_number
    from responses
    inner join invitations
        on responses.invitation_id = invitations.invitation_id

),

final as (

    select
        fiscal_months.fiscal_quarter_start as quarter_start,
        answers.account_id,
        cast(count(*) as integer) as csat_responses,
        cast(count(*) filter (where answers.score >= 4) as integer) as csat_satisfied
    from answers
    inner join fiscal_months
        on answers.month = fiscal_months.month
    where answers.answer_number = 1
    group by fiscal_months.fiscal_quarter_start, answers.account_id

)

select * from final
