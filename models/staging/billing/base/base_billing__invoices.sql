-- One row per distinct row of billing.invoices landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'invoice_id',
    'account_id',
    'contract_id',
    'invoice_date',
    'due_date',
    'currency',
    'total_amount',
    'status',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['invoice_id'], columns) }} as row_key
    from {{ source('billing', 'invoices') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

versions as (

    select
        *,
        {{ version_number(['updated_at', 'loaded_at'], columns) }} as version_number
    from landed

),

accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

contracts as (

    select contract_id
    from {{ ref('base_billing__contracts') }}
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
            when versions.invoice_id is null then 'null_key'
            when {{ any_null([
                'versions.account_id',
                'versions.invoice_date',
                'versions.due_date',
                'versions.currency',
                'versions.total_amount',
                'versions.status',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when versions.status not in ('open', 'paid', 'void', 'uncollectible')
                then 'unknown_value'
            when
                versions.currency <> '{{ var("reporting_currency") }}'
                and known_currencies.currency is null
                then 'unknown_currency'
            when
                accounts.row_status is null
                or accounts.row_status <> 'current'
                then 'unknown_account'
            when
                versions.contract_id is not null
                and contracts.contract_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join contracts on versions.contract_id = contracts.contract_id
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
