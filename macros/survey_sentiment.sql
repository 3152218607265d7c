{% macro survey_sentiment(survey_type, score) -%}
    case
        when {{ survey_type }} = 'nps' and {{ score }} >= 9 then 'positive'
        when {{ survey_type }} = 'nps' and {{ score }} >= 7 then 'neutral'
        when {{ survey_type }} = 'csat' and {{ score }} >= 4 then 'positive'
        when {{ survey_type }} = 'csat' and {{ score }} >= 3 then 'neutral'
        when {{ survey_type }} = 'ces' and {{ score }} >= 5 then 'positive'
        when {{ survey_type }} = 'ces' and {{ score }} >= 4 then 'neutral'
        else 'negative'
    end
{%- endmacro %}
