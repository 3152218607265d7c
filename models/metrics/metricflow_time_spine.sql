-- One row per day of the fiscal calendar: what the semantic layer counts time by.
with

fiscal_months as (

    select
        month,
        month_end_date
    from {{ ref('dim_fiscal_months') }}

),

days_of_month as (

    {%- for day in range(31) %}
    select
        month_end_date,
        {{ add_days('month', day) }} as date_day
    from fiscal_months
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select date_day
    from days_of_month
    where date_day <= month_end_date

)

select * from final
