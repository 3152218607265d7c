-- Days are served in total only, of levels alone; nobody is counted day by day.
select
    metric,
    period_start,
    dimension_name,
    dimension_value,
    sample_size
from {{ ref('kpi_values') }}
where
    period_grain = 'day'
    and (dimension_name <> 'total' or sample_size is not null)
