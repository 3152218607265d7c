-- The newest month and the mark is_active are found in two ways and must name the same
-- sponsors.
with

sponsors as (

    select
        customer_id,
        count(*) filter (where is_active) as active_sponsors
    from {{ ref('fct_sponsor_spells') }}
    group by customer_id

)

select
    coverage.customer_id,
    coverage.active_sponsors,
    sponsors.active_sponsors as active_today
from {{ ref('fct_sponsor_coverage') }} as coverage
left join sponsors
    on coverage.customer_id = sponsors.customer_id
where
    coverage.report_date = {{ as_of_date() }}
    and coverage.active_sponsors <> coalesce(sponsors.active_sponsors, 0)
