-- New and add-on CMRR and new customers of every period are those of the bridge, so
-- that acquisition cost is set against the same sales that finance reports.
select
    periods.period_grain,
    periods.period_start,
    periods.new_cmrr,
    rates.new_cmrr as bridge_new_cmrr,
    periods.add_on_cmrr,
    rates.add_on_cmrr as bridge_add_on_cmrr,
    periods.new_logos,
    rates.new_customers
from {{ ref('fct_acquisition_periods') }} as periods
full join {{ ref('rpt_cmrr_rates') }} as rates
    on
        periods.period_grain = rates.period_grain
        and periods.period_start = rates.period_start
where
    coalesce(periods.new_cmrr, 0) <> coalesce(rates.new_cmrr, 0)
    or coalesce(periods.add_on_cmrr, 0) <> coalesce(rates.add_on_cmrr, 0)
    or coalesce(periods.new_logos, 0) <> coalesce(rates.new_customers, 0)
