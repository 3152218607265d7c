-- One row per period (month, fiscal quarter, fiscal year) and customer with CMRR.
-- The three grains overlap: choose one. Beginning and ending are levels, never summed.
with

bridge as (

    select
        bridge.month,
        bridge.customer_id,
        products.is_archive,
        bridge.beginning_cmrr,
        {%- for type in movement_types() %}
        bridge.{{ type }}_cmrr,
        {%- endfor %}
        bridge.ending_cmrr
    from {{ ref('fct_cmrr_bridge') }} as bridge
    inner join {{ ref('dim_products') }} as products
        on bridge.sku = products.sku

),

fiscal_months as (

    select
        month,
        fiscal_quarter_start,
        fiscal_year_start
    from {{ ref('dim_fiscal_months') }}
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

months_with_last as (

    select
        period_grain,
        period_start,
        month,
        max(month) over (partition by period_grain, period_start) as last_month
    from months_in_periods

),

logo_days as (

    select
        customer_id,
        movement_date,
        bool_or(is_new_logo) as is_new,
        bool_or(is_lost_logo) as is_lost,
        sum(sum(amount)) over (
            partition by customer_id
            order by movement_date
            rows between unbounded preceding and current row
        ) as cmrr,
        coalesce(
            sum(sum(amount)) over (
                partition by customer_id
                order by movement_date
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as cmrr_before
    from {{ ref('fct_cmrr_movements') }}
    group by customer_id, movement_date

),

logo_months as (

    select
        customer_id,
        cast(date_trunc('month', movement_date) as date) as month,
        count(*) filter (where is_new) as times_new,
        count(*) filter (where not is_new and cmrr_before <= 0 and cmrr > 0)
            as times_reactivated,
        count(*) filter (where is_lost) as times_lost
    from logo_days
    group by customer_id, month

),

customer_months as (

    select
        month,
        customer_id,
        sum(beginning_cmrr) as beginning_cmrr,
        {%- for type in movement_types() %}
        sum({{ type }}_cmrr) as {{ type }}_cmrr,
        {%- endfor %}
        sum(ending_cmrr) as ending_cmrr,
        sum(case when is_archive then 0 else beginning_cmrr end)
            as beginning_cmrr_outside_archive,
        sum(case when is_archive then 0 else ending_cmrr end)
            as ending_cmrr_outside_archive
    from bridge
    group by month, customer_id

),

final as (

    select
        months.period_grain,
        months.period_start,
        {{ add_days('cast(max(months.last_month) + interval 1 month as date)', -1) }}
            as period_end,
        customer_months.customer_id,
        {%- for level in ['beginning_cmrr', 'beginning_cmrr_outside_archive'] %}
        cast(
            coalesce(
                sum(customer_months.{{ level }}) filter (
                    where months.month = months.period_start
                ),
                0
            ) as decimal(18, 2)
        ) as {{ level }},
        {%- endfor %}
        {%- for type in movement_types() %}
        cast(sum(customer_months.{{ type }}_cmrr) as decimal(18, 2)) as {{ type }}_cmrr,
        {%- endfor %}
        {%- for level in ['ending_cmrr', 'ending_cmrr_outside_archive'] %}
        cast(
            coalesce(
                sum(customer_months.{{ level }}) filter (
                    where months.month = months.last_month
                ),
                0
            ) as decimal(18, 2)
        ) as {{ level }},
        {%- endfor %}
        cast(coalesce(sum(logo_months.times_new), 0) as integer) as times_new,
        cast(coalesce(sum(logo_months.times_reactivated), 0) as integer)
            as times_reactivated,
        cast(coalesce(sum(logo_months.times_lost), 0) as integer) as times_lost
    from customer_months
    inner join months_with_last as months
        on customer_months.month = months.month
    left join logo_months
        on
            customer_months.customer_id = logo_months.customer_id
            and customer_months.month = logo_months.month
    group by months.period_grain, months.period_start, customer_months.customer_id

)

select * from final
