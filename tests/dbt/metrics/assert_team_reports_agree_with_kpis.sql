-- The rates that the reports of the team publish are the KPIs' values.
with

reported as (

    {%- for metric, column in {
        'qbr_effect_gross_retention': 'gross_revenue_retention',
        'qbr_effect_net_retention': 'net_revenue_retention',
        'qbr_effect_logo_retention': 'logo_retention',
        'qbr_effect_csat': 'csat',
    }.items() %}
    select
        '{{ metric }}' || case when has_recent_qbr then '_with' else '_without' end
            as metric,
        'quarter' as period_grain,
        quarter_start as period_start,
        'segment' as dimension_name,
        segment as dimension_value,
        {{ column }} as metric_value
    from {{ ref('rpt_qbr_effect') }}

    union all

    {% endfor -%}

    {%- for metric, column in {
        'retention_by_csm_load': 'gross_revenue_retention',
        'retention_by_csm_load_net': 'net_revenue_retention',
        'retention_by_csm_load_logo': 'logo_retention',
    }.items() %}
    select
        '{{ metric }}' as metric,
        'quarter' as period_grain,
        quarter_start as period_start,
        'load_band' as dimension_name,
        load_band as dimension_value,
        {{ column }} as metric_value
    from {{ ref('rpt_retention_by_csm_load') }}

    union all

    {% endfor -%}

    select
        'customers_per_csm' as metric,
        'month' as period_grain,
        month as period_start,
        'csm' as dimension_name,
        csm_user_id as dimension_value,
        customers as metric_value
    from {{ ref('fct_csm_months') }}
    where customers > 0 and csm_user_id <> 'unassigned'

    union all

    select
        'tickets_handled_by_csm' as metric,
        'month' as period_grain,
        month as period_start,
        'csm' as dimension_name,
        csm_user_id as dimension_value,
        tickets_handled as metric_value
    from {{ ref('fct_csm_months') }}
    where tickets_handled > 0

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
    ref('kpi_values_team'), none, 'published'
) }}
