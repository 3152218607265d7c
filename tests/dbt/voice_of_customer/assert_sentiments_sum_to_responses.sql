-- Every response is positive, neutral or negative, and every rated account is
-- promoter, passive or detractor: a share that misses some would still look like a
-- share.
select
    period_grain,
    period_start,
    survey_type,
    survey_kind,
    dimension_name,
    dimension_value
from {{ ref('fct_survey_dimension_periods') }}
where
    positive_responses + neutral_responses + negative_responses <> responses
    or answered_invitations > invitations
    or accounts > responses
    or promoter_accounts + passive_accounts + detractor_accounts
    <> case when survey_type = 'nps' then accounts else 0 end
