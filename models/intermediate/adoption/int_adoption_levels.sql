-- One row per account and stretch of days on which its 28-day measures stay the same.
-- Half open; each measure is of the 28 days that end on any day of the stretch.
with

changes as (

    select
        account_id,
        change_date,
        sum(case when measure = 'active_users' then change else 0 end)
            as active_users,
        sum(case when measure = 'active_user_days' then change else 0 end)
            as active_user_days,
        sum(case when measure = 'features_used' then change else 0 end)
            as features_used,
        sum(case when measure = 'sticky_users' then change else 0 end)
            as sticky_users
    from {{ ref('int_usage_changes') }}
    where sku is null
    group by account_id, change_date

),

levels as (

    select
        account_id,
        change_date as from_date,
        lead(change_date) over (partition by account_id order by change_date)
            as next_change_date,
        sum(active_users) over account_to_date as active_users,
        sum(active_user_days) over account_to_date as active_user_days,
        sum(features_used) over account_to_date as features_used,
        sum(sticky_users) over account_to_date as sticky_users
    from changes
    window account_to_date as (
        partition by account_id
        order by change_date
        rows between unbounded preceding and current row
    )

),

final as (

    select
        account_id,
        from_date,
        coalesce(next_change_date, {{ add_days(as_of_date(), 1) }}) as to_date,
        cast(active_users as integer) as active_users,
        cast(active_user_days as integer) as active_user_days,
        cast(features_used as integer) as features_used,
        cast(sticky_users as integer) as sticky_users
    from levels
    where active_users > 0

)

select * from final
