-- One row per payment that failed and per invoice that was written off, by the as-of
-- date. A failed payment that was repeated with success stays.
with

troubles as (

    select
        trouble_type,
        source_id,
        invoice_id,
        customer_id,
        payment_amount,
        payment_currency,
        troubled_at,
        trouble_date
    from {{ ref('int_payment_troubles') }}

),

rate_spells as (

    select
        currency,
        exchange_rate,
        is_first,
        from_date,
        to_date
    from {{ ref('int_exchange_rate_spells') }}

),

written_off_invoices as (

    select
        invoice_id,
        sum(written_off_amount) as written_off_amount
    from {{ ref('fct_receivables') }}
    where written_off_amount <> 0
    group by invoice_id

),

final as (

    select
        troubles.trouble_type,
        troubles.source_id,
        troubles.invoice_id,
        troubles.customer_id,
        case
            when troubles.trouble_type = 'invoice_written_off'
                then cast(written_off_invoices.written_off_amount as decimal(18, 2))
            else {{ round_money(
                "cast(troubles.payment_amount as decimal(38, 2))"
                ~ " * rate_spells.exchange_rate"
            ) }}
        end as trouble_amount,
        troubles.troubled_at,
        troubles.trouble_date
    from troubles
    left join rate_spells
        on
            troubles.payment_currency = rate_spells.currency
            and (troubles.trouble_date >= rate_spells.from_date or rate_spells.is_first)
            and troubles.trouble_date < rate_spells.to_date
    left join written_off_invoices
        on troubles.invoice_id = written_off_invoices.invoice_id

)

select * from final
