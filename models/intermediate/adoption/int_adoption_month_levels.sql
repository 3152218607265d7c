{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_adoption_redo']) }}",
        meta={'redo': {
            'plan': 'int_adoption_redo',
            'account': 'account_id',
            'day': 'month',
            'from': 'use_redo_month'
        }}
    )
}}
-- One row per month and account with use in the 28 days to the report date, to 28 days
-- before it, or to 364 days before it. Levels: never add them over months.
{%- set measures = ['active_users', 'active_user_days', 'features_used', 'sticky_users'] %}
{#- What a month compares: days before its report date, by the name's end. #}
{%- set days_before = {'': 0, '_before': 28, '_year_ago': 364} %}
{%- set compared = ['active_users', 'active_user_days'] %}

with

{{ months_to_do('use_redo_month') }},

points as (

    {% for point, days in days_before.items() -%}
    select
        {% if keeps_rows() -%}
        account_id,
        {% endif -%}
        month,
        {{ days }} as days_before,
        {{ add_days('report_date', -days) }} as day
    from months
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

levels_at_points as (

    select
        months.month,
        months.days_before,
        levels.account_id,
        levels.active_users,
        levels.active_user_days,
        levels.features_used,
        levels.sticky_users
    from {{ ref('int_adoption_levels') }} as levels
    inner join points as months
        on
            levels.from_date <= months.day
            and levels.to_date > months.day
            {{- and_of_account('levels.account_id') }}

),

final as (

    select
        month,
        account_id,
        {%- for point, days in days_before.items() %}
        {%- set is_last_point = loop.last %}
        {%- for measure in (measures if days == 0 else compared) %}
        cast(
            sum(case when days_before = {{ days }} then {{ measure }} else 0 end)
            as integer
        ) as {{ measure }}{{ point }}
        {%- if not (is_last_point and loop.last) %},{% endif %}
        {%- endfor %}
        {%- endfor %}
    from levels_at_points
    group by month, account_id

)

select * from final
