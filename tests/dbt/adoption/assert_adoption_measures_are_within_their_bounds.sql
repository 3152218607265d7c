-- Each measure of a month's end is a part of another, and no level is ever negative. A
-- window that was opened twice or never closed would break one of these.
select
    month,
    customer_id,
    active_users,
    active_user_days,
    features_used,
    sticky_users,
    power_users,
    licences_purchased
from {{ ref('fct_adoption_months') }}
where
    active_user_days not between active_users and 28 * active_users
    or sticky_users not between 0 and active_users
    or power_users not between 0 and active_users
    or features_used < 0
    or (features_used = 0) <> (active_users = 0)
    or licences_purchased < 0
    or features_available < 0
