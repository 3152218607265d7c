-- One row per customer and month in which its success measures changed: by how much.
with

states as (

    select
        customer_id,
        from_date,
        to_date,
        cast(is_measured as integer) as measured,
        cast(is_met as integer) as met,
        case when annual_value is null then 0 else 1 end as priced,
        coalesce(annual_value, 0) as annual_value
    from {{ ref('int_success_measurements') }}

),

edges as (

    select
        customer_id,
        from_date as change_date,
        1 as agreed,
        measured,
        met,
        priced,
        annual_value
    from states

    union all

    select
        customer_id,
        to_date as change_date,
        -1 as agreed,
        -measured as measured,
        -met as met,
        -priced as priced,
        -annual_value as annual_value
    from states
    where to_date is not null

),

final as (

    select
        customer_id,
        cast(date_trunc('month', change_date) as date) as month,
        cast(sum(agreed) as integer) as agreed_change,
        cast(sum(measured) as integer) as measured_change,
        cast(sum(met) as integer) as met_change,
        cast(sum(priced) as integer) as priced_change,
        cast(sum(annual_value) as decimal(18, 2)) as annual_value_change
    from edges
    group by customer_id, month

)

select * from final
