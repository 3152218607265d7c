-- One row per period (month, fiscal quarter, fiscal year): the bridge and the rates.
-- A rate with an empty base is null; a year compares its two ends by customer.
with

customer_periods as (

    select *
    from {{ ref('fct_cmrr_customer_periods') }}

),

customer_months as (

    select
        period_start as month,
        customer_id,
        ending_cmrr
    from customer_periods
    where period_grain = 'month' and ending_cmrr > 0

),

months as (

    select month
    from {{ ref('dim_fiscal_months') }}
    where month <= {{ as_of_date() }}

),

twelve_months as (

    select
        months.month,
        sum(earlier.ending_cmrr) as earlier_cmrr,
        sum(coalesce(later.ending_cmrr, 0)) as later_cmrr,
        sum(least(earlier.ending_cmrr, coalesce(later.ending_cmrr, 0))) as kept_cmrr
    from months
    inner join customer_months as earlier
        on months.month = cast(earlier.month + interval 12 month as date)
    left join customer_months as later
        on
            months.month = later.month
            and earlier.customer_id = later.customer_id
    group by months.month

),

periods as (

    select
        period_grain,
        period_start,
        max(period_end) as period_end,
        sum(beginning_cmrr) as beginning_cmrr,
        {%- for type in movement_types() %}
        sum({{ type }}_cmrr) as {{ type }}_cmrr,
        {%- endfor %}
        sum(ending_cmrr) as ending_cmrr,
        count(*) filter (where beginning_cmrr > 0) as beginning_customers,
        sum(times_new) as new_customers,
        sum(times_reactivated) as reactivated_customers,
        sum(times_lost) as lost_customers,
        count(*) filter (where ending_cmrr > 0) as ending_customers,
        count(*) filter (where ending_cmrr > 0 and ending_cmrr_outside_archive <= 0)
            as ending_archive_only_customers,
        count(*) filter (where beginning_cmrr > 0 and ending_cmrr > 0)
            as kept_customers,
        count(*) filter (where beginning_cmrr_outside_archive > 0)
            as beginning_customers_outside_archive,
        count(*) filter (
            where beginning_cmrr_outside_archive > 0 and ending_cmrr_outside_archive > 0
        ) as kept_customers_outside_archive,
        sum(downgrade_cmrr + cancellation_cmrr + archive_cmrr) filter (
            where beginning_cmrr > 0
        ) as lost_cmrr_of_base,
        sum(add_on_cmrr + upgrade_cmrr + swap_cmrr) filter (where beginning_cmrr > 0)
            as gained_cmrr_of_base,
        sum(least(beginning_cmrr, greatest(ending_cmrr, 0))) as kept_cmrr,
        sum(ending_cmrr) filter (where beginning_cmrr > 0) as ending_cmrr_of_base
    from customer_periods
    group by period_grain, period_start

),

periods_with_retained as (

    select
        *,
        case period_grain when 'month' then 12 when 'quarter' then 4 else 1 end
            as periods_a_year,
        case
            when period_grain = 'year' then kept_cmrr
            else beginning_cmrr + coalesce(lost_cmrr_of_base, 0)
        end as gross_retained_cmrr,
        case
            when period_grain = 'year' then coalesce(ending_cmrr_of_base, 0)
            else
                beginning_cmrr
                + coalesce(lost_cmrr_of_base, 0)
                + coalesce(gained_cmrr_of_base, 0)
        end as net_retained_cmrr
    from periods

),

rates as (

    select
        *,
        {{ ratio('gross_retained_cmrr', 'beginning_cmrr') }} as gross_revenue_retention,
        {{ ratio('net_retained_cmrr', 'beginning_cmrr') }} as net_revenue_retention,
        {{ ratio('beginning_cmrr - gross_retained_cmrr', 'beginning_cmrr') }}
            as cmrr_churn_rate,
        {{ ratio('kept_customers', 'beginning_customers') }} as logo_retention,
        {{ ratio(
            'kept_customers_outside_archive', 'beginning_customers_outside_archive'
        ) }} as logo_retention_outside_archive,
        {{ ratio('beginning_customers - kept_customers', 'beginning_customers') }}
            as customer_churn_rate,
        {{ ratio(
            'new_cmrr + reactivation_cmrr + add_on_cmrr + upgrade_cmrr',
            '-(downgrade_cmrr + cancellation_cmrr + archive_cmrr)'
        ) }} as quick_ratio
    from periods_with_retained

),

final as (

    select
        rates.period_grain,
        rates.period_start,
        rates.period_end,
        cast(rates.beginning_cmrr as decimal(18, 2)) as beginning_cmrr,
        {%- for type in movement_types() %}
        cast(rates.{{ type }}_cmrr as decimal(18, 2)) as {{ type }}_cmrr,
        {%- endfor %}
        cast(rates.ending_cmrr as decimal(18, 2)) as ending_cmrr,
        cast(rates.beginning_customers as integer) as beginning_customers,
        cast(rates.new_customers as integer) as new_customers,
        cast(rates.reactivated_customers as integer) as reactivated_customers,
        cast(rates.lost_customers as integer) as lost_customers,
        cast(rates.ending_customers as integer) as ending_customers,
        cast(rates.ending_archive_only_customers as integer)
            as ending_archive_only_customers,
        rates.gross_revenue_retention,
        rates.net_revenue_retention,
        rates.logo_retention,
        rates.logo_retention_outside_archive,
        rates.cmrr_churn_rate,
        {{ annualised('rates.cmrr_churn_rate', 'rates.periods_a_year') }}
            as annualised_cmrr_churn_rate,
        rates.customer_churn_rate,
        {{ annualised('rates.customer_churn_rate', 'rates.periods_a_year') }}
            as annualised_customer_churn_rate,
        rates.quick_ratio,
        {{ ratio('twelve_months.kept_cmrr', 'twelve_months.earlier_cmrr') }}
            as twelve_month_gross_revenue_retention,
        {{ ratio('twelve_months.later_cmrr', 'twelve_months.earlier_cmrr') }}
            as twelve_month_net_revenue_retention
    from rates
    left join twelve_months
        on
            twelve_months.month
            = cast(
                date_trunc('month', least(rates.period_end, {{ as_of_date() }})) as date
            )

)

select * from final
