{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_adoption_redo']) }}",
        meta={'redo': {
            'plan': 'int_adoption_redo',
            'account': 'customer_id',
            'day': 'month',
            'from': 'redo_month',
            'key': ['month', 'customer_id']
        }}
    )
}}
-- One row per month and customer with use, licences, features or units to speak of.
-- Levels of the 28 days to the report date must not be added over months.
{%- set measures_of = {
    'usage': [
        'active_users',
        'active_user_days',
        'features_used',
        'sticky_users',
        'active_users_before',
        'active_user_days_before',
        'active_users_year_ago',
        'active_user_days_year_ago',
    ],
    'licences': [
        'licences_purchased',
        'licensed_active_users',
        'licences_assigned',
        'licences_activated',
        'licences_deactivated',
    ],
    'consumption': ['units_consumed', 'units_entitled', 'overage_units'],
    'features': ['features_available'],
    'power_users': ['power_users'],
} %}
{%- set first_month
    = "cast('" ~ first_redo_day('int_adoption_redo', 'use_redo_month') ~ "' as date)" %}

with

power_users_counted as (

    select
        month,
        account_id as customer_id,
        count(*) as power_users
    from {{ ref('int_user_months') }}
    where is_power_user and month >= {{ first_month }}
    group by month, account_id

),

{% if keeps_rows() or not execute -%}
power_users_kept as (

    select
        month,
        customer_id,
        power_users
    from {{ this }}
    where power_users > 0

),

-- Places are among all users: a late event may move them in any account of its month.
places_moved as (

    select
        coalesce(counted.month, kept.month) as month,
        coalesce(counted.customer_id, kept.customer_id) as customer_id
    from power_users_counted as counted
    full outer join (
        select
            month,
            customer_id,
            power_users
        from power_users_kept
        where month >= {{ first_month }}
    ) as kept
        on
            counted.month = kept.month
            and counted.customer_id = kept.customer_id
    where coalesce(counted.power_users, 0) <> coalesce(kept.power_users, 0)

),

cells as (

    select
        months.month,
        redo.account_id as customer_id
    from {{ ref('int_months') }} as months
    inner join {{ ref('int_adoption_redo') }} as redo
        on months.month >= redo.redo_month

    union distinct

    select
        month,
        customer_id
    from places_moved

),

{% endif -%}
-- In months of which no use changed nobody's place did.
power_users as (

    select
        month,
        customer_id,
        power_users
    from power_users_counted

    {% if keeps_rows() -%}
    union all

    select
        month,
        customer_id,
        power_users
    from power_users_kept
    where month < {{ first_month }}

    {% endif -%}

),

usage as (

    select
        month,
        account_id as customer_id,
        {{ measures_of.usage | join(',\n        ') }}
    from {{ ref('int_adoption_month_levels') }}

),

licences as (

    select
        month,
        customer_id,
        licences_purchased,
        case when licences_purchased > 0 then active_users else 0 end
            as licensed_active_users,
        licences_assigned,
        licences_activated,
        licences_deactivated
    from {{ ref('fct_licence_utilisation_months') }}

),

consumption as (

    select
        month,
        customer_id,
        units_consumed,
        units_entitled,
        overage_units
    from {{ ref('fct_consumption_months') }}

),

features as (

    select
        month,
        customer_id,
        features_available
    from {{ ref('int_features_available_months') }}

),

measured as (

    {% for part in measures_of %}
    select
        month,
        customer_id,
        {%- for measures_part, measures in measures_of.items() %}
        {%- set is_last_part = loop.last %}
        {%- for measure in measures %}
        {{ measure if measures_part == part else '0 as ' ~ measure }}
        {%- if not (is_last_part and loop.last) %},{% endif %}
        {%- endfor %}
        {%- endfor %}
    from {{ part }}
    {%- if keeps_rows() %}
    inner join cells using (month, customer_id)
    {%- endif %}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

measures as (

    select
        month,
        customer_id,
        {%- for measures in measures_of.values() %}
        {%- set is_last_part = loop.last %}
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}
        {%- if not (is_last_part and loop.last) %},{% endif %}
        {%- endfor %}
        {%- endfor %}
    from measured
    group by month, customer_id

),

final as (

    select
        month,
        customer_id,
        cast(licences_purchased as decimal(18, 2)) as licences_purchased,
        cast(licensed_active_users as integer) as licensed_active_users,
        cast(
            {{ quotient('licensed_active_users', 'licences_purchased', 4) }}
            as decimal(9, 4)
        ) as licence_utilisation,
        cast(licences_assigned as integer) as licences_assigned,
        cast(licences_activated as integer) as licences_activated,
        cast(licences_deactivated as integer) as licences_deactivated,
        cast(active_users as integer) as active_users,
        cast(active_user_days as integer) as active_user_days,
        cast({{ quotient('active_user_days', 'active_users', 2) }} as decimal(9, 2))
            as active_days_per_user,
        cast(
            {{ quotient('active_user_days', '28 * active_users', 4) }} as decimal(9, 4)
        ) as daily_over_monthly_users,
        cast(features_used as integer) as features_used,
        cast(features_available as integer) as features_available,
        cast({{ quotient('features_used', 'features_available', 4) }} as decimal(9, 4))
            as feature_breadth,
        cast(sticky_users as integer) as sticky_users,
        cast({{ quotient('sticky_users', 'active_users', 4) }} as decimal(9, 4))
            as sticky_user_share,
        cast(power_users as integer) as power_users,
        cast(active_users_before as integer) as active_users_before,
        cast(active_user_days_before as integer) as active_user_days_before,
        cast(
            {{ quotient(
                'active_user_days - active_user_days_before',
                'active_user_days_before',
                4
            ) }} as decimal(18, 4)
        ) as usage_change_28_days,
        cast(active_users_year_ago as integer) as active_users_year_ago,
        cast(active_user_days_year_ago as integer) as active_user_days_year_ago,
        cast(
            {{ quotient(
                'active_user_days - active_user_days_year_ago',
                'active_user_days_year_ago',
                4
            ) }} as decimal(18, 4)
        ) as usage_change_year,
        cast(units_consumed as decimal(18, 2)) as units_consumed,
        cast(units_entitled as decimal(18, 2)) as units_entitled,
        cast({{ quotient('units_consumed', 'units_entitled', 4) }} as decimal(18, 4))
            as consumption_rate,
        cast(overage_units as decimal(18, 2)) as overage_units
    from measures

)

select * from final
