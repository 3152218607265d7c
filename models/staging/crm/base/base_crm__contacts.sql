-- One row per distinct row of crm.contacts landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'contact_id',
    'account_id',
    'full_name',
    'email',
    'title',
    'contact_role',
    'departed_at',
    'created_at',
    'updated_at',
    'is_deleted',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['contact_id'], columns) }} as row_key
    from {{ ref('base_crm__contact_rows') }}
    group by
        {{ columns | join(',\n        ') }}

),

numbered as (

    select
        *,
        {{ version_number(['updated_at', 'loaded_at'], columns) }} as version_number
    from landed

),

deleted_people_rows as (

    select distinct
        numbered.row_key,
        numbered.version_number
    from numbered
    inner join {{ ref('base_crm__deleted_people') }} as people
        on {{ is_same_person('numbered', 'people') }}

),

attributed as (

    select
        numbered.*,
        deleted_people_rows.row_key is not null as is_of_deleted_person
    from numbered
    left join deleted_people_rows
        on
            numbered.row_key = deleted_people_rows.row_key
            and numbered.version_number = deleted_people_rows.version_number

),

versions as (

    {{ without_deleted_people(
        'attributed',
        columns,
        ['full_name', 'email', 'title'],
        'attributed.is_of_deleted_person',
        are_searched=false
    ) }}

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
            when versions.contact_id is null then 'null_key'
            when versions.is_deleted then null
            when {{ any_null([
                'versions.account_id',
                'versions.created_at',
                'versions.updated_at',
                'versions.is_deleted',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id

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
