-- One row per distinct row of product_usage.experiment_exposures by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'exposure_id',
    'experiment_name',
    'variant',
    'end_user_id',
    'exposed_at',
    'converted_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['exposure_id'], columns) }} as row_key
    from {{ source('product_usage', 'experiment_exposures') }}
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

end_users as (

    select
        end_user_id,
        row_status
    from {{ ref('base_product_usage__end_users') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.exposure_id is null then 'null_key'
            when {{ any_null([
                'versions.experiment_name',
                'versions.variant',
                'versions.end_user_id',
                'versions.exposed_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when end_users.end_user_id is null then 'unknown_parent'
            when end_users.row_status <> 'current' then 'parent_set_aside'
        end as rule
    from versions
    left join end_users on versions.end_user_id = end_users.end_user_id

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
