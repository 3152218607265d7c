-- One row per account, SKU and stretch of days with one number of users who used its
-- features in the 28 days that end on each of them. Half open.
with

changes as (

    select
        account_id,
        sku,
        change_date,
        change
    from {{ ref('int_usage_changes') }}
    where sku is not null

),

levels as (

    select
        account_id,
        sku,
        change_date as from_date,
        coalesce(
            lead(change_date) over (partition by account_id, sku order by change_date),
            {{ add_days(as_of_date(), 1) }}
        ) as to_date,
        sum(change) over (
            partition by account_id, sku
            order by change_date
            rows between unbounded preceding and current row
        ) as active_users
    from changes

),

final as (

    select
        account_id,
        sku,
        from_date,
        to_date,
        cast(active_users as integer) as active_users
    from levels
    where active_users > 0

)

select * from final
