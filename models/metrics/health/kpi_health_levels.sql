-- One row per period, days before its end (0, 30, 90) and customer: its health then.
-- Read on the last Sunday; on the as-of date in a period that runs.
with

periods as (

    select
        period_grain,
        period_start,
        least(period_end, {{ as_of_date() }}) as last_day,
        period_end > {{ as_of_date() }} as is_running
    from {{ ref('kpi_periods') }}
    where period_grain <> 'day'

),

days as (

    {%- for days in [0, 30, 90] %}
    select
        period_grain,
        period_start,
        {{ days }} as days_before,
        {{ add_days('last_day', -days) }} as level_date,
        {{ 'is_running' if days == 0 else 'false' }} as is_today
    from periods
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

readings as (

    select
        *,
        case
            when is_today then level_date
            else {{ add_days(
                'level_date', '-(cast(extract(isodow from level_date) as integer) % 7)'
            ) }}
        end as reading_date
    from days

),

health as (

    select
        customer_id,
        health_date,
        segment,
        lifecycle_stage,
        health_score,
        health_band,
        change_30_days,
        change_90_days,
        cmrr,
        is_frozen
    from {{ ref('fct_customer_health') }}

),

gone as (

    select
        readings.level_date,
        readings.reading_date,
        health.customer_id
    from readings
    inner join health
        on
            health.is_frozen
            and readings.reading_date <= health.health_date
            and readings.level_date > health.health_date
    group by readings.level_date, readings.reading_date, health.customer_id

),

final as (

    select
        readings.period_grain,
        readings.period_start,
        readings.days_before,
        health.customer_id,
        health.health_date,
        health.segment,
        health.lifecycle_stage,
        coalesce(health.health_band, 'unscored') as health_band,
        health.health_score,
        health.change_30_days,
        health.change_90_days,
        health.cmrr
    from readings
    inner join health
        on readings.reading_date = health.health_date
    left join gone
        on
            readings.level_date = gone.level_date
            and readings.reading_date = gone.reading_date
            and health.customer_id = gone.customer_id
    where gone.customer_id is null

)

select * from final
