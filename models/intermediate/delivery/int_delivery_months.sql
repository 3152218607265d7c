-- One row per calendar month from the first ticket, licence or measure to the as-of
-- date. report_date is the month's last day, or the as-of date in the running month.
with recursive

change_days as (

    select min(month) as first_date
    from {{ ref('int_delivery_changes_by_month') }}

    union all

    select min(from_date) as first_date
    from {{ ref('int_success_measurements') }}

),

bounds as (

    select
        cast(date_trunc('month', min(first_date)) as date) as first_month,
        cast(date_trunc('month', {{ as_of_date() }}) as date) as last_month
    from change_days

),

months as (

    select
        first_month as month,
        last_month
    from bounds
    where first_month <= last_month

    union all

    select
        cast(month + interval 1 month as date) as month,
        last_month
    from months
    where month < last_month

),

final as (

    select
        month,
        least(
            {{ add_days('cast(month + interval 1 month as date)', -1) }},
            {{ as_of_date() }}
        ) as report_date
    from months

)

select * from final
