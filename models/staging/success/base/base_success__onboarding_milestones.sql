-- One row per distinct row of success.onboarding_milestones landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'milestone_id',
    'project_id',
    'milestone_type',
    'planned_date',
    'completed_at',
    'first_decision',
    'decided_at',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['milestone_id'], columns) }} as row_key
    from {{ source('success', 'onboarding_milestones') }}
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

onboarding_projects as (

    select
        project_id,
        row_status
    from {{ ref('base_success__onboarding_projects') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.milestone_id is null then 'null_key'
            when {{ any_null([
                'versions.project_id',
                'versions.milestone_type',
                'versions.planned_date',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when onboarding_projects.project_id is null then 'unknown_parent'
            when onboarding_projects.row_status <> 'current' then 'parent_set_aside'
        end as rule
    from versions
    left join onboarding_projects
        on versions.project_id = onboarding_projects.project_id

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
