-- One row per distinct row of crm.users landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'user_id',
    'full_name',
    'user_role',
    'manager_user_id',
    'is_active',
    'created_at',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['user_id'], columns) }} as row_key
    from {{ source('crm', 'users') }}
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
            when versions.user_id is null then 'null_key'
            when {{ any_null([
                'versions.full_name',
                'versions.user_role',
                'versions.is_active',
                'versions.created_at',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when
                versions.manager_user_id is not null
                and managers.user_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join versions as managers
        on
            versions.manager_user_id = managers.user_id
            and managers.version_number = 1

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
