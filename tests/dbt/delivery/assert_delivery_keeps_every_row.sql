-- What staging accepts and what had happened by the as-of date is published, row by
-- row: a join to customers or to states must neither drop nor repeat any.
with

counts as (

    select
        'fct_tickets' as model_name,
        (
            select count(*)
            from {{ ref('stg_support__tickets') }}
            where {{ local_date('created_at') }} <= {{ as_of_date() }}
        ) as accepted_rows,
        (select count(*) from {{ ref('fct_tickets') }}) as published_rows

    union all

    select
        'fct_service_levels' as model_name,
        (
            select count(*)
            from {{ ref('stg_product_usage__service_levels') }}
            where measured_month <= {{ as_of_date() }}
        ) as accepted_rows,
        (select count(*) from {{ ref('fct_service_levels') }}) as published_rows

    union all

    select
        'fct_health_checks' as model_name,
        (select count(*) from {{ ref('stg_success__health_checks') }})
            as accepted_rows,
        (select count(*) from {{ ref('fct_health_checks') }}) as published_rows

    union all

    select
        'fct_success_measures' as model_name,
        (
            select count(*)
            from {{ ref('stg_success__success_measures') }}
            where {{ local_date('updated_at') }} <= {{ as_of_date() }}
        ) as accepted_rows,
        (select count(*) from {{ ref('fct_success_measures') }}) as published_rows

)

select
    model_name,
    accepted_rows,
    published_rows
from counts
where accepted_rows <> published_rows
