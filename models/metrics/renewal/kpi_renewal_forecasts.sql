-- One row per fiscal quarter, dimension and value: what renewals due in it keep or are
-- likely to keep, against locked and planned. Ranges are told in total and by segment.
with

forecasts as (

    select *
    from {{ ref('rpt_renewal_forecast') }}

),

renewal_quarters as (

    select *
    from {{ ref('fct_renewal_quarters') }}

),

customers as (

    select
        customer_id,
        csm_user_id
    from {{ ref('dim_customers') }}

),

renewals as (

    select
        renewal_quarters.*,
        coalesce(
            renewal_quarters.chance_band,
            case when renewal_quarters.is_open then 'unknown' else 'answered' end
        ) as health_band,
        coalesce(customers.csm_user_id, 'not_given') as csm
    from renewal_quarters
    inner join customers
        on renewal_quarters.customer_id = customers.customer_id

),

slices as (

    select
        due_quarter_start as period_start,
        case when segment = 'total' then 'total' else 'segment' end as dimension_name,
        case when segment = 'total' then 'all' else segment end as dimension_value,
        renewals,
        due_cmrr,
        forecast_cmrr,
        forecast_low,
        forecast_high,
        locked_cmrr,
        planned_cmrr
    from forecasts

    {%- for dimension in ['health_band', 'csm'] %}

    union all

    select
        due_quarter_start as period_start,
        '{{ dimension }}' as dimension_name,
        {{ dimension }} as dimension_value,
        count(*) filter (where expected_cmrr > 0) as renewals,
        sum(expected_cmrr) as due_cmrr,
        case
            when count(*) filter (where is_open and forecast_cmrr is null) = 0
                then coalesce(sum(retained_cmrr), 0) + coalesce(sum(forecast_cmrr), 0)
        end as forecast_cmrr,
        cast(null as decimal(18, 2)) as forecast_low,
        cast(null as decimal(18, 2)) as forecast_high,
        sum(locked_cmrr) as locked_cmrr,
        sum(planned_cmrr) as planned_cmrr
    from renewals
    group by due_quarter_start, {{ dimension }}
    {%- endfor %}

),

final as (

    select
        'quarter' as period_grain,
        period_start,
        dimension_name,
        dimension_value,
        cast(renewals as integer) as renewals,
        cast(due_cmrr as decimal(18, 2)) as due_cmrr,
        cast(forecast_cmrr as decimal(18, 2)) as forecast_cmrr,
        forecast_low,
        forecast_high,
        cast(locked_cmrr as decimal(18, 2)) as locked_cmrr,
        cast(planned_cmrr as decimal(18, 2)) as planned_cmrr
    from slices

)

select * from final
