-- One row per event of an account's contracts and bills by the as-of date: signatures,
-- notices, movements of CMRR, renewals due and answered, payments that failed.
with

contracts as (

    select
        contract_id,
        customer_id,
        is_first_term,
        annual_amount,
        signed_date
    from {{ ref('fct_contract_values') }}

),

products as (

    select
        sku,
        product_name
    from {{ ref('dim_products') }}

),

notices as (

    select
        cancellation_id,
        customer_id,
        contract_id,
        sku,
        reason_code,
        notified_at,
        notified_date
    from {{ ref('fct_notices') }}

),

movements as (

    select
        movement_id,
        movement_date,
        customer_id,
        sku,
        movement_type,
        amount
    from {{ ref('fct_cmrr_movements') }}

),

renewals as (

    select
        contract_id,
        customer_id,
        due_date,
        resolved_date,
        outcome,
        expected_cmrr,
        renewed_cmrr
    from {{ ref('fct_renewals') }}

),

troubles as (

    select
        trouble_type,
        source_id,
        invoice_id,
        customer_id,
        trouble_amount,
        troubled_at,
        trouble_date
    from {{ ref('fct_payment_troubles') }}

),

events as (

    select
        customer_id,
        signed_date as event_date,
        cast(null as timestamp) as event_at,
        'contract_signed' as event_type,
        case when is_first_term then 'Contract ' else 'Renewal contract ' end
        || contract_id || ' signed' as event_title,
        annual_amount as amount,
        'fct_contract_values' as source_table,
        contract_id as source_key
    from contracts

    union all

    select
        notices.customer_id,
        notices.notified_date as event_date,
        notices.notified_at as event_at,
        'notice_given' as event_type,
        'Notice for '
        || coalesce(coalesce(products.product_name, notices.sku) || ' of ', '')
        || 'contract ' || notices.contract_id
        || coalesce(': ' || replace(notices.reason_code, '_', ' '), '') as event_title,
        cast(null as decimal(18, 2)) as amount,
        'fct_notices' as source_table,
        notices.cancellation_id as source_key
    from notices
    left join products
        on notices.sku = products.sku

    union all

    select
        movements.customer_id,
        movements.movement_date as event_date,
        cast(null as timestamp) as event_at,
        'cmrr_' || movements.movement_type as event_type,
        case movements.movement_type
            {%- for movement_type, words in {
                'new': 'New CMRR', 'add_on': 'Add-on', 'archive': 'Move to archive',
                'currency': 'Exchange rate',
            }.items() %}
            when '{{ movement_type }}' then '{{ words }}'
            {%- endfor %}
            else upper(left(movements.movement_type, 1))
                || substring(movements.movement_type, 2)
        end || ': ' || products.product_name as event_title,
        movements.amount,
        'fct_cmrr_movements' as source_table,
        movements.movement_id as source_key
    from movements
    inner join products
        on movements.sku = products.sku

    union all

    select
        customer_id,
        due_date as event_date,
        cast(null as timestamp) as event_at,
        'renewal_due' as event_type,
        'Renewal of contract ' || contract_id || ' due' as event_title,
        expected_cmrr as amount,
        'fct_renewals' as source_table,
        contract_id as source_key
    from renewals

    union all

    select
        customer_id,
        resolved_date as event_date,
        cast(null as timestamp) as event_at,
        'renewal_resolved' as event_type,
        'Contract ' || contract_id || ' '
        || replace(outcome, '_', ' ') as event_title,
        renewed_cmrr as amount,
        'fct_renewals' as source_table,
        contract_id as source_key
    from renewals
    where resolved_date is not null

    union all

    select
        customer_id,
        trouble_date as event_date,
        troubled_at as event_at,
        trouble_type as event_type,
        case
            when trouble_type = 'payment_failed' then 'Payment failed: invoice '
            else 'Written off: invoice '
        end || invoice_id as event_title,
        trouble_amount as amount,
        'fct_payment_troubles' as source_table,
        source_id as source_key
    from troubles

),

final as (

    select
        {{ surrogate_key(['event_type', 'source_key']) }} as event_key,
        customer_id,
        event_type,
        event_title,
        cast(amount as decimal(18, 2)) as amount,
        source_table,
        source_key,
        event_at,
        event_date
    from events
    where event_date <= {{ as_of_date() }}

)

select * from final
