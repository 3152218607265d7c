-- One row per period and segment, and `all`: what a customer brings until it leaves.
-- Margin and acquisition cost are the company's: the ledger knows no segments.
with

periods as (

    select
        period_grain,
        period_start,
        period_end,
        sales_and_marketing_cost,
        recurring_revenue,
        gross_margin,
        new_logos,
        is_complete
    from {{ ref('fct_acquisition_periods') }}

),

customer_periods as (

    select
        period_grain,
        period_start,
        customer_id,
        beginning_cmrr,
        ending_cmrr <= 0 as is_lost
    from {{ ref('fct_cmrr_customer_periods') }}
    where beginning_cmrr > 0

),

customer_months as (

    select
        cast(month + interval 1 month as date) as period_start,
        customer_id,
        segment
    from {{ ref('fct_csm_customer_months') }}

),

customers_with_segment as (

    select
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_periods.beginning_cmrr,
        customer_periods.is_lost,
        customer_months.segment
    from customer_periods
    inner join customer_months
        on
            customer_periods.customer_id = customer_months.customer_id
            and customer_periods.period_start = customer_months.period_start

    union all

    select
        period_grain,
        period_start,
        beginning_cmrr,
        is_lost,
        'all' as segment
    from customer_periods

),

segments as (

    select
        period_grain,
        period_start,
        segment,
        count(*) as customers,
        count(*) filter (where is_lost) as lost_customers,
        sum(beginning_cmrr) as beginning_cmrr
    from customers_with_segment
    group by period_grain, period_start, segment

),

rates as (

    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        segments.segment,
        segments.customers,
        segments.lost_customers,
        segments.beginning_cmrr,
        {{ divide_money('periods.sales_and_marketing_cost', 1, 'periods.new_logos') }}
            as customer_acquisition_cost,
        {{ divide_money(
            divide_money(
                'segments.beginning_cmrr',
                whole_number('periods.gross_margin', 2),
                whole_number('periods.recurring_revenue', 2)
            ),
            1,
            'segments.customers'
        ) }} as monthly_gross_margin,
        case
            when periods.is_complete
                then {{ annualised(
                    ratio('segments.lost_customers', 'segments.customers'),
                    "(1.0 / case periods.period_grain"
                    ~ " when 'month' then 1 when 'quarter' then 3 else 12 end)"
                ) }}
        end as monthly_churn_rate,
        periods.is_complete
    from segments
    inner join periods
        on
            segments.period_grain = periods.period_grain
            and segments.period_start = periods.period_start

),

values_of_life as (

    select
        *,
        {{ divide_money('monthly_gross_margin', 1000000, whole_number(
            'monthly_churn_rate', 6
        )) }} as customer_lifetime_value
    from rates

),

final as (

    select
        period_grain,
        period_start,
        period_end,
        segment,
        cast(customers as integer) as customers,
        cast(lost_customers as integer) as lost_customers,
        cast(beginning_cmrr as decimal(18, 2)) as beginning_cmrr,
        cast(monthly_gross_margin as decimal(18, 2))
            as monthly_gross_margin_per_customer,
        monthly_churn_rate,
        cast(customer_lifetime_value as decimal(18, 2)) as customer_lifetime_value,
        cast(customer_acquisition_cost as decimal(18, 2)) as customer_acquisition_cost,
        {{ ratio('customer_lifetime_value', 'customer_acquisition_cost') }}
            as clv_to_cac,
        is_complete
    from values_of_life

)

select * from final
