-- One row per month, customer and age: what is open at its end (running month: as of
-- today), and without an age what was invoiced in the 90 days that end there.
with

receivables as (

    select
        month,
        report_date,
        invoice_id,
        customer_id,
        age_bucket,
        invoice_date,
        invoiced_amount,
        open_amount
    from {{ ref('fct_receivables') }}

),

months as (

    select
        month,
        max(report_date) as report_date
    from receivables
    group by month

),

final as (

    select
        month,
        customer_id,
        age_bucket,
        cast(count(*) as integer) as open_invoices,
        cast(sum(open_amount) as decimal(18, 2)) as open_amount,
        cast(0 as decimal(18, 2)) as invoiced_in_90_days
    from receivables
    where open_amount <> 0
    group by month, customer_id, age_bucket

    union all

    select
        months.month,
        receivables.customer_id,
        'none' as age_bucket,
        0 as open_invoices,
        cast(0 as decimal(18, 2)) as open_amount,
        cast(sum(receivables.invoiced_amount) as decimal(18, 2)) as invoiced_in_90_days
    from months
    inner join receivables
        on
            months.report_date >= receivables.invoice_date
            and {{ add_days('months.report_date', -90) }} < receivables.invoice_date
    group by months.month, receivables.customer_id

)

select * from final
