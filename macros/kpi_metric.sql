{% macro kpi_metric(metric, described) -%}
{#- Numerator, denominator and value of a metric over the aggregated measures. -#}
{%- set params = metric.type_params -%}
{%- if metric.type == 'simple' -%}
    {%- set column = params.measure.name -%}
    {%- if params.measure.fill_nulls_with is not none -%}
        {%- set column = 'coalesce(' ~ column ~ ', ' ~ params.measure.fill_nulls_with ~ ')' -%}
    {%- endif -%}
    {%- set parts = {'numerator': column, 'denominator': 'null', 'value': column} -%}
{%- elif metric.type == 'ratio' -%}
    {%- set above = kpi_metric(described[params.numerator.name], described).value -%}
    {%- set below = kpi_metric(described[params.denominator.name], described).value -%}
    {%- set parts = {
        'numerator': above,
        'denominator': below,
        'value': 'cast(' ~ divide_money(
            1, whole_number(above, 6), whole_number(below, 6), decimals=6
        ) ~ ' as decimal(28, 6))',
    } -%}
{%- else -%}
    {%- set expression = namespace(sql=params.expr) -%}
    {%- for input in params.metrics -%}
        {%- set value = kpi_metric(described[input.name], described).value -%}
        {%- set expression.sql = modules.re.sub(
            '\\b' ~ (input.alias or input.name) ~ '\\b', '(' ~ value ~ ')', expression.sql
        ) -%}
    {%- endfor -%}
    {%- set parts = {
        'numerator': 'null', 'denominator': 'null', 'value': expression.sql
    } -%}
{%- endif -%}
{{ return(dict(parts, name=metric.name)) }}
{%- endmacro %}
