-- Months, quarters and years each hold every project that has started once, for all and
-- over the segments.
with

facts as (

    select
        count(*) as projects_started,
        count(*) filter (where is_complete_within_30_days) as complete_within_30_days,
        count(*) filter (where is_complete_within_60_days) as complete_within_60_days,
        count(*) filter (where went_live_at is not null) as projects_live
    from {{ ref('fct_onboarding') }}
    where is_started

),

reports as (

    select
        period_grain,
        dimension_name,
        sum(projects_started) as projects_started,
        sum(projects_complete_within_30_days) as complete_within_30_days,
        sum(projects_complete_within_60_days) as complete_within_60_days,
        sum(projects_live) as projects_live
    from {{ ref('rpt_onboarding') }}
    group by period_grain, dimension_name

)

select
    reports.period_grain,
    reports.dimension_name,
    reports.projects_started
from reports
cross join facts
where
    reports.projects_started <> facts.projects_started
    or reports.complete_within_30_days <> facts.complete_within_30_days
    or reports.complete_within_60_days <> facts.complete_within_60_days
    or reports.projects_live <> facts.projects_live
