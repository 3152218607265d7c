{% macro health_measures() -%}
    {{ return([
        'licence_utilisation',
        'usage_trend',
        'sticky_user_share',
        'problem_tickets_per_100_licences',
        'escalations_per_100_licences',
        'mean_nps_score',
        'csat_share',
        'email_open_rate',
        'community_posts',
        'advocacy_acts',
        'cmrr_growth',
        'questions_per_100_licences',
        'mean_days_overdue',
        'executive_sponsors',
        'meetings_held',
    ]) }}
{%- endmacro %}
