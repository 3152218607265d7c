-- One row per distinct row of surveys.responses landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'response_id',
    'invitation_id',
    'score',
    'comment',
    'responded_at',
    'updated_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['response_id'], columns) }} as row_key
    from {{ source('surveys', 'responses') }}
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

landed_invitations as (

    select
        invitations.invitation_id,
        max(case when people.contact_id is not null then 1 else 0 end) = 1
            as is_of_deleted_person
    from {{ ref('base_surveys__invitations') }} as invitations
    left join {{ ref('base_crm__deleted_people') }} as people
        on invitations.contact_id = people.contact_id
    where invitations.invitation_id is not null
    group by invitations.invitation_id

),

deleted_people_comments as (

    select distinct numbered.comment
    from numbered
    inner join landed_invitations
        on numbered.invitation_id = landed_invitations.invitation_id
    where landed_invitations.is_of_deleted_person

),

-- A copy that names no invitation is told by what it says.
attributed as (

    select
        numbered.*,
        coalesce(
            landed_invitations.is_of_deleted_person,
            deleted_people_comments.comment is not null
        ) as is_of_deleted_person
    from numbered
    left join landed_invitations
        on numbered.invitation_id = landed_invitations.invitation_id
    left join deleted_people_comments
        on numbered.comment = deleted_people_comments.comment

),

versions as (

    {{ without_deleted_people(
        'attributed', columns, ['comment'], 'attributed.is_of_deleted_person'
    ) }}

),

invitations as (

    select
        invitation_id,
        survey_type,
        row_status
    from {{ ref('base_surveys__invitations') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.response_id is null then 'null_key'
            when {{ any_null([
                'versions.invitation_id',
                'versions.score',
                'versions.responded_at',
                'versions.updated_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when invitations.invitation_id is null then 'unknown_parent'
            when invitations.row_status <> 'current' then 'parent_set_aside'
            when
                invitations.survey_type = 'nps'
                and versions.score not between 0 and 10
                then 'score_off_scale'
            when
                invitations.survey_type = 'csat'
                and versions.score not between 1 and 5
                then 'score_off_scale'
            when
                invitations.survey_type = 'ces'
                and versions.score not between 1 and 7
                then 'score_off_scale'
        end as rule
    from versions
    left join invitations on versions.invitation_id = invitations.invitation_id

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
