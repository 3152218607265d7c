-- The rates that the reports of expansion publish are the KPIs' values, and the parts
-- of expansion make the whole of it.
with

kpis as (

    select
        metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        metric_value
    from {{ ref('kpi_values_expansion') }}

),

months as (

    select
        period_grain,
        period_start,
        month
    from {{ ref('kpi_months') }}

),

lone_quotas as (

    select
        quotas.quota_type || '_quota_attainment' as metric,
        'quarter' as period_grain,
        months.period_start,
        'owner' as dimension_name,
        quotas.user_id as dimension_value,
        max(quotas.attainment) as metric_value
    from {{ ref('fct_quota_attainment') }} as quotas
    inner join months
        on
            cast(date_trunc('month', quotas.period_start) as date) = months.month
            and months.period_grain = 'quarter'
    where quotas.quota_type in ('upsell', 'cross_sell')
    group by quotas.quota_type, months.period_start, quotas.user_id
    having count(*) = 1

),

reported as (

    select *
    from lone_quotas

    union all

    select
        'attach_rate' as metric,
        'month' as period_grain,
        month as period_start,
        'sku_pair' as dimension_name,
        sku || ' > ' || other_sku as dimension_value,
        attach_rate as metric_value
    from {{ ref('rpt_product_affinity') }}

    union all

    select
        'product_affinity' as metric,
        'month' as period_grain,
        month as period_start,
        'sku_pair' as dimension_name,
        sku || ' > ' || other_sku as dimension_value,
        lift as metric_value
    from {{ ref('rpt_product_affinity') }}
    where sku < other_sku

    {%- for reading, column in {
        '': 'lift',
        '_low': 'lift_low',
        '_high': 'lift_high',
        '_rate': 'conversion_rate',
        '_rate_low': 'conversion_rate_low',
        '_rate_high': 'conversion_rate_high',
    }.items() %}

    union all

    select
        'experiment_conversion_lift{{ reading }}' as metric,
        months.period_grain,
        months.period_start,
        'experiment_variant' as dimension_name,
        experiments.experiment_name || ' / ' || experiments.variant as dimension_value,
        experiments.{{ column }} as metric_value
    from (
        select
            *,
            max(last_exposed_date) over (partition by experiment_name) as seen_date
        from {{ ref('rpt_experiments') }}
    ) as experiments
    inner join months
        on cast(date_trunc('month', experiments.seen_date) as date) = months.month
    {%- endfor %}

    union all

    select
        'price_expansion_cmrr' as metric,
        expansion.period_grain,
        expansion.period_start,
        expansion.dimension_name,
        expansion.dimension_value,
        expansion.metric_value - upsell.metric_value - cross_sell.metric_value
            as metric_value
    from {{ ref('kpi_values_cmrr') }} as expansion
    left join kpis as upsell
        on
            expansion.period_grain = upsell.period_grain
            and expansion.period_start = upsell.period_start
            and expansion.dimension_name = upsell.dimension_name
            and expansion.dimension_value = upsell.dimension_value
            and upsell.metric = 'upsell_cmrr'
    left join kpis as cross_sell
        on
            expansion.period_grain = cross_sell.period_grain
            and expansion.period_start = cross_sell.period_start
            and expansion.dimension_name = cross_sell.dimension_name
            and expansion.dimension_value = cross_sell.dimension_value
            and cross_sell.metric = 'cross_sell_cmrr'
    where expansion.metric = 'expansion_cmrr' and expansion.dimension_name = 'total'

),

published as (

    select
        metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        metric_value as published_value,
        0 as rounding
    from reported

),

{{ kpi_contradictions(
    ref('kpi_values_expansion'), none, 'published'
) }}
