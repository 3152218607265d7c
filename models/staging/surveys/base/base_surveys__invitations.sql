-- One row per distinct row of surveys.invitations landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'invitation_id',
    'survey_type',
    'survey_kind',
    'touchpoint',
    'account_id',
    'contact_id',
    'sent_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['invitation_id'], columns) }} as row_key
    from {{ source('surveys', 'invitations') }}
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

contacts as (

    select
        contact_id,
        row_status
    from {{ ref('base_crm__contacts') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.invitation_id is null then 'null_key'
            when {{ any_null([
                'versions.survey_type',
                'versions.survey_kind',
                'versions.account_id',
                'versions.contact_id',
                'versions.sent_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when contacts.contact_id is null then 'unknown_parent'
            when contacts.row_status <> 'current' then 'parent_set_aside'
            when versions.survey_type not in ('nps', 'csat', 'ces') then 'unknown_value'
            when versions.survey_kind not in ('relationship', 'transactional')
                then 'unknown_value'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join contacts on versions.contact_id = contacts.contact_id

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
