-- One row per published Sunday, part of health and cause of a difference between what
-- was shown that day and what is computed of it today.
with

restatements as (

    select
        published_on,
        component,
        cause,
        published_points,
        recomputed_points,
        published_health_band,
        recomputed_health_band
    from {{ ref('fct_health_restatements') }}

),

customers_published as (

    select
        published_on,
        count(*) as customers_published
    from {{ ref('fct_published_health') }}
    group by published_on

),

final as (

    select
        restatements.published_on,
        restatements.component,
        restatements.cause,
        cast(min(customers_published.customers_published) as integer)
            as customers_published,
        cast(count(*) as integer) as customers,
        cast(
            count(*) filter (
                where restatements.published_health_band
                is distinct from restatements.recomputed_health_band
            ) as integer
        ) as customers_with_other_band,
        cast(
            sum(
                coalesce(restatements.recomputed_points, 0)
                - coalesce(restatements.published_points, 0)
            ) as decimal(18, 2)
        ) as points_change,
        cast(
            max(
                abs(
                    coalesce(restatements.recomputed_points, 0)
                    - coalesce(restatements.published_points, 0)
                )
            ) as decimal(9, 2)
        ) as largest_points_change
    from restatements
    inner join customers_published
        on restatements.published_on = customers_published.published_on
    group by
        restatements.published_on,
        restatements.component,
        restatements.cause

)

select * from final
