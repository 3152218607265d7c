-- Active users and their days at a month's end are running sums of changes; counted
-- user by user over the 28 days of the window they are the same.
with

user_months as (

    select
        month,
        account_id,
        count(*) as active_users,
        sum(active_days) as active_user_days,
        count(case when is_power_user then 1 end) as power_users
    from {{ ref('int_user_months') }}
    group by month, account_id

),

adoption_months as (

    select
        month,
        customer_id,
        active_users,
        active_user_days,
        power_users
    from {{ ref('fct_adoption_months') }}
    where active_users <> 0 or active_user_days <> 0 or power_users <> 0

)

select
    adoption_months.month,
    adoption_months.customer_id,
    user_months.account_id,
    adoption_months.active_users,
    user_months.active_users as counted_users,
    adoption_months.active_user_days,
    user_months.active_user_days as counted_user_days
from adoption_months
full outer join user_months
    on
        adoption_months.month = user_months.month
        and adoption_months.customer_id = user_months.account_id
where
    coalesce(adoption_months.active_users, 0) <> coalesce(user_months.active_users, 0)
    or coalesce(adoption_months.active_user_days, 0)
    <> coalesce(user_months.active_user_days, 0)
    or coalesce(adoption_months.power_users, 0) <> coalesce(user_months.power_users, 0)
