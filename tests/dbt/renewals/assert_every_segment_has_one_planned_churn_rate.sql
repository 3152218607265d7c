-- Each segment has one rate for the years that have none of their own, and no year two.
-- A segment without a rate would have no plan; one with two would be planned twice.
with

rates as (

    select
        segment,
        fiscal_year,
        count(*) as rows_given,
        max(planned_churn_rate) as highest_rate,
        min(planned_churn_rate) as lowest_rate
    from {{ ref('planned_churn_rates') }}
    group by segment, fiscal_year

)

select
    segments.segment,
    rates.fiscal_year,
    rates.rows_given
from {{ ref('customer_segments') }} as segments
left join rates
    on segments.segment = rates.segment
where
    not exists (
        select 1
        from {{ ref('planned_churn_rates') }} as usual_rates
        where
            usual_rates.segment = segments.segment
            and usual_rates.fiscal_year is null
    )
    or rates.rows_given > 1
    or rates.highest_rate > 1
    or rates.lowest_rate < 0
