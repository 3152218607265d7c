-- One row per calendar month that the ledger names or CMRR spans, fiscally placed.
-- derived_ columns follow fiscal_year_start_month; the ledger must not contradict them.
with

ledger_periods as (

    select
        period_start as month,
        fiscal_year,
        fiscal_quarter,
        closed_at
    from {{ ref('stg_ledger__fiscal_periods') }}

),

known_months as (

    select month
    from {{ ref('int_months') }}

    union all

    select month
    from ledger_periods

),

months as (

    select month
    from known_months
    group by month

),

months_with_place as (

    select
        month,
        cast(
            (extract(month from month) - {{ var('fiscal_year_start_month') }} + 12) % 12
            as integer
        ) as months_into_year
    from months

),

derived_months as (

    select
        month,
        months_into_year,
        cast(
            extract(year from month)
            + case
                when
                    {{ var('fiscal_year_start_month') }} > 1
                    and extract(month from month)
                    >= {{ var('fiscal_year_start_month') }}
                    then 1
                else 0
            end as integer
        ) as derived_fiscal_year,
        cast(1 + floor(months_into_year / 3) as integer) as derived_fiscal_quarter
    from months_with_place

),

compared_months as (

    select
        derived_months.month,
        derived_months.months_into_year,
        derived_months.derived_fiscal_year,
        derived_months.derived_fiscal_quarter,
        ledger_periods.fiscal_year as ledger_fiscal_year,
        ledger_periods.fiscal_quarter as ledger_fiscal_quarter,
        ledger_periods.closed_at,
        min(ledger_periods.fiscal_year - derived_months.derived_fiscal_year) over ()
            as ledger_year_offset
    from derived_months
    left join ledger_periods
        on derived_months.month = ledger_periods.month

),

final as (

    select
        month,
        cast(
            coalesce(
                ledger_fiscal_year,
                derived_fiscal_year + coalesce(ledger_year_offset, 0)
            )
            as integer
        ) as fiscal_year,
        coalesce(ledger_fiscal_quarter, derived_fiscal_quarter) as fiscal_quarter,
        cast(month - months_into_year % 3 * interval 1 month as date)
            as fiscal_quarter_start,
        cast(month - months_into_year * interval 1 month as date) as fiscal_year_start,
        ledger_fiscal_year,
        ledger_fiscal_quarter,
        derived_fiscal_year,
        derived_fiscal_quarter,
        ledger_year_offset,
        closed_at
    from compared_months

)

select * from final
