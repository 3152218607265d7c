-- One row per period and basis: retention's numerators and denominators counted by
-- customer, by parent, by contract, and by customer with its losses dated otherwise.
{%- set sums = ['beginning_cmrr'] %}
{%- for type in movement_types() %}
{%- do sums.append(type ~ '_cmrr') %}
{%- endfor %}
{%- do sums.extend(['ending_cmrr', 'times_lost']) %}

with

customer_periods as (

    select *
    from {{ ref('fct_cmrr_customer_periods') }}

),

family_periods as (

    select *
    from {{ ref('fct_cmrr_family_periods') }}

),

period_attributes as (

    select
        period_grain,
        period_start,
        customer_id,
        group_customer_id
    from {{ ref('fct_customer_period_attributes') }}

),

periods as (

    select
        period_grain,
        period_start,
        least(max(period_end), {{ as_of_date() }}) as last_date
    from customer_periods
    group by period_grain, period_start

),

shifted_losses as (

    {%- for basis in ['service_over', 'grace_over'] %}
    select
        '{{ basis }}' as basis,
        customer_id,
        movement_type,
        lost_cmrr,
        movement_date,
        {{ basis }}_date as shifted_date
    from {{ ref('fct_cmrr_losses') }}
    where movement_date <> {{ basis }}_date
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

shifts as (

    select
        periods.period_grain,
        periods.period_start,
        {%- for moment in ['movement_date', 'shifted_date'] %}
        case
            when shifted_losses.{{ moment }} < periods.period_start
                then shifted_losses.lost_cmrr
            else 0
        end as lost_before_by_{{ moment }},
        case
            when
                shifted_losses.{{ moment }}
                between periods.period_start and periods.last_date
                then shifted_losses.lost_cmrr
            else 0
        end as lost_within_by_{{ moment }},
        {%- endfor %}
        shifted_losses.basis,
        shifted_losses.customer_id,
        shifted_losses.movement_type
    from shifted_losses
    inner join periods
        on
            periods.period_start
            <= greatest(shifted_losses.movement_date, shifted_losses.shifted_date)
            and periods.last_date
            >= least(shifted_losses.movement_date, shifted_losses.shifted_date)

),

unit_rows as (

    {%- for basis in ['customer', 'service_over', 'grace_over'] %}
    select
        '{{ basis }}' as basis,
        period_grain,
        period_start,
        {{ sums | join(',\n        ') }},
        customer_id as unit_id
    from customer_periods

    union all
    {% endfor %}
    select
        'parent' as basis,
        customer_periods.period_grain,
        customer_periods.period_start,
        {%- for column in sums %}
        customer_periods.{{ column }},
        {%- endfor %}
        period_attributes.group_customer_id as unit_id
    from customer_periods
    inner join period_attributes
        on
            customer_periods.period_grain = period_attributes.period_grain
            and customer_periods.period_start = period_attributes.period_start
            and customer_periods.customer_id = period_attributes.customer_id

    union all

    select
        'contract' as basis,
        period_grain,
        period_start,
        {{ (sums | reject('eq', 'times_lost') | list) | join(',\n        ') }},
        0 as times_lost,
        contract_family_id as unit_id
    from family_periods

    union all

    select
        basis,
        period_grain,
        period_start,
        lost_before_by_movement_date - lost_before_by_shifted_date as beginning_cmrr,
        {%- for type in movement_types() %}
        {%- if type in ['downgrade', 'cancellation', 'archive'] %}
        case
            when movement_type = '{{ type }}'
                then lost_within_by_movement_date - lost_within_by_shifted_date
            else 0
        end as {{ type }}_cmrr,
        {%- else %}
        0 as {{ type }}_cmrr,
        {%- endif %}
        {%- endfor %}
        lost_before_by_movement_date
        + lost_within_by_movement_date
        - lost_before_by_shifted_date
        - lost_within_by_shifted_date as ending_cmrr,
        0 as times_lost,
        customer_id as unit_id
    from shifts

),

units as (

    select
        basis,
        period_grain,
        period_start,
        {%- for column in sums %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        unit_id
    from unit_rows
    group by basis, period_grain, period_start, unit_id

),

retained_units as (

    select
        *,
        {{ retained_cmrr('gross') }} as gross_retained_cmrr,
        {{ retained_cmrr('net') }} as net_retained_cmrr
    from units

),

bases as (

    select
        basis,
        period_grain,
        period_start,
        sum(beginning_cmrr) as beginning_cmrr,
        sum(gross_retained_cmrr) as gross_retained_cmrr,
        sum(net_retained_cmrr) as net_retained_cmrr,
        sum(least(beginning_cmrr, greatest(ending_cmrr, 0))) as kept_cmrr,
        coalesce(sum(ending_cmrr) filter (where beginning_cmrr > 0), 0)
            as ending_cmrr_of_base,
        sum(downgrade_cmrr + cancellation_cmrr + archive_cmrr) as lost_cmrr,
        sum(add_on_cmrr + upgrade_cmrr + swap_cmrr) as gained_cmrr,
        coalesce(
            sum(reactivation_cmrr) filter (
                where period_grain <> 'year' or beginning_cmrr <= 0
            ),
            0
        ) as reactivated_cmrr,
        count(*) filter (where beginning_cmrr > 0) as beginning_units,
        count(*) filter (where beginning_cmrr > 0 and ending_cmrr > 0) as kept_units,
        sum(times_lost) as times_lost
    from retained_units
    group by basis, period_grain, period_start

),

final as (

    select
        period_grain,
        period_start,
        basis,
        {%- for amount in [
            'beginning_cmrr',
            'gross_retained_cmrr',
            'net_retained_cmrr',
            'kept_cmrr',
            'ending_cmrr_of_base',
            'lost_cmrr',
            'gained_cmrr',
            'reactivated_cmrr',
        ] %}
        cast({{ amount }} as decimal(18, 2)) as {{ amount }},
        {%- endfor %}
        cast(beginning_units as integer) as beginning_units,
        cast(kept_units as integer) as kept_units,
        cast(times_lost as integer) as times_lost
    from bases

)

select * from final
