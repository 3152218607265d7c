{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_usage_redo']) }}",
        meta={'redo': {
            'plan': 'int_usage_redo',
            'key': ['feature_name']
        }}
    )
}}
{%- set first_day = first_redo_day('int_usage_redo') %}
-- One row per feature released by the as-of date, the login left out: its first 30
-- days, the day of release among them, so far as they have passed.
with

features as (

    select
        feature_name,
        sku,
        is_sticky,
        {{ local_date('released_at') }} as released_date
    from {{ ref('stg_product_usage__features') }}
    where
        {{ is_product_use('feature_name') }}
        and {{ local_date('released_at') }} <= {{ as_of_date() }}

),

releases as (

    select
        feature_name,
        sku,
        is_sticky,
        released_date,
        {{ add_days('released_date', 29) }} as window_end_date,
        least({{ add_days('released_date', 29) }}, {{ as_of_date() }}) as measured_date
    from features

),

{% if keeps_rows() %}
-- Windows that end before the first day that changed keep their use.
use_kept as (

    select
        kept.feature_name,
        kept.customers_using as accounts,
        kept.users,
        kept.event_count
    from {{ this }} as kept
    where kept.window_end_date < cast('{{ first_day }}' as date)

),

releases_to_count as (

    select
        feature_name,
        released_date,
        measured_date
    from releases
    where feature_name not in (select use_kept.feature_name from use_kept)

),

{% else %}
releases_to_count as (

    select
        feature_name,
        released_date,
        measured_date
    from releases

),

{% endif -%}
users_of_feature as (

    select
        releases_to_count.feature_name,
        usage_days.account_id,
        usage_days.end_user_id,
        sum(usage_days.event_count) as event_count
    from releases_to_count
    inner join {{ ref('int_usage_days') }} as usage_days
        on
            releases_to_count.feature_name = usage_days.feature_name
            and releases_to_count.released_date <= usage_days.usage_date
            and releases_to_count.measured_date >= usage_days.usage_date
    group by
        releases_to_count.feature_name,
        usage_days.account_id,
        usage_days.end_user_id

),

accounts_of_feature as (

    select
        feature_name,
        account_id,
        count(*) as users,
        sum(event_count) as event_count
    from users_of_feature
    group by feature_name, account_id

),

use_of_feature as (

    select
        feature_name,
        count(*) as accounts,
        sum(users) as users,
        sum(event_count) as event_count
    from accounts_of_feature
    group by feature_name

    {% if keeps_rows() -%}
    union all

    select
        feature_name,
        accounts,
        users,
        event_count
    from use_kept

    {% endif -%}

),

holders as (

    select
        releases.feature_name,
        holdings.customer_id
    from releases
    inner join {{ ref('int_sku_features') }} as sku_features
        on releases.feature_name = sku_features.feature_name
    inner join {{ ref('int_sku_holdings') }} as holdings
        on
            sku_features.sku = holdings.sku
            and releases.measured_date >= holdings.from_date
            and releases.measured_date < holdings.to_date
    group by releases.feature_name, holdings.customer_id

),

holders_counted as (

    select
        feature_name,
        count(*) as customers_holding
    from holders
    group by feature_name

),

final as (

    select
        releases.feature_name,
        releases.sku,
        releases.is_sticky,
        releases.released_date,
        releases.window_end_date,
        releases.window_end_date <= {{ as_of_date() }} as is_window_over,
        cast(coalesce(use_of_feature.users, 0) as integer) as users,
        cast(coalesce(use_of_feature.accounts, 0) as integer) as customers_using,
        cast(coalesce(use_of_feature.event_count, 0) as integer) as event_count,
        cast(coalesce(holders_counted.customers_holding, 0) as integer)
            as customers_holding,
        cast(
            {{ quotient(
                'coalesce(use_of_feature.accounts, 0)',
                'holders_counted.customers_holding',
                4
            ) }} as decimal(9, 4)
        ) as customer_share
    from releases
    left join use_of_feature on releases.feature_name = use_of_feature.feature_name
    left join holders_counted on releases.feature_name = holders_counted.feature_name

)

select * from final
