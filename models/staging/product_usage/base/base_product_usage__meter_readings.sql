-- One row per distinct row of product_usage.meter_readings landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'account_id',
    'sku',
    'reading_date',
    'units_consumed',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['account_id', 'sku', 'reading_date'], columns) }} as row_key
    from {{ source('product_usage', 'meter_readings') }}
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

accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

products as (

    select
        sku,
        row_status
    from {{ ref('base_billing__products') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when
                versions.account_id is null
                or versions.sku is null
                or versions.reading_date is null
                then 'null_key'
            when {{ any_null(['versions.units_consumed', 'versions.loaded_at']) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when products.sku is null then 'unknown_parent'
            when products.row_status <> 'current' then 'parent_set_aside'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
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
