-- One row per distinct row of billing.quotes landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'quote_id',
    'contract_id',
    'sent_at',
    'annual_amount',
    'currency',
    'status',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['quote_id'], columns) }} as row_key
    from {{ source('billing', 'quotes') }}
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

contracts as (

    select
        contract_id,
        row_status
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
            when versions.quote_id is null then 'null_key'
            when {{ any_null([
                'versions.contract_id',
                'versions.sent_at',
                'versions.annual_amount',
                'versions.currency',
                'versions.status',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when contracts.contract_id is null then 'unknown_parent'
            when contracts.row_status <> 'current' then 'parent_set_aside'
            when
                versions.currency <> '{{ var("reporting_currency") }}'
                and known_currencies.currency is null
                then 'unknown_currency'
        end as rule
    from versions
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
