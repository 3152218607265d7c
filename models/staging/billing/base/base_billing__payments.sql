-- One row per distinct row of billing.payments landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'payment_id',
    'invoice_id',
    'paid_at',
    'amount',
    'currency',
    'status',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['payment_id'], columns) }} as row_key
    from {{ source('billing', 'payments') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

versions as (

    select
        *,
        {{ version_number(['loaded_at'], columns) }} as version_number
    from landed

),

invoices as (

    select
        invoice_id,
        row_status
    from {{ ref('base_billing__invoices') }}
    where version_number = 1

),

known_currencies as (

    select currency
    from {{ ref('base_billing__exchange_rates') }}
    where row_status = 'current'
    group by currency

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.payment_id is null then 'null_key'
            when {{ any_null([
                'versions.invoice_id',
                'versions.paid_at',
                'versions.amount',
                'versions.currency',
                'versions.status',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when invoices.invoice_id is null then 'unknown_parent'
            when invoices.row_status <> 'current' then 'parent_set_aside'
            when versions.status not in ('succeeded', 'failed', 'refunded')
                then 'unknown_value'
            when
                versions.currency <> '{{ var("reporting_currency") }}'
                and known_currencies.currency is null
                then 'unknown_currency'
        end as rule
    from versions
    left join invoices on versions.invoice_id = invoices.invoice_id
    left join known_currencies
        on versions.currency = known_currencies.currency

),

final as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        version_number,
        {{ row_status() }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json
    from checked

)

select * from final
