-- One row per distinct row of billing.products landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'sku',
    'product_name',
    'product_line',
    'charge_type',
    'unit_of_measure',
    'is_archive',
    'bundle_sku',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['sku'], columns) }} as row_key
    from {{ source('billing', 'products') }}
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

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.sku is null then 'null_key'
            when {{ any_null([
                'versions.product_name',
                'versions.product_line',
                'versions.charge_type',
                'versions.unit_of_measure',
                'versions.is_archive',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when versions.charge_type not in ('recurring', 'usage', 'one_time')
                then 'unknown_value'
            when
                versions.bundle_sku is not null
                and bundles.sku is null
                then 'unknown_reference'
        end as rule
    from versions
    left join versions as bundles
        on
            versions.bundle_sku = bundles.sku
            and bundles.version_number = 1

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
