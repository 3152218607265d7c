{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='append_new_columns',
        post_hook='{{ record_build() }}',
        meta={'redo': {'key': ['row_key', 'load_day']}}
    )
}}
-- One row per distinct row of product_usage.events landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule. Kept from
-- build to build: a key is done again when a row of it lands or its parent changes.
{%- set columns = [
    'event_id',
    'account_id',
    'end_user_id',
    'feature_name',
    'platform',
    'occurred_at',
    'received_at',
    'loaded_at',
] %}
{%- set keeps = keeps_rows() or not execute %}

with

known as (

    select
        {{ columns | join(',\n        ') }}
    from {{ ref('base_product_usage__event_rows') }}
    {% if keeps -%}
    {%- set load_days = load_days_to_read() %}
    where
        {{ local_date('loaded_at') }} in (
            {%- for day in load_days or ['1900-01-01'] %}
            cast('{{ day }}' as date) {{- ',' if not loop.last }}
            {%- endfor %}
        )
        and loaded_at
        >= {{ add_days(
            "cast('" ~ (load_days or ['9999-01-09'])[0] ~ "' as date)", -1
        ) }}
    {%- endif %}

),

{% if keeps %}
landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['event_id'], columns) }} as row_key
    from known
    group by
        {{ columns | join(',\n        ') }}

),

parents_changed as (

    select
        account_id,
        end_user_id
    from {{ ref('base_product_usage__event_parents') }}
    where change_number > {{ reached_number() }}

),

keys_to_judge as (

    select row_key
    from landed

    {% for parent_id in ['account_id', 'end_user_id'] -%}
    union distinct

    select kept.row_key
    from {{ this }} as kept
    inner join parents_changed on kept.{{ parent_id }} = parents_changed.{{ parent_id }}

    {% endfor -%}

),

rows_of_keys as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        row_key
    from landed

    union all

    select
        kept.{{ columns | join(',\n        kept.') }},
        kept.copies,
        kept.row_key
    from {{ this }} as kept
    inner join keys_to_judge on kept.row_key = keys_to_judge.row_key
    -- Said once more as a range: keys that grow with time lie together on disk.
    where
        kept.row_key >= (select min(keys_to_judge.row_key) from keys_to_judge)
        and kept.row_key <= (select max(keys_to_judge.row_key) from keys_to_judge)

),

-- What was loaded on a day that is read again stands in both.
rows_to_judge as (

    select
        {{ columns | join(',\n        ') }},
        max(copies) as copies,
        row_key
    from rows_of_keys
    group by
        {{ columns | join(',\n        ') }},
        row_key

),

versions as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        row_key,
        {{ version_number(['loaded_at'], columns) }} as version_number
    from rows_to_judge

),

{% else %}
keys_landed_again as (

    select event_id
    from known
    where event_id is not null
    group by event_id
    having count(*) > 1

),

-- Nearly every key lands once: only the others are compared with each other.
landed_again as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['event_id'], columns) }} as row_key
    from known
    where
        event_id is null
        or event_id in (select keys_landed_again.event_id from keys_landed_again)
    group by
        {{ columns | join(',\n        ') }}

),

landed_once as (

    select
        known.{{ columns | join(',\n        known.') }}
    from known
    left join keys_landed_again on known.event_id = keys_landed_again.event_id
    where
        known.event_id is not null
        and keys_landed_again.event_id is null

),

versions as (

    select
        {{ columns | join(',\n        ') }},
        1 as copies,
        event_id as row_key,
        1 as version_number
    from landed_once

    union all

    select
        {{ columns | join(',\n        ') }},
        copies,
        row_key,
        {{ version_number(['loaded_at'], columns) }} as version_number
    from landed_again

),

{% endif -%}
accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

end_users as (

    select
        end_user_id,
        row_status
    from {{ ref('base_product_usage__end_users') }}
    where version_number = 1

),

features as (

    select
        feature_name,
        row_status
    from {{ ref('base_product_usage__features') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.event_id is null then 'null_key'
            when {{ any_null([
                'versions.account_id',
                'versions.end_user_id',
                'versions.feature_name',
                'versions.platform',
                'versions.occurred_at',
                'versions.received_at',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when end_users.end_user_id is null then 'unknown_parent'
            when end_users.row_status <> 'current' then 'parent_set_aside'
            when features.feature_name is null then 'unknown_parent'
            when features.row_status <> 'current' then 'parent_set_aside'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join end_users on versions.end_user_id = end_users.end_user_id
    left join features on versions.feature_name = features.feature_name

),

final as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        cast(version_number as bigint) as version_number,
        {{ row_status() }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json,
        {{ local_date('occurred_at') }} as occurred_date,
        {{ load_day() }} as load_day,
        cast({{ next_change_number() }} as bigint) as change_number
    from checked

)

select * from final
