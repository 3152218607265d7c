-- The slices of each dimension hold every invitation and response of the total once;
-- those by attributes of the customer hold every account and its CMRR once too. A
-- customer that answered by two touchpoints or in two roles stands in both, so those
-- slices may hold more accounts.
with

slices as (

    select
        period_grain,
        period_start,
        survey_type,
        survey_kind,
        dimension_name,
        sum(invitations) as invitations,
        sum(answered_invitations) as answered_invitations,
        sum(responses) as responses,
        sum(positive_responses) as positive_responses,
        sum(negative_responses) as negative_responses,
        sum(score_sum) as score_sum,
        sum(accounts) as accounts,
        sum(promoter_cmrr) as promoter_cmrr,
        sum(detractor_cmrr) as detractor_cmrr
    from {{ ref('fct_survey_dimension_periods') }}
    group by period_grain, period_start, survey_type, survey_kind, dimension_name

)

select
    slices.period_grain,
    slices.period_start,
    slices.survey_type,
    slices.survey_kind,
    slices.dimension_name
from slices
inner join slices as total
    on
        slices.period_grain = total.period_grain
        and slices.period_start = total.period_start
        and slices.survey_type = total.survey_type
        and slices.survey_kind = total.survey_kind
        and total.dimension_name = 'total'
where
    slices.invitations <> total.invitations
    or slices.answered_invitations <> total.answered_invitations
    or slices.responses <> total.responses
    or slices.positive_responses <> total.positive_responses
    or slices.negative_responses <> total.negative_responses
    or slices.score_sum <> total.score_sum
    or slices.accounts < total.accounts
    or (
        slices.dimension_name not in ('touchpoint', 'contact_role')
        and (
            slices.accounts <> total.accounts
            or slices.promoter_cmrr <> total.promoter_cmrr
            or slices.detractor_cmrr <> total.detractor_cmrr
        )
    )
