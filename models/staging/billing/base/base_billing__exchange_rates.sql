-- One row per distinct row of billing.exchange_rates landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'rate_date',
    'currency',
    'rate',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['rate_date', 'currency'], columns) }} as row_key
    from {{ source('billing', 'exchange_rates') }}
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
            when versions.rate_date is null or versions.currency is null then 'null_key'
            when {{ any_null(['versions.rate', 'versions.loaded_at']) }}
                then 'missing_value'
            when versions.rate <= 0 then 'value_off_scale'
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
