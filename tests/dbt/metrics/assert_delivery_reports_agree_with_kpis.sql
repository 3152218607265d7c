-- rpt_delivery and rpt_ticket_service say in total, and by type and priority, what the
-- KPIs say. Their segments are of today, those of the KPIs of the month.
{%- set columns = [
    ('customer_roi', 'rpt_delivery', 'customer_roi'),
    ('success_measures_met', 'rpt_delivery', 'measures_met_share'),
    ('sla_attainment', 'rpt_delivery', 'sla_attainment'),
    ('completed_health_checks', 'rpt_delivery', 'health_check_completion_rate'),
    ('ticket_volume_per_100_licences', 'rpt_delivery', 'tickets_per_100_licences'),
    ('issues_identified_vs_resolved', 'rpt_delivery', 'issues_resolved_share'),
    ('self_sufficiency', 'rpt_delivery', 'licences_per_question_ticket'),
    (
        'self_sufficiency_community_answers',
        'rpt_delivery',
        'community_answers_per_question',
    ),
    ('ticket_first_response_hours', 'rpt_ticket_service', 'median_first_response_hours'),
    ('ticket_resolution_hours', 'rpt_ticket_service', 'median_resolution_hours'),
    (
        'ticket_resolution_hours_days_unresolved',
        'rpt_ticket_service',
        'median_open_days',
    ),
] %}

with

published as (

    {%- for metric, report, column in columns %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        case when dimension_name = 'all' then 'total' else dimension_name end
            as dimension_name,
        dimension_value,
        {{ column }} as published_value,
        {{ '0.0051' if column.startswith('median') else '0.0000011' }} as rounding
    from {{ ref(report) }}
    where dimension_name in ('all', 'ticket_type', 'priority')
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

{{ kpi_contradictions(
    ref('kpi_values_delivery'), ref('kpi_periods'), 'published'
) }}
