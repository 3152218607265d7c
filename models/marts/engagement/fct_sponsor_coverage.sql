-- One row per month and customer with CMRR at its end: its executive sponsors then.
-- The newest month is today; sponsors and departures are levels, not to be summed.
with

customers as (

    select
        period_start as month,
        least(period_end, {{ as_of_date() }}) as report_date,
        customer_id,
        ending_cmrr as cmrr
    from {{ ref('fct_cmrr_customer_periods') }}
    where period_grain = 'month' and ending_cmrr > 0

),

sponsors as (

    select
        contact_id,
        customer_id,
        active_from_date,
        departed_date
    from {{ ref('fct_sponsor_spells') }}

),

counts as (

    select
        customers.month,
        customers.customer_id,
        count(*) filter (
            where
            sponsors.departed_date is null
            or sponsors.departed_date > customers.report_date
        ) as active_sponsors,
        count(*) filter (
            where
            sponsors.departed_date <= customers.report_date
            and sponsors.departed_date > {{ add_days('customers.report_date', -90) }}
        ) as departures,
        max(sponsors.departed_date) filter (
            where sponsors.departed_date <= customers.report_date
        ) as last_departure_date
    from customers
    inner join sponsors
        on
            customers.customer_id = sponsors.customer_id
            and customers.report_date >= sponsors.active_from_date
    group by customers.month, customers.customer_id

),

final as (

    select
        customers.month,
        customers.customer_id,
        cast(coalesce(counts.active_sponsors, 0) as integer) as active_sponsors,
        cast(coalesce(counts.departures, 0) as integer) as sponsor_departures_90_days,
        coalesce(counts.active_sponsors > 0, false) as has_active_sponsor,
        coalesce(counts.active_sponsors = 0 and counts.departures > 0, false)
            as has_lost_its_sponsor,
        cast(customers.cmrr as decimal(18, 2)) as cmrr,
        counts.last_departure_date,
        customers.report_date
    from customers
    left join counts
        on
            customers.month = counts.month
            and customers.customer_id = counts.customer_id

)

select * from final
