-- One row per distinct row of ledger.journal_lines landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'journal_line_id',
    'journal_id',
    'posting_date',
    'account_number',
    'customer_account_id',
    'sku',
    'service_month',
    'entry_source',
    'debit_amount',
    'credit_amount',
    'memo',
    'posted_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['journal_line_id'], columns) }} as row_key
    from {{ source('ledger', 'journal_lines') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

numbered as (

    select
        *,
        {{ version_number(['loaded_at'], columns) }} as version_number
    from landed

),

versions as (

    {{ without_deleted_people('numbered', columns, ['memo']) }}

),

gl_accounts as (

    select
        account_number,
        row_status
    from {{ ref('base_ledger__gl_accounts') }}
    where version_number = 1

),

accounts as (

    select account_id
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

products as (

    select sku
    from {{ ref('base_billing__products') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.journal_line_id is null then 'null_key'
            when {{ any_null([
                'versions.journal_id',
                'versions.posting_date',
                'versions.account_number',
                'versions.entry_source',
                'versions.debit_amount',
                'versions.credit_amount',
                'versions.posted_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when gl_accounts.account_number is null then 'unknown_parent'
            when gl_accounts.row_status <> 'current' then 'parent_set_aside'
            when versions.entry_source not in (
                    'revenue_recognition',
                    'credit_memo',
                    'manual'
                )
                then 'unknown_value'
            when
                versions.customer_account_id is not null
                and accounts.account_id is null
                then 'unknown_customer'
            when versions.sku is not null and products.sku is null then 'unknown_sku'
        end as rule
    from versions
    left join gl_accounts on versions.account_number = gl_accounts.account_number
    left join accounts on versions.customer_account_id = accounts.account_id
    left join products on versions.sku = products.sku

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
