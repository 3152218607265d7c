-- One row per distinct row of success.csm_assignments landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'account_id',
    'assigned_from',
    'assigned_to',
    'csm_user_id',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['account_id', 'assigned_from'], columns) }} as row_key
    from {{ source('success', 'csm_assignments') }}
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

users as (

    select
        user_id,
        row_status
    from {{ ref('base_crm__users') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when
                versions.account_id is null
                or versions.assigned_from is null
                then 'null_key'
            when {{ any_null(['versions.csm_user_id', 'versions.loaded_at']) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when csms.user_id is null then 'unknown_parent'
            when csms.row_status <> 'current' then 'parent_set_aside'
            when versions.assigned_to < versions.assigned_from then 'end_before_start'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join users as csms on versions.csm_user_id = csms.user_id

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
