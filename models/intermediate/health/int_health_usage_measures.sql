-- One row per customer and health day with what its users did in the 28 days to it.
-- A customer that was never seen using anything has no row; without licences, no rate.
with

health_days as (

    select
        customer_id,
        health_date
    from {{ ref('int_health_days') }}

),

adoption_levels as (

    select
        account_id,
        from_date,
        to_date,
        active_users,
        active_user_days,
        sticky_users
    from {{ ref('int_adoption_levels') }}

),

first_uses as (

    select
        account_id,
        min(from_date) as first_use_date
    from adoption_levels
    group by account_id

),

licence_levels as (

    select
        customer_id,
        quantity as licences,
        from_date,
        to_date
    from {{ ref('int_sku_holdings') }}
    where is_licensed

),

licences_by_day as (

    select
        health_days.customer_id,
        health_days.health_date,
        sum(licence_levels.licences) as licences
    from health_days
    inner join licence_levels
        on
            health_days.customer_id = licence_levels.customer_id
            and health_days.health_date >= licence_levels.from_date
            and health_days.health_date < licence_levels.to_date
    group by health_days.customer_id, health_days.health_date

),

windows as (

    select
        health_days.customer_id,
        health_days.health_date,
        max(adoption_levels.active_users) as active_users,
        max(adoption_levels.active_user_days) as active_user_days,
        max(adoption_levels.sticky_users) as sticky_users
    from health_days
    inner join adoption_levels
        on
            health_days.customer_id = adoption_levels.account_id
            and health_days.health_date >= adoption_levels.from_date
            and health_days.health_date < adoption_levels.to_date
    group by health_days.customer_id, health_days.health_date

),

windows_before as (

    select
        health_days.customer_id,
        health_days.health_date,
        max(adoption_levels.active_user_days) as active_user_days
    from health_days
    inner join adoption_levels
        on
            health_days.customer_id = adoption_levels.account_id
            and {{ add_days('health_days.health_date', -28) }}
            >= adoption_levels.from_date
            and {{ add_days('health_days.health_date', -28) }}
            < adoption_levels.to_date
    group by health_days.customer_id, health_days.health_date

),

final as (

    select
        health_days.customer_id,
        health_days.health_date,
        licences_by_day.licences,
        case
            when first_uses.first_use_date <= health_days.health_date
                then
                    cast(coalesce(windows.active_users, 0) as double)
                    / nullif(cast(licences_by_day.licences as double), 0)
        end as licence_utilisation,
        cast(coalesce(windows.active_user_days, 0) as double)
        / nullif(cast(windows_before.active_user_days as double), 0) as usage_trend,
        cast(windows.sticky_users as double)
        / nullif(cast(windows.active_users as double), 0) as sticky_user_share
    from health_days
    left join first_uses
        on health_days.customer_id = first_uses.account_id
    left join licences_by_day
        on
            health_days.customer_id = licences_by_day.customer_id
            and health_days.health_date = licences_by_day.health_date
    left join windows
        on
            health_days.customer_id = windows.customer_id
            and health_days.health_date = windows.health_date
    left join windows_before
        on
            health_days.customer_id = windows_before.customer_id
            and health_days.health_date = windows_before.health_date

)

select * from final
