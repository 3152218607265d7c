-- The segments of a period together are `all`, and `all` is every customer that the
-- bridge begins the period with. A customer without a segment would leave both rates
-- and value.
with

segments as (

    select
        period_grain,
        period_start,
        coalesce(sum(customers) filter (where segment <> 'all'), 0) as customers,
        coalesce(sum(lost_customers) filter (where segment <> 'all'), 0)
            as lost_customers,
        coalesce(sum(customers) filter (where segment = 'all'), 0) as all_customers,
        coalesce(sum(lost_customers) filter (where segment = 'all'), 0)
            as all_lost_customers
    from {{ ref('rpt_lifetime_value') }}
    group by period_grain, period_start

)

select
    rates.period_grain,
    rates.period_start,
    rates.beginning_customers,
    segments.customers,
    segments.all_customers,
    segments.lost_customers,
    segments.all_lost_customers
from {{ ref('rpt_cmrr_rates') }} as rates
left join segments
    on
        rates.period_grain = segments.period_grain
        and rates.period_start = segments.period_start
where
    rates.beginning_customers <> coalesce(segments.all_customers, 0)
    or segments.customers <> segments.all_customers
    or segments.lost_customers <> segments.all_lost_customers
