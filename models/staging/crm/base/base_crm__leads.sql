-- One row per distinct row of crm.leads landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'lead_id',
    'lead_source',
    'created_at',
    'trial_type',
    'trial_started_at',
    'trial_ended_at',
    'converted_at',
    'converted_account_id',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['lead_id'], columns) }} as row_key
    from {{ source('crm', 'leads') }}
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

    select account_id
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.lead_id is null then 'null_key'
            when {{ any_null([
                'versions.created_at',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when versions.trial_ended_at < versions.trial_started_at
                then 'end_before_start'
            when
                versions.converted_account_id is not null
                and accounts.account_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join accounts on versions.converted_account_id = accounts.account_id

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
