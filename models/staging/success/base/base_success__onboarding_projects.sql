-- One row per distinct row of success.onboarding_projects landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'project_id',
    'account_id',
    'contract_id',
    'success_measures_agreed_at',
    'planned_go_live_date',
    'went_live_at',
    'first_value_at',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['project_id'], columns) }} as row_key
    from {{ source('success', 'onboarding_projects') }}
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

contracts as (

    select
        contract_id,
        row_status
    from {{ ref('base_billing__contracts') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.project_id is null then 'null_key'
            when {{ any_null([
                'versions.account_id',
                'versions.contract_id',
                'versions.planned_go_live_date',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when contracts.contract_id is null then 'unknown_parent'
            when contracts.row_status <> 'current' then 'parent_set_aside'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join contracts on versions.contract_id = contracts.contract_id

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
