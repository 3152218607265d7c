-- One row per span of days after the as-of date: each month, cut where twelve months
-- from the as-of date are over, up to the last service that is under contract.
with recursive

bounds as (

    select
        max(
            greatest(service_over_date, {{ add_days('service_start_date', 1) }})
        ) as over_date,
        {{ add_days(as_of_date(), 1) }} as first_date,
        {{ add_days('cast(' ~ as_of_date() ~ ' + interval 12 month as date)', 1) }}
            as beyond_date
    from {{ ref('int_line_commitments') }}

),

months as (

    select
        cast(date_trunc('month', first_date) as date) as month,
        over_date
    from bounds
    where first_date < over_date

    union all

    select
        cast(month + interval 1 month as date) as month,
        over_date
    from months
    where cast(month + interval 1 month as date) < over_date

),

horizons as (

    select
        true as is_within_twelve_months,
        first_date as from_date,
        beyond_date as to_date
    from bounds

    union all

    select
        false as is_within_twelve_months,
        beyond_date as from_date,
        cast('9999-12-31' as date) as to_date
    from bounds

),

months_with_next as (

    select
        month,
        cast(month + interval 1 month as date) as next_month
    from months

),

final as (

    select
        months.month,
        horizons.is_within_twelve_months,
        cast(
            extract(day from {{ add_days('months.next_month', -1) }}) as integer
        ) as days_in_month,
        greatest(months.month, horizons.from_date) as from_date,
        least(months.next_month, horizons.to_date) as to_date
    from months_with_next as months
    inner join horizons
        on
            months.month < horizons.to_date
            and months.next_month > horizons.from_date

)

select * from final
