-- The cohorts of a quarter, the groups of a period and the concentration of a month
-- have together the CMRR that the rates report. A customer in no cohort, or in two
-- groups, would bend retention unseen.
with

parts as (

    select
        'quarter' as period_grain,
        quarter_start as period_start,
        'cohorts' as report,
        sum(cmrr) as ending_cmrr
    from {{ ref('rpt_cohort_retention') }}
    group by quarter_start

    union all

    select
        period_grain,
        period_start,
        'parents' as report,
        sum(ending_cmrr) as ending_cmrr
    from {{ ref('rpt_parent_retention') }}
    group by period_grain, period_start

    union all

    select
        'month' as period_grain,
        month as period_start,
        'concentration' as report,
        cmrr as ending_cmrr
    from {{ ref('rpt_cmrr_concentration') }}

),

reports as (

    select distinct report
    from parts

)

select
    rates.period_grain,
    rates.period_start,
    reports.report,
    rates.ending_cmrr as expected_cmrr,
    parts.ending_cmrr
from {{ ref('rpt_cmrr_rates') }} as rates
inner join reports
    on
        reports.report <> 'concentration' and rates.period_grain = 'quarter'
        or reports.report = 'parents'
        or reports.report = 'concentration' and rates.period_grain = 'month'
left join parts
    on
        rates.period_grain = parts.period_grain
        and rates.period_start = parts.period_start
        and reports.report = parts.report
where coalesce(parts.ending_cmrr, 0) <> rates.ending_cmrr
