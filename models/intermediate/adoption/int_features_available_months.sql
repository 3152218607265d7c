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
-- One row per month and customer that holds a SKU with a released feature on the
-- report date: how many features it could use.
with

{{ months_to_do() }},

holdings as (

    select
        customer_id,
        sku,
        from_date,
        to_date
    from {{ ref('int_sku_holdings') }}

),

sku_features as (

    select
        sku,
        feature_name,
        released_date
    from {{ ref('int_sku_features') }}

),

features_available as (

    select
        months.month,
        holdings.customer_id,
        sku_features.feature_name
    from holdings
    inner join months
        on
            holdings.from_date <= months.report_date
            and holdings.to_date > months.report_date
            and {{ is_month_of('holdings.customer_id') }}
    inner join sku_features
        on
            holdings.sku = sku_features.sku
            and months.report_date >= sku_features.released_date
    group by months.month, holdings.customer_id, sku_features.feature_name

),

final as (

    select
        month,
        customer_id,
        cast(count(*) as integer) as features_available
    from features_available
    group by month, customer_id

)

select * from final
