-- rpt_survey_scores says in total, and by touchpoint and role, what the KPIs say, where
-- a survey was of one kind alone (KPIs but those of NPS add the kinds).
{%- set columns = [
    ('nps', 'nps', 'relationship', 'score'),
    ('nps_transactional', 'nps', 'transactional', 'score'),
    ('nps_by_account', 'nps', 'relationship', 'nps_by_account'),
    ('nps_weighted_by_cmrr', 'nps', 'relationship', 'nps_weighted_by_cmrr'),
    ('csat', 'csat', none, 'positive_share'),
    ('csat_mean', 'csat', none, 'mean_score'),
    ('ces', 'ces', none, 'positive_share'),
    ('ces_mean', 'ces', none, 'mean_score'),
] %}
{%- set by_survey = {
    'survey_response_rate': 'response_rate',
    'sentiment_shares_positive': 'positive_share',
    'sentiment_shares_neutral': 'neutral_share',
    'sentiment_shares_negative': 'negative_share',
} %}

with

scores as (

    select
        *,
        count(*) over (
            partition by
                period_grain, period_start, survey_type, dimension_name, dimension_value
        ) as survey_kinds
    from {{ ref('rpt_survey_scores') }}
    where dimension_name in ('total', 'touchpoint', 'contact_role')

),

published as (

    {%- for metric, survey_type, survey_kind, column in columns %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        dimension_name,
        case when dimension_name = 'total' then 'all' else dimension_value end
            as dimension_value,
        {{ column }} as published_value,
        0.0000011 as rounding
    from scores
    where
        survey_type = '{{ survey_type }}'
        {%- if survey_kind %}
        and survey_kind = '{{ survey_kind }}'
        and dimension_name
        {{ "in ('total', 'contact_role')" if metric == 'nps' else "= 'total'" }}
        {%- else %}
        and survey_kinds = 1
        {%- endif %}

    union all
    {% endfor %}
    {%- for metric, column in by_survey.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        'survey_type' as dimension_name,
        survey_type as dimension_value,
        {{ column }} as published_value,
        0.0000011 as rounding
    from scores
    where
        dimension_name = 'total'
        and survey_kinds = 1
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

{{ kpi_contradictions(
    ref('kpi_values_voice_of_customer'), ref('kpi_periods'), 'published'
) }}
