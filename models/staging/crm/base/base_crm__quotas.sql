-- One row per distinct row of crm.quotas landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'user_id',
    'quota_type',
    'period_start',
    'period_end',
    'amount',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['user_id', 'quota_type', 'period_start'], columns) }} as row_key
    from {{ source('crm', 'quotas') }}
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
                versions.user_id is null
                or versions.quota_type is null
                or versions.period_start is null
                then 'null_key'
            when {{ any_null([
                'versions.period_end',
                'versions.amount',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when users.user_id is null then 'unknown_parent'
            when users.row_status <> 'current' then 'parent_set_aside'
            when versions.period_end < versions.period_start then 'end_before_start'
        end as rule
    from versions
    left join users on versions.user_id = users.user_id

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
