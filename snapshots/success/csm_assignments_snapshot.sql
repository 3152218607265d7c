{% snapshot csm_assignments_snapshot %}
{{
    config(
        schema='snapshots',
        unique_key=['account_id', 'assigned_from'],
        strategy='check',
        check_cols=[
            'assigned_to',
            'csm_user_id',
        ],
        updated_at='known_from',
        hard_deletes='invalidate',
        tags=['state']
    )
}}
{%- set is_snapshotted = load_relation(this) is not none %}
-- One row per CSM assignment and spell in which nothing about it changed.
-- The rebuild of an earlier day finds the rows as they are here, so it changes none.
with

assignments as (

    select
        account_id,
        assigned_from,
        assigned_to,
        csm_user_id,
        loaded_at
    from {{ ref('stg_success__csm_assignments') }}
    where {{ is_newest_day() }}

)
{%- if is_snapshotted %},

snapshotted_rows as (

    select
        account_id,
        assigned_from,
        assigned_to,
        csm_user_id,
        loaded_at,
        known_from,
        dbt_valid_to
    from {{ this }}

),

ended_rows as (

    select
        account_id,
        assigned_from,
        max(dbt_valid_to) as last_valid_to
    from snapshotted_rows
    where dbt_valid_to is not null
    group by account_id, assigned_from

)

-- A row that was gone and came back is valid from its return.
select
    assignments.account_id,
    assignments.assigned_from,
    assignments.assigned_to,
    assignments.csm_user_id,
    assignments.loaded_at,
    greatest(
        assignments.loaded_at,
        coalesce(ended_rows.last_valid_to, assignments.loaded_at)
    ) as known_from
from assignments
left join ended_rows
    on
        assignments.account_id = ended_rows.account_id
        and assignments.assigned_from = ended_rows.assigned_from

union all

select
    account_id,
    assigned_from,
    assigned_to,
    csm_user_id,
    loaded_at,
    known_from
from snapshotted_rows
where dbt_valid_to is null and not {{ is_newest_day() }}
{%- else %}

select
    account_id,
    assigned_from,
    assigned_to,
    csm_user_id,
    loaded_at,
    loaded_at as known_from
from assignments
{%- endif %}
{% endsnapshot %}
