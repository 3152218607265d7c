-- A target of a metric that the semantic layer does not have would never alert anybody.
select
    target_id,
    metric
from {{ ref('kpi_targets') }}
where
    metric not in (
        {%- for metric in graph.metrics.values() if metric.config.meta.get('kpi') %}
        '{{ metric.name }}',
        {%- endfor %}
        ''
    )
