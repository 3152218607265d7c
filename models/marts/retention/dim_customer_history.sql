-- One row per customer and spell [valid_from_date, valid_to_date) of its attributes.
-- A day's values are those of its end; a date has one row from the first signature on.
with

points as (

    select
        customer_id,
        point_date,
        parent_account_id,
        group_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        csm_user_id,
        customer_cmrr
    from {{ ref('int_customer_attribute_points') }}

),

regions as (

    select
        country,
        region
    from {{ ref('regions') }}

),

employee_bands as (

    select
        employee_band,
        minimum_employees,
        lead(minimum_employees)
            over (order by minimum_employees)
            as next_minimum_employees
    from {{ ref('employee_bands') }}

),

customer_segments as (

    select
        segment,
        minimum_annual_cmrr,
        lead(minimum_annual_cmrr) over (order by minimum_annual_cmrr)
            as next_minimum_annual_cmrr
    from {{ ref('customer_segments') }}

),

banded_points as (

    select
        points.customer_id,
        points.point_date,
        points.parent_account_id as parent_customer_id,
        points.group_account_id as group_customer_id,
        points.industry,
        employee_bands.employee_band,
        points.country,
        regions.region,
        points.sales_channel,
        customer_segments.segment,
        points.csm_user_id
    from points
    left join regions
        on points.country = regions.country
    left join employee_bands
        on
            points.employee_count >= employee_bands.minimum_employees
            and (
                points.employee_count < employee_bands.next_minimum_employees
                or employee_bands.next_minimum_employees is null
            )
    inner join customer_segments
        on
            12 * greatest(points.customer_cmrr, 0)
            >= customer_segments.minimum_annual_cmrr
            and (
                12 * greatest(points.customer_cmrr, 0)
                < customer_segments.next_minimum_annual_cmrr
                or customer_segments.next_minimum_annual_cmrr is null
            )

),

points_with_values as (

    select
        *,
        {{ surrogate_key(
            ['parent_customer_id'] + (customer_dimensions().values() | list)
        ) }} as values_key
    from banded_points

),

points_with_earlier as (

    select
        *,
        lag(values_key)
            over (partition by customer_id order by point_date)
            as earlier_values_key
    from points_with_values

),

changes as (

    select
        *,
        lead(point_date)
            over (partition by customer_id order by point_date)
            as next_change_date
    from points_with_earlier
    where values_key <> earlier_values_key or earlier_values_key is null

),

final as (

    select
        customer_id,
        point_date as valid_from_date,
        next_change_date as valid_to_date,
        next_change_date is null as is_current,
        parent_customer_id,
        group_customer_id,
        industry,
        employee_band,
        country,
        region,
        sales_channel,
        segment,
        csm_user_id
    from changes

)

select * from final
