-- The cohorts of a quarter, the groups of a period and the concentration of a month have
-- together the CMRR that the rates report. A customer in no cohort, or in two groups,
-- would bend retention unseen.
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

)

select
    rates.period_grain,
    rates.period_start,
    parts.report,
    rates.ending_cmrr as expected_cmrr,
    parts.ending_cmrr
from parts
inner join {{ ref('rpt_cmrr_rates') }} as rates
    on
        parts.period_grain = rates.period_grain
        and parts.period_start = rates.period_start
where parts.ending_cmrr <> rates.ending_cmrr
