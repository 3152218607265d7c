{{ config(materialized='view') }}
-- One row per month and user active in the 28 days to its report date.
-- Places are among all users of the company: 0.1 x users may stand before a power user.
with

user_months as (

    select
        month,
        account_id,
        end_user_id,
        active_days,
        features_used
    from {{ ref('int_user_month_use') }}

),

{% for measure in ['active_days', 'features_used'] -%}
{{ measure }}_counted as (

    select
        month,
        {{ measure }},
        count(*) as users
    from user_months
    group by month, {{ measure }}

),

{{ measure }}_places as (

    select
        month,
        {{ measure }},
        10 * (sum(users) over users_with_as_many_or_more - users)
        < sum(users) over (partition by month) as is_top_tenth
    from {{ measure }}_counted
    window users_with_as_many_or_more as (
        partition by month
        order by {{ measure }} desc
        rows between unbounded preceding and current row
    )

),

{% endfor -%}
final as (

    select
        user_months.month,
        user_months.account_id,
        user_months.end_user_id,
        user_months.active_days,
        user_months.features_used,
        active_days_places.is_top_tenth
        and features_used_places.is_top_tenth as is_power_user
    from user_months
    inner join active_days_places
        on
            user_months.month = active_days_places.month
            and user_months.active_days = active_days_places.active_days
    inner join features_used_places
        on
            user_months.month = features_used_places.month
            and user_months.features_used = features_used_places.features_used

)

select * from final
