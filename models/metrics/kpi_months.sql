-- One row per month, fiscal quarter or fiscal year and month in it, up to the
-- as-of date.
with

fiscal_months as (

    select
        month,
        fiscal_quarter_start,
        fiscal_year_start
    from {{ ref('dim_fiscal_months') }}
    where month <= {{ as_of_date() }}

),

months_in_periods as (

    {%- for grain, start in [
        ('month', 'month'),
        ('quarter', 'fiscal_quarter_start'),
        ('year', 'fiscal_year_start'),
    ] %}
    select
        '{{ grain }}' as period_grain,
        {{ start }} as period_start,
        month
    from fiscal_months
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        period_grain,
        period_start,
        month,
        month = max(month) over (partition by period_grain, period_start)
            as is_last_month
    from months_in_periods

)

select * from final
