-- One row per distinct row of success.risks landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'risk_id',
    'account_id',
    'raised_by',
    'risk_level',
    'reason_code',
    'comment',
    'action_plan',
    'intention',
    'opened_at',
    'resolved_at',
    'resolution',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['risk_id'], columns) }} as row_key
    from {{ source('success', 'risks') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

numbered as (

    select
        *,
        {{ version_number(['updated_at', 'loaded_at'], columns) }} as version_number
    from landed

),

versions as (

    {{ without_deleted_people('numbered', columns, ['comment', 'action_plan']) }}

),

accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.risk_id is null then 'null_key'
            when {{ any_null([
                'versions.account_id',
                'versions.raised_by',
                'versions.risk_level',
                'versions.reason_code',
                'versions.opened_at',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when versions.resolved_at < versions.opened_at then 'end_before_start'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id

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
