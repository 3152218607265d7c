-- is_counted and the newest month are found in two ways: the mark of today and the
-- period's window. Relationship responses must be the same ones, transactional ones
-- those of the month.
with

marked as (

    select
        survey_type,
        survey_kind,
        count(*) as responses,
        sum(score) as score_sum
    from {{ ref('fct_survey_responses') }}
    where
        is_counted
        and (
            survey_kind = 'relationship'
            or date_trunc('month', responded_date)
            = date_trunc('month', {{ as_of_date() }})
        )
    group by survey_type, survey_kind

),

newest_month as (

    select
        survey_type,
        survey_kind,
        responses,
        score_sum
    from {{ ref('fct_survey_dimension_periods') }}
    where
        period_grain = 'month'
        and period_end = {{ as_of_date() }}
        and dimension_name = 'total'
        and responses > 0

)

select
    coalesce(marked.survey_type, newest_month.survey_type) as survey_type,
    coalesce(marked.survey_kind, newest_month.survey_kind) as survey_kind,
    marked.responses as marked_responses,
    newest_month.responses as newest_month_responses
from marked
full join newest_month
    on
        marked.survey_type = newest_month.survey_type
        and marked.survey_kind = newest_month.survey_kind
where
    coalesce(marked.responses <> newest_month.responses, true)
    or coalesce(marked.score_sum <> newest_month.score_sum, true)
