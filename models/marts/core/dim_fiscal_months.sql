-- One row per calendar month: the fiscal year and quarter it belongs to, and its close.
-- Months that the ledger lacks follow the variable fiscal_year_start_month.
with

fiscal_months as (

    select
        month,
        fiscal_year,
        fiscal_quarter,
        fiscal_quarter_start,
        fiscal_year_start,
        closed_at
    from {{ ref('int_fiscal_months') }}

),

final as (

    select
        month,
        {{ add_days('cast(month + interval 1 month as date)', -1) }} as month_end_date,
        fiscal_year,
        fiscal_quarter,
        fiscal_quarter_start,
        fiscal_year_start,
        closed_at
    from fiscal_months

)

select * from final
