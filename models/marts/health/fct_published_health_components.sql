{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        pre_hook="{{ forget_published_day() }}",
        tags=['shown']
    )
}}
-- One row per customer, component and refresh day on which what was shown changed.
-- Shown on a day is the newest row to it, for the customers of fct_published_health.
{%- set shown = [
    'component_score',
    'lowest_measure',
    'lowest_measure_value',
    'weight',
    'points',
    'targets_hash',
] %}

with

customer_health as (

    select
        customer_id,
        health_date,
        segment
    from {{ ref('fct_customer_health') }}
    where health_date = {{ as_of_date() }} and {{ is_newest_day() }}

),

components as (

    select
        customer_id,
        health_date,
        component,
        component_score,
        lowest_measure,
        lowest_measure_value,
        weight,
        points
    from {{ ref('fct_health_components') }}

),

targets as (

    select
        component,
        segment,
        targets_hash
    from {{ ref('int_health_targets') }}
    where health_date = {{ as_of_date() }}

),

today as (

    select
        components.health_date as published_on,
        components.customer_id,
        components.component,
        components.component_score,
        components.lowest_measure,
        components.lowest_measure_value,
        components.weight,
        components.points,
        targets.targets_hash
    from components
    inner join customer_health
        on
            components.customer_id = customer_health.customer_id
            and components.health_date = customer_health.health_date
    left join targets
        on
            components.component = targets.component
            and customer_health.segment = targets.segment

){% if is_incremental() %},

newest_shown as (

    select
        customer_id,
        component,
        max(published_on) as published_on
    from {{ this }}
    where published_on < {{ as_of_date() }}
    group by customer_id, component

),

shown_before as (

    select shown.*
    from {{ this }} as shown
    inner join newest_shown
        on
            shown.customer_id = newest_shown.customer_id
            and shown.component = newest_shown.component
            and shown.published_on = newest_shown.published_on

)
{% endif %}

select
    today.published_on,
    today.customer_id,
    today.component,
    today.{{ shown | join(',\n    today.') }}
from today
{%- if is_incremental() %}
left join shown_before
    on
        today.customer_id = shown_before.customer_id
        and today.component = shown_before.component
where
    {%- for column in shown %}
    {% if not loop.first %}or {% endif -%}
    today.{{ column }} is distinct from shown_before.{{ column }}
    {%- endfor %}
{%- endif %}
