-- A term is used by no more comments than there are, and what lifts it above the others
-- also sets it apart: the rest of a sentiment is counted by subtraction.
select
    period_grain,
    period_start,
    survey_type,
    survey_kind,
    sentiment,
    term
from {{ ref('fct_comment_themes') }}
where
    share not between 0 and 1
    or share_of_all not between 0 and 1
    or accounts > responses
    or responses > comments
    or responses < 1
    or (lift > 1 and distinctiveness < -1)
    or (lift < 1 and distinctiveness > 1)
