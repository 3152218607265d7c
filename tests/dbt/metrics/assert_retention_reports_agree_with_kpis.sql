-- The rates and amounts that reports on retention publish are those of the KPIs, to the
-- last digit that they show: each formula stands twice and says one thing.
{%- set rates = [
    'gross_revenue_retention',
    'net_revenue_retention',
    'logo_retention',
    'logo_retention_outside_archive',
    'cmrr_churn_rate',
    'customer_churn_rate',
] %}
{%- set other_names = {
    'annualised_cmrr_churn_rate': 'cmrr_churn_rate_annualised',
    'annualised_customer_churn_rate': 'customer_churn_rate_annualised',
    'twelve_month_gross_revenue_retention': 'gross_revenue_retention_twelve_months',
    'twelve_month_net_revenue_retention': 'net_revenue_retention_twelve_months',
} %}
{%- set churn = {
    'lost_cmrr': 'churn_by_reason',
    'lost_movements': 'churn_by_reason_losses',
    'customers_with_loss': 'churn_by_reason_customers',
    'families_with_loss': 'churn_by_reason_contracts',
    'lost_logos': 'churn_by_reason_logos',
    'partial_churn_cmrr': 'partial_churn_cmrr',
    'involuntary_churn_cmrr': 'involuntary_churn_cmrr',
    'avoidable_churn_share': 'avoidable_churn_share',
    'reason_coverage': 'reason_coverage',
} %}
{%- set cohorts = {
    'gross_cmrr_retention': 'cohort_retention',
    'net_cmrr_retention': 'cohort_retention_net',
    'customer_retention': 'cohort_retention_customers',
} %}
{%- set not_given %}
case
            when dimension_name in ('{{ customer_dimensions() | join("', '") }}')
                and dimension_value = 'unknown'
                then 'not_given'
            else dimension_value
        end
{%- endset %}
with

reported as (

    {%- for name in rates + (other_names | list) %}
    select
        '{{ other_names.get(name, name) }}' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_cmrr_rates') }}

    union all
    {% endfor %}
    {%- for name, metric in {
        'gross_revenue_retention': 'gross_revenue_retention',
        'net_revenue_retention': 'net_revenue_retention',
        'net_churn_rate': 'net_churn',
        'logo_retention': 'logo_retention',
    }.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        dimension_name,
        {{ not_given }} as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('fct_cmrr_bridge_by_dimension') }}
    where
        attribute_view = 'as_it_was'
        and dimension_name not in ('parent', 'country')

    union all
    {% endfor %}
    {#- Losses take a customer's attributes by month, the report by its own period. #}
    {%- for name, metric in churn.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        dimension_name,
        {{ not_given }} as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_churn_analysis') }}
    where
        lost_movements > 0
        and dimension_name not in ('parent', 'country')
        and (
            period_grain = 'month'
            or dimension_name in ('total', 'reason', 'driver', 'product_line')
        )

    union all
    {% endfor %}
    {%- for name in ['customer_lifetime_value', 'clv_to_cac'] %}
    select
        '{{ name }}' as metric,
        period_grain,
        period_start,
        case when segment = 'all' then 'total' else 'segment' end as dimension_name,
        segment as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_lifetime_value') }}

    union all
    {% endfor %}
    {%- for name, metric in cohorts.items() %}
    select
        '{{ metric }}' as metric,
        'quarter' as period_grain,
        quarter_start as period_start,
        'signature_quarter' as dimension_name,
        cast(cohort_quarter_start as varchar) as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_cohort_retention') }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

published as (

    select
        metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        published_value,
        case
            when metric = 'customer_lifetime_value' then 0.005
            when metric = 'clv_to_cac' then 0.000002
            when metric like '%annualised' then 0.000001
            else 0
        end as rounding
    from reported

),

{{ kpi_contradictions(
    ref('kpi_values_retention'), none, 'published'
) }}
