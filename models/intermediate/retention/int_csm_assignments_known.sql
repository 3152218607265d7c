-- One row per CSM assignment that landing data has or the snapshot remembers.
-- An assignment that landed and was set aside is not remembered instead.
with

current_assignments as (

    select
        account_id,
        assigned_from,
        assigned_to,
        csm_user_id
    from {{ ref('stg_success__csm_assignments') }}

),

landed_keys as (

    select
        account_id,
        assigned_from
    from {{ ref('base_success__csm_assignments') }}
    group by account_id, assigned_from

),

snapshot_assignments as (

    select
        account_id,
        assigned_from,
        assigned_to,
        csm_user_id,
        row_number() over (
            partition by account_id, assigned_from order by dbt_valid_from desc
        ) as rank_of_key
    from {{ ref('csm_assignments_snapshot') }}
    where {{ is_known('loaded_at') }}

),

final as (

    select
        account_id,
        assigned_from,
        assigned_to,
        csm_user_id
    from current_assignments

    union all

    select
        snapshot_assignments.account_id,
        snapshot_assignments.assigned_from,
        snapshot_assignments.assigned_to,
        snapshot_assignments.csm_user_id
    from snapshot_assignments
    left join landed_keys
        on
            snapshot_assignments.account_id = landed_keys.account_id
            and snapshot_assignments.assigned_from = landed_keys.assigned_from
    where
        snapshot_assignments.rank_of_key = 1
        and landed_keys.account_id is null

)

select * from final
