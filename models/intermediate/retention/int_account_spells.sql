-- One row per CRM account and spell of its attributes, half open; an open end is null.
-- What landing data has forgotten the snapshot tells; the oldest version holds before.
with

landed_versions as (

    select
        account_id,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        csm_user_id,
        updated_at,
        loaded_at,
        version_number
    from {{ ref('base_crm__accounts') }}
    where account_id is not null

),

snapshot_versions as (

    select
        account_id,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        csm_user_id,
        updated_at,
        loaded_at,
        cast(null as bigint) as version_number
    from {{ ref('accounts_snapshot') }}
    where {{ is_known('loaded_at') }}

),

known_versions as (

    select * from landed_versions

    union all

    select * from snapshot_versions

),

dated_versions as (

    select
        *,
        coalesce(
            least({{ local_date('updated_at') }}, {{ as_of_date() }}),
            cast('0001-01-01' as date)
        ) as version_date
    from known_versions

),

ranked_versions as (

    select
        *,
        row_number() over (
            partition by account_id, version_date
            order by
                updated_at desc nulls last,
                loaded_at desc nulls last,
                version_number asc nulls last,
                csm_user_id asc,
                employee_count asc,
                parent_account_id asc,
                industry asc,
                country asc,
                sales_channel asc
        ) as rank_of_day
    from dated_versions

),

versions as (

    select
        *,
        lag(version_date)
            over (partition by account_id order by version_date)
            as earlier_version_date,
        lead(version_date)
            over (partition by account_id order by version_date)
            as later_version_date
    from ranked_versions
    where rank_of_day = 1

),

final as (

    select
        account_id,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        csm_user_id,
        case
            when earlier_version_date is null then cast('0001-01-01' as date)
            else version_date
        end as valid_from_date,
        later_version_date as valid_to_date
    from versions

)

select * from final
