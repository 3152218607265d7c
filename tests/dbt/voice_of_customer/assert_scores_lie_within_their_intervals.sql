-- An interval that does not hold its own estimate, or a share beyond 0 and 1, is a
-- wrong formula.
select
    period_grain,
    period_start,
    survey_type,
    survey_kind,
    dimension_name,
    dimension_value
from {{ ref('rpt_survey_scores') }}
where
    score not between score_low and score_high
    or mean_score not between mean_score_low and mean_score_high
    or response_rate not between response_rate_low and response_rate_high
    or nps_by_account not between nps_by_account_low and nps_by_account_high
    or nps_weighted_by_cmrr
    not between nps_weighted_by_cmrr_low and nps_weighted_by_cmrr_high
    {%- for share in [
        'positive_share', 'neutral_share', 'negative_share', 'response_rate'
    ] %}
    or {{ share }} not between {{ share }}_low and {{ share }}_high
    or {{ share }}_low < 0
    or {{ share }}_high > 1
    {%- endfor %}
    or score is null <> (responses = 0)
    or (score_low is null or score_high is null) <> (score is null)
    or (nps_by_account is null) <> (responses = 0 or survey_type <> 'nps')
