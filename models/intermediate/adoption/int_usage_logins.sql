-- One row per account of which anyone ever logged in: the first login.
with

logins as (

    select
        account_id,
        first_occurred_at
    from {{ ref('int_usage_days') }}
    where feature_name = 'login'

),

first_logins as (

    select
        account_id,
        min(first_occurred_at) as first_login_at
    from logins
    group by account_id

),

final as (

    select
        account_id,
        first_login_at,
        {{ local_date('first_login_at') }} as first_login_date
    from first_logins

)

select * from final
