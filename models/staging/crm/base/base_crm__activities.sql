-- One row per distinct row of crm.activities landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'activity_id',
    'account_id',
    'contact_id',
    'contract_id',
    'user_id',
    'activity_type',
    'occurred_at',
    'subject',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['activity_id'], columns) }} as row_key
    from {{ source('crm', 'activities') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

numbered as (

    select
        *,
        {{ version_number(['loaded_at'], columns) }} as version_number
    from landed

),

deleted_people as (

    select distinct contact_id
    from {{ ref('base_crm__deleted_people') }}

),

attributed as (

    select
        numbered.*,
        deleted_people.contact_id is not null as is_of_deleted_person
    from numbered
    left join deleted_people
        on numbered.contact_id = deleted_people.contact_id

),

versions as (

    {{ without_deleted_people(
        'attributed', columns, ['subject'], 'attributed.is_of_deleted_person'
    ) }}

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

contracts as (

    select contract_id
    from {{ ref('base_billing__contracts') }}
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
            when versions.activity_id is null then 'null_key'
            when {{ any_null([
                'versions.account_id',
                'versions.activity_type',
                'versions.occurred_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when
                versions.contact_id is not null
                and contacts.contact_id is null
                then 'unknown_reference'
            when
                versions.contract_id is not null
                and contracts.contract_id is null
                then 'unknown_reference'
            when
                versions.user_id is not null
                and users.user_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join contacts on versions.contact_id = contacts.contact_id
    left join contracts on versions.contract_id = contracts.contract_id
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
