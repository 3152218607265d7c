-- One row per month, fiscal quarter and fiscal year that began by the as-of date.
-- period_end is the last day known: the as-of date in the running period.
with

fiscal_months as (

    select
        month,
        fiscal_quarter_start,
        fiscal_year_start
    from {{ ref('int_fiscal_months') }}
    where month <= {{ as_of_date() }}

),

months_in_periods as (

    select
        'month' as period_grain,
        month as period_start,
        month
    from fiscal_months

    union all

    select
        'quarter' as period_grain,
        fiscal_quarter_start as period_start,
        month
    from fiscal_months

    union all

    select
        'year' as period_grain,
        fiscal_year_start as period_start,
        month
    from fiscal_months

),

final as (

    select
        period_grain,
        period_start,
        least(
            {{ add_days('cast(max(month) + interval 1 month as date)', -1) }},
            {{ as_of_date() }}
        ) as period_end
    from months_in_periods
    group by period_grain, period_start

)

select * from final
