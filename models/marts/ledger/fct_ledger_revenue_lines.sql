-- One row per journal line and finished month that it touches: the month posted and,
-- where it recognises revenue of another month, that month too.
with

postings as (

    select *
    from {{ ref('int_revenue_postings') }}

),

months_without_sku as (

    select
        month,
        customer_id
    from {{ ref('int_customer_months_without_sku') }}

),

effects as (

    select
        *,
        month_posted as month,
        case
            when entry_source = 'credit_memo' then 'credit'
            when entry_source = 'manual' then 'manual'
            when service_month <> month_posted then 'timing'
            else 'recognition'
        end as term,
        amount as ledger_amount,
        amount as term_amount
    from postings

    union all

    select
        *,
        service_month as month,
        'timing' as term,
        0 as ledger_amount,
        -amount as term_amount
    from postings
    where
        entry_source = 'revenue_recognition'
        and service_month <> month_posted

),

final as (

    select
        effects.month,
        effects.journal_line_id,
        effects.customer_id,
        case
            when months_without_sku.month is not null then 'not_given'
            else effects.sku
        end as sku,
        effects.term,
        cast(effects.ledger_amount as decimal(18, 2)) as ledger_amount,
        cast(effects.term_amount as decimal(18, 2)) as term_amount,
        effects.journal_id,
        effects.account_number,
        effects.entry_source,
        effects.memo,
        effects.posting_date,
        effects.month_posted,
        effects.service_month
    from effects
    left join months_without_sku
        on
            effects.month = months_without_sku.month
            and effects.customer_id = months_without_sku.customer_id
    where
        {{ add_days('cast(effects.month + interval 1 month as date)', -1) }}
        <= {{ as_of_date() }}

)

select * from final
