{{
    config(
        post_hook="{{ record_build([
            'base_product_usage__events', 'int_adoption_inputs'
        ]) }}"
    )
}}
-- One row per account and the day from which its months of adoption are done again: the
-- first on which use changed, or the day after the last build; all if what it was sold
-- changed.
{%- set since = planned_since('int_adoption_redo') %}

with

accounts as (

    select
        account_id,
        change_number
    from {{ ref('int_adoption_inputs') }}
    {%- if not since %}
    where false
    {%- endif %}

),

use_changed as (

    select
        account_id,
        min(occurred_date) as redo_from
    from {{ ref('base_product_usage__events') }}
    {%- if since %}
    where change_number > {{ since.change_number }}
    {%- else %}
    where false
    {%- endif %}
    group by account_id

),

first_month_changed as (

    select count(*) as changes
    from accounts
    {%- if since %}
    where account_id = '*' and change_number > {{ since.change_number }}
    {%- endif %}

),

redo as (

    select
        accounts.account_id,
        {% if since -%}
        case
            when first_month_changed.changes > 0 then cast('1900-01-01' as date)
            else least(
                use_changed.redo_from,
                {{ add_days("cast('" ~ since.as_of_date ~ "' as date)", 1) }}
            )
        end as use_redo_from,
        accounts.change_number > {{ since.change_number }} as has_other_inputs
        {%- else -%}
        use_changed.redo_from as use_redo_from,
        false as has_other_inputs
        {%- endif %}
    from accounts
    cross join first_month_changed
    left join use_changed on accounts.account_id = use_changed.account_id

),

final as (

    select
        account_id,
        case
            when has_other_inputs then cast('1900-01-01' as date)
            else use_redo_from
        end as redo_from,
        cast(
            date_trunc(
                'month',
                case
                    when has_other_inputs then cast('1900-01-01' as date)
                    else use_redo_from
                end
            ) as date
        ) as redo_month,
        cast(date_trunc('month', use_redo_from) as date) as use_redo_month
    from redo
    where
        account_id <> '*'
        and (use_redo_from <= {{ as_of_date() }} or has_other_inputs)

)

select * from final
