-- One row per calendar month from the first service, invoice or posting to today's.
-- A month is finished when its last day is on or before the as-of date.
with recursive

first_days as (

    select month as first_date
    from {{ ref('int_months') }}

    union all

    select min(posting_date) as first_date
    from {{ ref('stg_ledger__journal_lines') }}

    union all

    select min(invoice_date) as first_date
    from {{ ref('stg_billing__invoices') }}

),

bounds as (

    select
        cast(date_trunc('month', min(first_date)) as date) as first_month,
        cast(date_trunc('month', {{ as_of_date() }}) as date) as last_month
    from first_days

),

months as (

    select
        first_month as month,
        last_month
    from bounds
    where first_month <= last_month

    union all

    select
        cast(month + interval 1 month as date) as month,
        last_month
    from months
    where month < last_month

),

months_with_last_day as (

    select
        month,
        {{ add_days('cast(month + interval 1 month as date)', -1) }} as last_date
    from months

),

final as (

    select
        month,
        last_date,
        least(last_date, {{ as_of_date() }}) as report_date,
        cast(extract(day from last_date) as integer) as days_in_month,
        last_date <= {{ as_of_date() }} as is_finished
    from months_with_last_day

)

select * from final
