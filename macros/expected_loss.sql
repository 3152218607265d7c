{% macro expected_loss() -%}
    round(
        cast(churn_risk.chance_of_loss * churn_risk.cmrr as double)
        * cast(context.nearness as double),
        2
    )
{%- endmacro %}
