-- A measure that misses a segment would take that segment's customers for unknown.
with

measures as (

    select measure
    from {{ ref('health_measures') }}
    group by measure

)

select
    customer_segments.segment,
    measures.measure,
    'health_measures: no row for this segment' as what_is_wrong
from {{ ref('customer_segments') }} as customer_segments
cross join measures
left join {{ ref('health_measures') }} as health_measures
    on
        customer_segments.segment = health_measures.segment
        and measures.measure = health_measures.measure
where health_measures.measure is null
