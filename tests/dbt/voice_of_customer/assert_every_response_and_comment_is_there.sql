-- Each accepted survey response given by the as-of date stands once, and each with a
-- comment has a comment row: neither a join nor the reading of words may lose any.
with

counts as (

    select
        (
            select count(*)
            from {{ ref('stg_surveys__responses') }}
            where {{ local_date('responded_at') }} <= {{ as_of_date() }}
        ) as landed_responses,
        (select count(*) from {{ ref('fct_survey_responses') }}) as responses,
        (
            select count(*)
            from {{ ref('fct_survey_responses') }}
            where has_comment
        ) as responses_with_comment,
        (select count(*) from {{ ref('fct_comment_sentiments') }}) as comments,
        (select count(*) from {{ ref('int_comment_polarities') }}) as comments_read

)

select *
from counts
where
    landed_responses <> responses
    or responses_with_comment <> comments
    or responses_with_comment <> comments_read
