{{ config(post_hook="{{ record_build(['base_product_usage__events']) }}") }}
-- One row per account whose use changed since the models of use were built: the first
-- local day on which it did. From that day on they do the account again.
{%- set since = planned_since('int_usage_redo') %}

with

events as (

    select
        account_id,
        occurred_date
    from {{ ref('base_product_usage__events') }}
    {%- if since %}
    where change_number > {{ since.change_number }}
    {%- else %}
    where false
    {%- endif %}

),

{% if since -%}
-- What was known before its day came.
events_ahead as (

    select
        account_id,
        occurred_date
    from {{ ref('base_product_usage__events') }}
    where
        occurred_date > cast('{{ since.as_of_date }}' as date)
        and occurred_date <= {{ as_of_date() }}

),

{% endif -%}
changed as (

    select
        account_id,
        occurred_date
    from events

    {% if since -%}
    union all

    select
        account_id,
        occurred_date
    from events_ahead

    {% endif -%}

),

final as (

    select
        account_id,
        min(occurred_date) as redo_from
    from changed
    where account_id is not null and occurred_date is not null
    group by account_id

)

select * from final
