-- Without a band that begins at 0 the worst customers would have none; with green below
-- amber nobody would be amber. Checked on each day on which a row begins or ends.
with

bands as (

    select
        band,
        minimum_score,
        valid_from,
        valid_to
    from {{ ref('health_bands') }}

),

change_days as (

    select valid_from as day
    from bands

    union all

    select valid_to as day
    from bands
    where valid_to is not null

),

days as (

    select day
    from change_days
    group by day

),

bands_by_day as (

    select
        days.day,
        max(case when bands.band = 'red' then bands.minimum_score end) as red_from,
        max(case when bands.band = 'amber' then bands.minimum_score end) as amber_from,
        max(case when bands.band = 'green' then bands.minimum_score end) as green_from
    from days
    left join bands
        on
            days.day >= bands.valid_from
            and (days.day < bands.valid_to or bands.valid_to is null)
    group by days.day

)

select
    *,
    'health_bands: red must begin at 0, then amber, then green, each by 100'
        as what_is_wrong
from bands_by_day
where
    coalesce(red_from, -1) <> 0
    or coalesce(amber_from, 0) <= red_from
    or coalesce(green_from, 0) <= amber_from
    or green_from > 100
