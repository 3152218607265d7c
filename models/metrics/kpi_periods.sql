-- One row per period that has begun, with its end and the day that closed all of it.
with

months as (

    select
        period_grain,
        period_start,
        month
    from {{ ref('kpi_months') }}

),

closed_months as (

    select
        month,
        min(frozen_on) as frozen_on
    from {{ ref('fct_closed_periods') }}
    where frozen_on <= {{ as_of_date() }}
    group by month

),

days as (

    select
        date_day,
        cast(date_trunc('month', date_day) as date) as month
    from {{ ref('metricflow_time_spine') }}
    where date_day <= {{ as_of_date() }}

),

periods as (

    select
        period_grain,
        period_start,
        {{ add_days(
            "cast(period_start + case period_grain when 'month' then interval 1 month"
            ~ " when 'quarter' then interval 3 month else interval 12 month end as date)", -1
        ) }} as period_end
    from months
    group by period_grain, period_start

),

closed_by_period as (

    select
        months.period_grain,
        months.period_start,
        count(*) as closed_months,
        max(closed_months.frozen_on) as closed_on
    from months
    inner join closed_months
        on months.month = closed_months.month
    group by months.period_grain, months.period_start

),

final as (

    select
        'day' as period_grain,
        days.date_day as period_start,
        days.date_day as period_end,
        closed_months.frozen_on as closed_on
    from days
    left join closed_months
        on days.month = closed_months.month

    union all

    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        case
            when
                closed_by_period.closed_months = case periods.period_grain
                    when 'month' then 1 when 'quarter' then 3 else 12
                end
                then closed_by_period.closed_on
        end as closed_on
    from periods
    left join closed_by_period
        on
            periods.period_grain = closed_by_period.period_grain
            and periods.period_start = closed_by_period.period_start

)

select * from final
