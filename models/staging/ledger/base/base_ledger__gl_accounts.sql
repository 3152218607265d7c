-- One row per distinct row of ledger.gl_accounts landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'account_number',
    'account_name',
    'account_class',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['account_number'], columns) }} as row_key
    from {{ source('ledger', 'gl_accounts') }}
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

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.account_number is null then 'null_key'
            when {{ any_null([
                'versions.account_name',
                'versions.account_class',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when versions.account_class not in (
                    'recurring_revenue',
                    'usage_revenue',
                    'services_revenue',
                    'deferred_revenue',
                    'receivable',
                    'cost_of_recurring',
                    'cost_of_services',
                    'sales_and_marketing',
                    'customer_success'
                )
                then 'unknown_value'
        end as rule
    from versions

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
