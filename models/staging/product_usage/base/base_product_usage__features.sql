-- One row per distinct row of product_usage.features landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'feature_name',
    'sku',
    'is_sticky',
    'released_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['feature_name'], columns) }} as row_key
    from {{ source('product_usage', 'features') }}
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
            when versions.feature_name is null then 'null_key'
            when {{ any_null([
                'versions.sku',
                'versions.is_sticky',
                'versions.released_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when products.sku is null then 'unknown_parent'
            when products.row_status <> 'current' then 'parent_set_aside'
        end as rule
    from versions
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
