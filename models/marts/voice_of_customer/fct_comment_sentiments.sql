-- One row per survey response with a comment: what the words say beside the score.
-- The words' sentiment is a lexicon's guess; read it in numbers, not one by one.
with

responses as (

    select
        response_id,
        survey_type,
        survey_kind,
        touchpoint,
        customer_id,
        contact_id,
        responded_at,
        score,
        sentiment,
        is_counted
    from {{ ref('fct_survey_responses') }}
    where has_comment

),

answers as (

    select
        response_id,
        comment
    from {{ ref('int_survey_answers') }}

),

polarities as (

    select
        response_id,
        polarity
    from {{ ref('int_comment_polarities') }}

),

comments as (

    select
        responses.*,
        answers.comment,
        cast(coalesce(polarities.polarity, 0) as decimal(9, 4)) as polarity,
        case
            when polarities.polarity >= 0.1 then 'positive'
            when polarities.polarity <= -0.1 then 'negative'
            else 'neutral'
        end as comment_sentiment
    from responses
    inner join answers
        on responses.response_id = answers.response_id
    left join polarities
        on responses.response_id = polarities.response_id

),

final as (

    select
        response_id,
        survey_type,
        survey_kind,
        touchpoint,
        customer_id,
        contact_id,
        score,
        sentiment as score_sentiment,
        comment,
        polarity,
        comment_sentiment,
        case
            when sentiment = comment_sentiment then 'agrees'
            when
                sentiment = 'negative'
                or (sentiment = 'neutral' and comment_sentiment = 'positive')
                then 'kinder'
            else 'harsher'
        end as comment_against_score,
        sentiment in ('positive', 'negative')
        and comment_sentiment in ('positive', 'negative')
        and sentiment <> comment_sentiment as is_contradiction,
        is_counted,
        responded_at
    from comments

)

select * from final
