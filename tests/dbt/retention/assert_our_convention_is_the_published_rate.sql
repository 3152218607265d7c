-- What fct_metric_conventions calls ours is what the reports of rates publish, and
-- every convention of the seed has its figure in every period. A table that explains
-- why numbers differ must begin with the number that is reported.
{%- set metrics = [
    'gross_revenue_retention',
    'net_revenue_retention',
    'cmrr_churn_rate',
    'customer_churn_rate',
] %}
with

published as (

    {%- for metric in metrics %}
    select
        period_grain,
        period_start,
        '{{ metric }}' as metric,
        {{ metric }} as published_value
    from {{ ref('rpt_cmrr_rates') }}

    union all
    {% endfor %}
    select
        period_grain,
        period_start,
        'renewal_rate' as metric,
        in_period_renewal_rate as published_value
    from {{ ref('rpt_renewal_rates') }}
    where due_renewals > 0

),

expected as (

    select
        published.period_grain,
        published.period_start,
        published.metric,
        published.published_value,
        seed.convention
    from published
    inner join {{ ref('metric_conventions') }} as seed
        on published.metric = seed.metric

)

select
    expected.period_grain,
    expected.period_start,
    expected.metric,
    expected.convention,
    expected.published_value,
    conventions.metric_value
from expected
left join {{ ref('fct_metric_conventions') }} as conventions
    on
        expected.period_grain = conventions.period_grain
        and expected.period_start = conventions.period_start
        and expected.metric = conventions.metric
        and expected.convention = conventions.convention
where
    conventions.metric is null
    or (
        expected.convention = 'ours'
        and (
            expected.published_value is distinct from conventions.metric_value
            or coalesce(conventions.difference_from_ours, 0) <> 0
        )
    )
