-- One row per period, survey, sentiment of the score and term that two comments share.
-- A comment holds many terms: responses never add up over terms.
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
        response_id,
        survey_type,
        survey_kind,
        sentiment,
        customer_id,
        counted_from_date,
        counted_to_date
    from {{ ref('fct_survey_responses') }}
    where has_comment

),

terms as (

    select
        response_id,
        term,
        word_count
    from {{ ref('int_comment_terms') }}

),

counted_comments as (

    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        responses.response_id,
        responses.survey_type,
        responses.survey_kind,
        responses.sentiment,
        responses.customer_id
    from responses
    inner join periods
        on {{ counts_in_period('responses', 'periods') }}

),

{%- set survey = 'period_grain, period_start, survey_type, survey_kind' %}

comments as (

    select
        {{ survey }},
        sentiment,
        count(*) as class_comments,
        sum(count(*)) over (partition by {{ survey }}) as all_comments
    from counted_comments
    group by {{ survey }}, sentiment

),

uses as (

    select
        counted_comments.period_grain,
        counted_comments.period_start,
        max(counted_comments.period_end) as period_end,
        counted_comments.survey_type,
        counted_comments.survey_kind,
        counted_comments.sentiment,
        terms.term,
        max(terms.word_count) as word_count,
        count(*) as responses,
        count(distinct counted_comments.customer_id) as accounts
    from counted_comments
    inner join terms
        on counted_comments.response_id = terms.response_id
    group by {{ survey }}, counted_comments.sentiment, terms.term

),

uses_and_rest as (

    select
        uses.*,
        comments.class_comments,
        comments.all_comments,
        sum(uses.responses) over (
            partition by
                uses.period_grain, uses.period_start, uses.survey_type,
                uses.survey_kind, uses.term
        ) as all_responses
    from uses
    inner join comments
        on
            uses.period_grain = comments.period_grain
            and uses.period_start = comments.period_start
            and uses.survey_type = comments.survey_type
            and uses.survey_kind = comments.survey_kind
            and uses.sentiment = comments.sentiment

),

odds as (

    select
        *,
        responses + 0.5e0 as users,
        class_comments - responses + 0.5e0 as others,
        all_responses - responses + 0.5e0 as rest_users,
        all_comments - class_comments - all_responses + responses + 0.5e0 as rest_others
    from uses_and_rest
    where all_responses >= 2

),

final as (

    select
        period_grain,
        period_start,
        period_end,
        survey_type,
        survey_kind,
        sentiment,
        term,
        cast(word_count as integer) as word_count,
        cast(responses as integer) as responses,
        cast(accounts as integer) as accounts,
        cast(class_comments as integer) as comments,
        {{ ratio('responses', 'class_comments') }} as share,
        {{ ratio('all_responses', 'all_comments') }} as share_of_all,
        {{ ratio('responses * all_comments', 'class_comments * all_responses') }}
            as lift,
        cast(
            round(
                ln(users * rest_others / (others * rest_users))
                / sqrt(1 / users + 1 / others + 1 / rest_users + 1 / rest_others),
                6
            ) as decimal(18, 6)
        ) as distinctiveness
    from odds

)

select * from final
