-- One row per distinct row of success.success_measures landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'measure_id',
    'account_id',
    'measure_name',
    'unit',
    'baseline_value',
    'target_value',
    'actual_value',
    'annual_value',
    'measured_at',
    'target_met_at',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['measure_id'], columns) }} as row_key
    from {{ source('success', 'success_measures') }}
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

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.measure_id is null then 'null_key'
            when {{ any_null([
                'versions.account_id',
                'versions.measure_name',
                'versions.unit',
                'versions.baseline_value',
                'versions.target_value',
                'versions.updated_at',
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
        {{ row_status() }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json
    from checked

)

select * from final
