-- One row per customer and health day: CMRR against a year before, and lateness to pay.
-- Days overdue are a mean over the invoices that fell due in the 180 days to the day.
with

health_days as (

    select
        customer_id,
        health_date,
        cmrr
    from {{ ref('int_health_days') }}

),

cmrr_spells as (

    select
        customer_id,
        cmrr,
        from_date,
        to_date
    from {{ ref('int_customer_segment_spells') }}

),

payments as (

    select
        payment_id,
        invoice_id,
        amount,
        {{ local_date('paid_at') }} as paid_date
    from {{ ref('stg_billing__payments') }}
    where status = 'succeeded'

),

invoices as (

    select
        invoice_id,
        account_id as customer_id,
        total_amount,
        due_date
    from {{ ref('stg_billing__invoices') }}
    where status <> 'void' and total_amount > 0

),

amounts_paid as (

    select
        invoice_id,
        paid_date,
        sum(amount) over (
            partition by invoice_id
            order by paid_date, payment_id
            rows between unbounded preceding and current row
        ) as paid_to_date
    from payments

),

-- What is paid after the invoice was whole does not make it late.
invoices_paid as (

    select
        invoices.invoice_id,
        min(amounts_paid.paid_date) as paid_date
    from invoices
    inner join amounts_paid
        on
            invoices.invoice_id = amounts_paid.invoice_id
            and invoices.total_amount <= amounts_paid.paid_to_date
    group by invoices.invoice_id

),

invoices_with_payment as (

    select
        invoices.customer_id,
        invoices.due_date,
        invoices_paid.paid_date
    from invoices
    left join invoices_paid
        on invoices.invoice_id = invoices_paid.invoice_id

),

lateness as (

    select
        health_days.customer_id,
        health_days.health_date,
        avg(
            cast(
                greatest(
                    least(
                        coalesce(
                            invoices_with_payment.paid_date, health_days.health_date
                        ),
                        health_days.health_date
                    ) - invoices_with_payment.due_date,
                    0
                ) as double
            )
        ) as mean_days_overdue
    from health_days
    inner join invoices_with_payment
        on
            health_days.customer_id = invoices_with_payment.customer_id
            and invoices_with_payment.due_date
            between {{ add_days('health_days.health_date', -179) }}
            and health_days.health_date
    group by health_days.customer_id, health_days.health_date

),

final as (

    select
        health_days.customer_id,
        health_days.health_date,
        cast(health_days.cmrr as double) / cast(cmrr_spells.cmrr as double)
            as cmrr_growth,
        lateness.mean_days_overdue
    from health_days
    left join cmrr_spells
        on
            health_days.customer_id = cmrr_spells.customer_id
            and {{ add_days('health_days.health_date', -365) }} >= cmrr_spells.from_date
            and coalesce(cmrr_spells.to_date, cast('9999-12-31' as date))
            > {{ add_days('health_days.health_date', -365) }}
            and cmrr_spells.cmrr > 0
    left join lateness
        on
            health_days.customer_id = lateness.customer_id
            and health_days.health_date = lateness.health_date

)

select * from final
