-- Units consumed and licence changes add up to what staging holds by the as-of date: a
-- month or a SKU that falls out of the spine would lose them in silence.
with

staged as (

    select
        'units' as what,
        {{ round_money('sum(units_consumed)') }} as amount
    from {{ ref('stg_product_usage__meter_readings') }}
    where reading_date <= {{ as_of_date() }}

    union all

    select
        event_type as what,
        count(*) as amount
    from {{ ref('stg_product_usage__licence_events') }}
    where {{ local_date('occurred_at') }} <= {{ as_of_date() }}
    group by event_type

),

published as (

    select
        'units' as what,
        sum(units_consumed) as amount,
        count(*) as row_count
    from {{ ref('fct_consumption_months') }}

    {% for change in ['assigned', 'activated', 'deactivated'] %}
    union all

    select
        '{{ change }}' as what,
        sum(licences_{{ change }}) as amount,
        0 as row_count
    from {{ ref('fct_adoption_months') }}
    {% endfor %}

)

select
    published.what,
    staged.amount as staged_amount,
    published.amount as published_amount
from published
left join staged on published.what = staged.what
where
    -- Each month of a customer and SKU rounds its units to two places.
    abs(coalesce(staged.amount, 0) - coalesce(published.amount, 0))
    > cast(0.005 as decimal(4, 3)) * published.row_count
