-- What reports on the ledger, receivables and contracted revenue publish is what the
-- KPIs say; days sales outstanding to the one decimal that is published.
{%- set receivables = {
    'open_total': 'receivables_over_due_open',
    'open_overdue': 'receivables_over_due',
    'overdue_share': 'receivables_over_due_share',
    'days_sales_outstanding': 'receivables_over_due_days_sales_outstanding',
} %}
{%- set ages = [
    'not_due', 'days_1_to_30', 'days_31_to_60', 'days_61_to_90', 'days_over_90'
] %}
{%- set obligations = {
    'remaining_performance_obligation_by_month': 'remaining_amount',
    'remaining_performance_obligation_ramp_steps': 'ramp_step_amount',
    'pipeline_of_booked_not_live': 'going_live_cmrr',
} %}
with

kpi_months as (

    select period_start
    from {{ ref('kpi_periods') }}
    where period_grain = 'month'

),

of_months as (

    select
        'gross_margin_percent' as metric,
        month,
        'total' as dimension_name,
        'all' as dimension_value,
        cast(gross_margin_rate as decimal(28, 6)) as published_value
    from {{ ref('rpt_gross_margin') }}
    where cost_of_recurring <> 0

    {%- for name, metric in receivables.items() %}

    union all

    select
        '{{ metric }}' as metric,
        month,
        'total' as dimension_name,
        'all' as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_receivables') }}
    {%- endfor %}
    {%- for age in ages %}

    union all

    select
        'receivables_over_due_open' as metric,
        month,
        'age_bucket' as dimension_name,
        '{{ age }}' as dimension_value,
        cast(open_{{ age }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_receivables') }}
    {%- endfor %}

    union all

    select
        'ledger_tie_out_unexplained' as metric,
        month,
        'total' as dimension_name,
        'all' as dimension_value,
        cast(sum(amount) as decimal(28, 6)) as published_value
    from {{ ref('rpt_cmrr_to_ledger') }}
    where is_total and step = 'unexplained'
    group by month

),

published_of_known_months as (

    select of_months.*
    from of_months
    inner join kpi_months
        on of_months.month = kpi_months.period_start

    {%- for metric, name in obligations.items() %}

    union all

    select
        '{{ metric }}' as metric,
        month,
        'total' as dimension_name,
        'all' as dimension_value,
        cast(sum({{ name }}) as decimal(28, 6)) as published_value
    from {{ ref('fct_remaining_performance_obligation') }}
    group by month
    {%- endfor %}

),

published as (

    select
        metric,
        'month' as period_grain,
        month as period_start,
        dimension_name,
        dimension_value,
        published_value,
        case when metric like '%outstanding' then 0.05 else 0 end as rounding
    from published_of_known_months

),

{{ kpi_contradictions(
    ref('kpi_values_finance'), none, 'published', nothing_is_zero=true
) }}
