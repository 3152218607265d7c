-- One row per month, fiscal quarter and year: what a new customer cost and brings.
-- A ratio is null while the ledger lacks a month of the period, or without a base.
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
        new_cmrr,
        add_on_cmrr,
        is_complete,
        lag(sales_and_marketing_cost)
            over (partition by period_grain order by period_start)
            as cost_of_period_before
    from {{ ref('fct_acquisition_periods') }}

),

margins as (

    select
        *,
        case when period_grain = 'quarter' then cost_of_period_before end
            as sales_and_marketing_cost_before,
        {{ divide_money(
            'new_cmrr',
            whole_number('gross_margin', 2),
            whole_number('recurring_revenue', 2)
        ) }} as new_gross_margin,
        {{ divide_money(
            '12 * (new_cmrr + add_on_cmrr)',
            whole_number('gross_margin', 2),
            whole_number('recurring_revenue', 2)
        ) }} as sold_annual_gross_margin
    from periods

),

final as (

    select
        period_grain,
        period_start,
        period_end,
        sales_and_marketing_cost,
        new_logos,
        new_cmrr,
        add_on_cmrr,
        {{ ratio('gross_margin', 'recurring_revenue') }} as gross_margin_rate,
        cast(
            {{ divide_money('sales_and_marketing_cost', 1, 'new_logos') }}
            as decimal(18, 2)
        ) as customer_acquisition_cost,
        cast(new_gross_margin as decimal(18, 2)) as new_gross_margin,
        cast(
            {{ divide_money('new_gross_margin', 1, 'new_logos') }} as decimal(18, 2)
        ) as monthly_gross_margin_per_new_customer,
        case
            when new_gross_margin > 0 and new_logos > 0
                then {{ ratio('sales_and_marketing_cost', 'new_gross_margin') }}
        end as payback_months,
        cast(sold_annual_gross_margin as decimal(18, 2)) as sold_annual_gross_margin,
        cast(sales_and_marketing_cost_before as decimal(18, 2))
            as sales_and_marketing_cost_before,
        case
            when is_complete
                then {{ ratio(
                    'sold_annual_gross_margin', 'sales_and_marketing_cost_before'
                ) }}
        end as cac_ratio,
        is_complete
    from margins

)

select * from final
