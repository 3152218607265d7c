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
            'from': 'redo_month'
        }}
    )
}}
-- One row per month, customer and SKU with licences, active users or licence changes.
-- Licences and users are levels at the report date; licence changes are the month's.
with

{{ months_to_do() }},

licensed_products as (

    select sku
    from {{ ref('stg_billing__products') }}
    where
        unit_of_measure = 'seat'
        and charge_type = 'recurring'

),

licence_events as (

    select
        licence_events.account_id,
        licence_events.sku,
        licence_events.event_type,
        {{ local_date('licence_events.occurred_at') }} as event_date
    from {{ ref('stg_product_usage__licence_events') }} as licence_events
    {{- join_redo(
        'int_adoption_redo',
        'licence_events.account_id',
        local_date('licence_events.occurred_at'),
        redo_from='redo_month'
    ) }}

),

measured as (

    select
        months.month,
        holdings.customer_id,
        holdings.sku,
        holdings.quantity as licences_purchased,
        0 as active_users,
        0 as licences_assigned,
        0 as licences_activated,
        0 as licences_deactivated
    from {{ ref('int_sku_holdings') }} as holdings
    inner join months
        on
            holdings.from_date <= months.report_date
            and holdings.to_date > months.report_date
            and {{ is_month_of('holdings.customer_id') }}
    where holdings.is_licensed

    union all

    select
        months.month,
        levels.account_id as customer_id,
        levels.sku,
        0 as licences_purchased,
        levels.active_users,
        0 as licences_assigned,
        0 as licences_activated,
        0 as licences_deactivated
    from {{ ref('int_sku_usage_levels') }} as levels
    inner join licensed_products on levels.sku = licensed_products.sku
    inner join months
        on
            levels.from_date <= months.report_date
            and levels.to_date > months.report_date
            and {{ is_month_of('levels.account_id') }}

    union all

    select
        cast(date_trunc('month', event_date) as date) as month,
        account_id as customer_id,
        sku,
        0 as licences_purchased,
        0 as active_users,
        case when event_type = 'assigned' then 1 else 0 end as licences_assigned,
        case when event_type = 'activated' then 1 else 0 end as licences_activated,
        case when event_type = 'deactivated' then 1 else 0 end as licences_deactivated
    from licence_events
    where event_date <= {{ as_of_date() }}

),

measures as (

    select
        month,
        customer_id,
        sku,
        sum(licences_purchased) as licences_purchased,
        sum(active_users) as active_users,
        sum(licences_assigned) as licences_assigned,
        sum(licences_activated) as licences_activated,
        sum(licences_deactivated) as licences_deactivated
    from measured
    group by month, customer_id, sku

),

final as (

    select
        month,
        customer_id,
        sku,
        cast(licences_purchased as decimal(18, 2)) as licences_purchased,
        cast(active_users as integer) as active_users,
        cast({{ quotient('active_users', 'licences_purchased', 4) }} as decimal(9, 4))
            as licence_utilisation,
        cast(licences_assigned as integer) as licences_assigned,
        cast(licences_activated as integer) as licences_activated,
        cast(licences_deactivated as integer) as licences_deactivated
    from measures

)

select * from final
