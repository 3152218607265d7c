-- One row per period, metric and convention: the rate by that way of counting, and how
-- far it is from ours. A rate with an empty base is null.
{%- set conventions = [
    ('ours', 'customer', 'gross_retained_cmrr', 'net_retained_cmrr', 'kept_units'),
    ('closed_cohort', 'customer', 'kept_cmrr', 'ending_cmrr_of_base', none),
    ('per_parent', 'parent', 'kept_cmrr', 'ending_cmrr_of_base', 'kept_units'),
    ('per_contract', 'contract', 'kept_cmrr', 'ending_cmrr_of_base', 'kept_units'),
    (
        'all_movements',
        'customer',
        'beginning_cmrr + lost_cmrr',
        'beginning_cmrr + lost_cmrr + gained_cmrr',
        'beginning_units - times_lost',
    ),
    (
        'reactivation_as_expansion',
        'customer',
        none,
        'net_retained_cmrr + reactivated_cmrr',
        none,
    ),
    (
        'churn_at_end_of_service',
        'service_over',
        'gross_retained_cmrr',
        'net_retained_cmrr',
        'kept_units',
    ),
    (
        'churn_after_grace',
        'grace_over',
        'gross_retained_cmrr',
        'net_retained_cmrr',
        'kept_units',
    ),
] %}

with

bases as (

    select *
    from {{ ref('fct_retention_bases') }}

),

renewal_rate_bases as (

    select *
    from {{ ref('fct_renewal_rate_bases') }}

),

metric_conventions as (

    select
        metric,
        convention,
        convention_name,
        difference
    from {{ ref('metric_conventions') }}

),

shares as (

    {%- for convention, basis, gross, net, units in conventions %}
    select
        period_grain,
        period_start,
        '{{ convention }}' as convention,
        beginning_cmrr,
        beginning_units,
        {{ gross or 'null' }} as gross_cmrr,
        {{ net or 'null' }} as net_cmrr,
        {{ units or 'null' }} as kept_units
    from bases
    where basis = '{{ basis }}'
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

metric_values as (

    {%- for metric, numerator, denominator in [
        ('gross_revenue_retention', 'gross_cmrr', 'beginning_cmrr'),
        ('net_revenue_retention', 'net_cmrr', 'beginning_cmrr'),
        ('cmrr_churn_rate', 'beginning_cmrr - gross_cmrr', 'beginning_cmrr'),
        ('customer_churn_rate', 'beginning_units - kept_units', 'beginning_units'),
    ] %}
    select
        period_grain,
        period_start,
        '{{ metric }}' as metric,
        convention,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator }} as decimal(18, 2)) as denominator,
        {{ ratio(numerator, denominator) }} as metric_value
    from shares

    union all
    {% endfor %}
    select
        period_grain,
        period_start,
        'renewal_rate' as metric,
        convention,
        numerator,
        denominator,
        {{ ratio('numerator', 'denominator') }} as metric_value
    from renewal_rate_bases

),

final as (

    select
        metric_values.period_grain,
        metric_values.period_start,
        metric_values.metric,
        metric_values.convention,
        metric_conventions.convention_name,
        metric_conventions.difference,
        metric_values.convention = 'ours' as is_ours,
        metric_values.numerator,
        metric_values.denominator,
        metric_values.metric_value,
        cast(metric_values.metric_value - ours.metric_value as decimal(18, 6))
            as difference_from_ours
    from metric_values
    inner join metric_conventions
        on
            metric_values.metric = metric_conventions.metric
            and metric_values.convention = metric_conventions.convention
    inner join metric_values as ours
        on
            metric_values.period_grain = ours.period_grain
            and metric_values.period_start = ours.period_start
            and metric_values.metric = ours.metric
            and ours.convention = 'ours'

)

select * from final
