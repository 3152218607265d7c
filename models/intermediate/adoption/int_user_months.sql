-- One row per month and user active in the 28 days to its report date.
-- Places are among all users of the company: 0.1 x users may stand before a power user.
with

window_days as (

    select
        month,
        day
    from {{ ref('int_month_window_days') }}

),

user_features as (

    select
        window_days.month,
        usage_days.account_id,
        usage_days.end_user_id,
        usage_days.feature_name
    from {{ ref('int_usage_days') }} as usage_days
    inner join window_days on usage_days.usage_date = window_days.day
    where usage_days.is_product_use
    group by
        window_days.month,
        usage_days.account_id,
        usage_days.end_user_id,
        usage_days.feature_name

),

breadths as (

    select
        month,
        account_id,
        end_user_id,
        count(*) as features_used
    from user_features
    group by month, account_id, end_user_id

),

active_days as (

    select
        window_days.month,
        user_days.account_id,
        user_days.end_user_id,
        count(*) as active_days
    from {{ ref('int_usage_user_days') }} as user_days
    inner join window_days on user_days.day = window_days.day
    where user_days.is_active
    group by window_days.month, user_days.account_id, user_days.end_user_id

),

users_ranked as (

    select
        active_days.month,
        active_days.account_id,
        active_days.end_user_id,
        active_days.active_days,
        breadths.features_used,
        count(*) over (partition by active_days.month) as users,
        rank() over (
            partition by active_days.month
            order by active_days.active_days desc
        ) as active_days_rank,
        rank() over (
            partition by active_days.month
            order by breadths.features_used desc
        ) as features_rank
    from active_days
    inner join breadths
        on
            active_days.month = breadths.month
            and active_days.account_id = breadths.account_id
            and active_days.end_user_id = breadths.end_user_id

),

final as (

    select
        month,
        account_id,
        end_user_id,
        cast(active_days as integer) as active_days,
        cast(features_used as integer) as features_used,
        10 * (active_days_rank - 1) < users
        and 10 * (features_rank - 1) < users as is_power_user
    from users_ranked

)

select * from final
