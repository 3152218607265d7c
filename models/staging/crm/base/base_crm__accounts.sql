-- One row per distinct row of crm.accounts landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'account_id',
    'account_name',
    'parent_account_id',
    'industry',
    'employee_count',
    'country',
    'sales_channel',
    'owner_user_id',
    'csm_user_id',
    'created_at',
    'updated_at',
    'is_referenceable',
    'is_deleted',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['account_id'], columns) }} as row_key
    from {{ source('crm', 'accounts') }}
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

users as (

    select user_id
    from {{ ref('base_crm__users') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.account_id is null then 'null_key'
            when versions.is_deleted then null
            when {{ any_null([
                'versions.account_name',
                'versions.created_at',
                'versions.updated_at',
                'versions.is_deleted',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when
                versions.parent_account_id is not null
                and parents.account_id is null
                then 'unknown_reference'
            when
                versions.owner_user_id is not null
                and owners.user_id is null
                then 'unknown_reference'
            when
                versions.csm_user_id is not null
                and csms.user_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join versions as parents
        on
            versions.parent_account_id = parents.account_id
            and parents.version_number = 1
    left join users as owners on versions.owner_user_id = owners.user_id
    left join users as csms on versions.csm_user_id = csms.user_id

),

final as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        version_number,
        {{ row_status('is_deleted') }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json
    from checked

)

select * from final
