-- Each row of a health seed is followed by the next of its kind without gap or overlap,
-- and ends after it begins. A gap would score nobody, an overlap would score twice.
with

all_rows as (

    select
        'health_measures' as seed_name,
        segment || ', ' || measure as kind,
        valid_from,
        valid_to
    from {{ ref('health_measures') }}

    union all

    select
        'health_weights' as seed_name,
        segment || ', ' || lifecycle_stage || ', ' || component as kind,
        valid_from,
        valid_to
    from {{ ref('health_weights') }}

    union all

    select
        'health_bands' as seed_name,
        band as kind,
        valid_from,
        valid_to
    from {{ ref('health_bands') }}

),

followed as (

    select
        *,
        lead(valid_from) over (
            partition by seed_name, kind order by valid_from, valid_to
        ) as next_valid_from
    from all_rows

)

select
    *,
    case
        when valid_to <= valid_from then 'ends before it begins'
        when valid_to is null then 'has no end, and another row begins'
        when valid_to < next_valid_from then 'leaves a gap before the next row'
        else 'overlaps the next row'
    end as what_is_wrong
from followed
where
    valid_to <= valid_from
    or (next_valid_from is not null and valid_to is null)
    or valid_to <> next_valid_from
