{% macro kpi_base(area, name) -%}
{#- What a semantic model and the area's metrics over it say, as one dictionary. -#}
{%- set model = graph.semantic_models.values()
    | selectattr('name', 'equalto', name) | first -%}
{%- set described = {} -%}
{%- for metric in graph.metrics.values() -%}
    {%- do described.update({metric.name: metric}) -%}
{%- endfor -%}
{%- set measures = {} -%}
{%- for measure in model.measures -%}
    {%- do measures.update({measure.name: measure}) -%}
{%- endfor -%}
{%- set metrics = [] -%}
{%- for metric_name in described | sort -%}
    {%- set meta = described[metric_name].config.meta -%}
    {%- set measure_names = described[metric_name].type_params.input_measures
        | map(attribute='name') | list -%}
    {%- if meta.get('area') == area and measure_names[0] in measures -%}
        {%- do metrics.append(dict(
            kpi_metric(described[metric_name], described),
            kpi=meta.kpi,
            sample_size=meta.sample_size,
            grains=meta.get('grains', ['month', 'quarter', 'year']),
            slices=meta.get('slices', model.config.meta.slices),
        )) -%}
    {%- endif -%}
{%- endfor -%}
{%- set dimensions = {} -%}
{%- for dimension in model.dimensions -%}
    {%- do dimensions.update({dimension.name: dimension.expr or dimension.name}) -%}
{%- endfor -%}
{%- set keys = {} -%}
{%- for entity in model.entities -%}
    {%- do keys.update({entity.name: entity.expr or entity.name}) -%}
{%- endfor -%}
{{ return({
    'name': name,
    'period': model.config.meta.period,
    'time': model.defaults.agg_time_dimension,
    'dimensions': dimensions,
    'customer_period': keys.get('customer_period'),
    'slices': model.config.meta.slices,
    'measures': measures.values() | list,
    'metrics': metrics,
}) }}
{%- endmacro %}
