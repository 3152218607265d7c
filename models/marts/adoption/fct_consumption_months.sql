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
-- One row per month, customer and metered SKU with units consumed or entitled.
-- The running month counts to the as-of date on both sides.
with

{{ months_to_do() }},

metered_products as (

    select sku
    from {{ ref('stg_billing__products') }}
    where
        charge_type = 'recurring'
        and unit_of_measure not in ('seat', 'flat')

),

readings as (

    select
        readings.account_id as customer_id,
        readings.sku,
        readings.reading_date,
        readings.units_consumed
    from {{ ref('stg_product_usage__meter_readings') }} as readings
    {{- join_redo(
        'int_adoption_redo',
        'readings.account_id',
        'readings.reading_date',
        redo_from='redo_month'
    ) }}
    where readings.reading_date <= {{ as_of_date() }}

),

commitments as (

    select
        commitments.customer_id,
        commitments.sku,
        commitments.quantity,
        commitments.service_start_date,
        commitments.service_over_date
    from {{ ref('int_line_commitments') }} as commitments
    inner join metered_products on commitments.sku = metered_products.sku
    where commitments.service_start_date < commitments.service_over_date

),

entitled_days as (

    select
        months.month,
        cast(
            extract(
                day
                from cast(months.month + interval 1 month as date) - interval 1 day
            ) as integer
        ) as days_in_month,
        commitments.customer_id,
        commitments.sku,
        commitments.quantity * (
            least(
                {{ add_days('months.report_date', 1) }}, commitments.service_over_date
            )
            - greatest(months.month, commitments.service_start_date)
        ) as unit_days
    from commitments
    inner join months
        on
            commitments.service_start_date <= months.report_date
            and commitments.service_over_date > months.month
            and {{ is_month_of('commitments.customer_id') }}

),

measured as (

    select
        month,
        customer_id,
        sku,
        cast(
            {{ quotient('sum(unit_days)', '12 * days_in_month', 2) }} as decimal(18, 2)
        ) as units_entitled,
        0 as units_consumed
    from entitled_days
    group by month, days_in_month, customer_id, sku

    union all

    select
        cast(date_trunc('month', reading_date) as date) as month,
        customer_id,
        sku,
        0 as units_entitled,
        sum(units_consumed) as units_consumed
    from readings
    group by cast(date_trunc('month', reading_date) as date), customer_id, sku

),

measures as (

    select
        month,
        customer_id,
        sku,
        cast(sum(units_consumed) as decimal(18, 2)) as units_consumed,
        cast(sum(units_entitled) as decimal(18, 2)) as units_entitled
    from measured
    group by month, customer_id, sku
    having sum(units_consumed) <> 0 or sum(units_entitled) <> 0

),

final as (

    select
        month,
        customer_id,
        sku,
        units_consumed,
        units_entitled,
        cast({{ quotient('units_consumed', 'units_entitled', 4) }} as decimal(18, 4))
            as consumption_rate,
        cast(greatest(units_consumed - units_entitled, 0) as decimal(18, 2))
            as overage_units
    from measures

)

select * from final
