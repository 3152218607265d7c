-- One row per distinct row of support.tickets landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'ticket_id',
    'account_id',
    'contact_id',
    'assignee_user_id',
    'ticket_type',
    'priority',
    'status',
    'created_at',
    'first_response_at',
    'solved_at',
    'resolution_due_at',
    'escalated_at',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['ticket_id'], columns) }} as row_key
    from {{ source('support', 'tickets') }}
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

accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

contacts as (

    select contact_id
    from {{ ref('base_crm__contacts') }}
    where version_number = 1

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
            when versions.ticket_id is null then 'null_key'
            when {{ any_null([
                'versions.account_id',
                'versions.ticket_type',
                'versions.priority',
                'versions.status',
                'versions.created_at',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when versions.solved_at < versions.created_at then 'end_before_start'
            when
                versions.contact_id is not null
                and contacts.contact_id is null
                then 'unknown_reference'
            when
                versions.assignee_user_id is not null
                and assignees.user_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join contacts on versions.contact_id = contacts.contact_id
    left join users as assignees on versions.assignee_user_id = assignees.user_id

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
