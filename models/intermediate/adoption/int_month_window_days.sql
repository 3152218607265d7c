-- One row per month and day of the 28 that end on the month's report date.
-- The running month's window may share days with that of the month before.
with recursive

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

window_days as (

    select
        month,
        report_date,
        report_date as day
    from months

    union all

    select
        month,
        report_date,
        {{ add_days('day', -1) }} as day
    from window_days
    where day > {{ add_days('report_date', -27) }}

),

final as (

    select
        month,
        report_date,
        day
    from window_days

)

select * from final
