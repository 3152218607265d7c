-- One row per period, survey, customer, touchpoint and role asked or counted in it.
-- Relationship figures are levels at the period's end: never sum them over periods.
{%- set keys = [
    'period_grain', 'period_start', 'period_end', 'survey_type', 'survey_kind',
    'customer_id', 'touchpoint', 'contact_role',
] %}

with

periods as (

    select
        period_grain,
        period_start,
        period_end
    from {{ ref('int_survey_periods') }}

),

responses as (

    select
        survey_type,
        survey_kind,
        {{ survey_touchpoint() }} as touchpoint,
        customer_id,
        coalesce(contact_role, 'not_given') as contact_role,
        score,
        sentiment,
        counted_from_date,
        counted_to_date
    from {{ ref('fct_survey_responses') }}

),

invitations as (

    select
        survey_type,
        survey_kind,
        {{ survey_touchpoint() }} as touchpoint,
        customer_id,
        coalesce(contact_role, 'not_given') as contact_role,
        sent_date,
        first_response_date
    from {{ ref('fct_survey_invitations') }}

),

answers_and_requests as (

    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        responses.survey_type,
        responses.survey_kind,
        responses.customer_id,
        responses.touchpoint,
        responses.contact_role,
        0 as invitations,
        0 as answered_invitations,
        1 as responses,
        responses.sentiment,
        responses.score
    from responses
    inner join periods
        on {{ counts_in_period('responses', 'periods') }}

    union all

    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        invitations.survey_type,
        invitations.survey_kind,
        invitations.customer_id,
        invitations.touchpoint,
        invitations.contact_role,
        1 as invitations,
        case
            when invitations.first_response_date <= periods.period_end then 1
            else 0
        end as answered_invitations,
        0 as responses,
        null as sentiment,
        0 as score
    from invitations
    inner join periods
        on
            invitations.sent_date <= periods.period_end
            and invitations.sent_date >= case
                when invitations.survey_kind = 'transactional' then periods.period_start
                else {{ add_days('periods.period_end', 1 - var('survey_window_days')) }}
            end

),

final as (

    select
        {{ keys | join(',\n        ') }},
        cast(sum(invitations) as integer) as invitations,
        cast(sum(answered_invitations) as integer) as answered_invitations,
        cast(sum(responses) as integer) as responses,
        cast(count(*) filter (where sentiment = 'positive') as integer)
            as positive_responses,
        cast(count(*) filter (where sentiment = 'neutral') as integer)
            as neutral_responses,
        cast(count(*) filter (where sentiment = 'negative') as integer)
            as negative_responses,
        cast(sum(score) as bigint) as score_sum,
        cast(sum(score * score) as bigint) as score_square_sum
    from answers_and_requests
    group by
        {{ keys | join(',\n        ') }}

)

select * from final
