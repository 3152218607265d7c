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
        invoice_id,
        sum(amount) as paid_amount,
        max({{ local_date('paid_at') }}) as last_paid_date
    from {{ ref('stg_billing__payments') }}
    where status = 'succeeded'
    group by invoice_id

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

invoices_with_payment as (

    select
        invoices.customer_id,
        invoices.due_date,
        case
            when payments.paid_amount >= invoices.total_amount
                then payments.last_paid_date
        end as paid_date
    from invoices
    left join payments
        on invoices.invoice_id = payments.invoice_id

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
