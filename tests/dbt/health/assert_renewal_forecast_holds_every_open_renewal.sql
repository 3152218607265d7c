-- What is open in the report is what is open in fct_renewals up to the fourth quarter
-- after the running one, in total, by segment and by risk.
with

open_renewals as (

    select coalesce(sum(expected_cmrr), 0) as open_cmrr
    from {{ ref('fct_renewals') }}
    where
        not is_resolved
        and due_quarter_start
        <= cast(
            {{ fiscal_period_start(as_of_date(), 'quarter') }}
            + interval 12 month as date
        )

),

reported as (

    select
        coalesce(sum(open_cmrr) filter (where segment = 'total'), 0) as of_total,
        coalesce(sum(open_cmrr) filter (where segment <> 'total'), 0) as of_segments
    from {{ ref('rpt_renewal_forecast') }}

),

at_risk as (

    select coalesce(sum(at_risk_cmrr), 0) as of_risks
    from {{ ref('rpt_at_risk_cmrr') }}

)

select
    open_renewals.open_cmrr,
    reported.of_total,
    reported.of_segments,
    at_risk.of_risks
from open_renewals
cross join reported
cross join at_risk
where
    open_renewals.open_cmrr <> reported.of_total
    or open_renewals.open_cmrr <> reported.of_segments
    or open_renewals.open_cmrr <> at_risk.of_risks
