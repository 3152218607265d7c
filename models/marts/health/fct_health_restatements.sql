-- One row per published Sunday, customer and part of health that is computed otherwise
-- today. Other days than Sundays are not computed again, so they are not compared.
with

published as (

    select *
    from {{ ref('fct_published_health') }}
    where
        extract(isodow from published_on) = 7
        and published_on < {{ as_of_date() }}

),

published_days as (

    select published_on
    from published
    group by published_on

),

shown_spells as (

    select
        *,
        lead(published_on) over (
            partition by customer_id, component order by published_on
        ) as next_published_on
    from {{ ref('fct_published_health_components') }}

),

recomputed as (

    select customer_health.*
    from {{ ref('fct_customer_health') }} as customer_health
    inner join published_days
        on customer_health.health_date = published_days.published_on

),

components as (

    select
        customer_id,
        health_date,
        component,
        component_score,
        weight,
        points
    from {{ ref('fct_health_components') }}

),

targets as (

    select
        health_date,
        component,
        segment,
        targets_hash
    from {{ ref('int_health_targets') }}

),

late_rows as (

    select
        customer_id,
        component,
        known_date,
        earliest_spoken_of_date
    from {{ ref('int_health_late_rows') }}

),

customer_days as (

    select
        coalesce(published.published_on, recomputed.health_date) as published_on,
        coalesce(published.customer_id, recomputed.customer_id) as customer_id,
        published.customer_id is not null as was_published,
        recomputed.customer_id is not null as is_told,
        published.health_score as published_health_score,
        recomputed.health_score as recomputed_health_score,
        published.health_band as published_health_band,
        recomputed.health_band as recomputed_health_band,
        coalesce(published.computed_band, '')
        <> coalesce(recomputed.computed_band, '') as has_other_band,
        coalesce(published.capping_risk_id, '')
        <> coalesce(recomputed.capping_risk_id, '') as has_other_risk,
        published.segment = recomputed.segment as has_same_segment,
        published.segment = recomputed.segment
        and published.lifecycle_stage = recomputed.lifecycle_stage as has_same_stage,
        recomputed.segment as recomputed_segment
    from published
    full join recomputed
        on
            published.customer_id = recomputed.customer_id
            and published.published_on = recomputed.health_date

),

compared as (

    select
        customer_days.published_on,
        customer_days.customer_id,
        shown_spells.component,
        shown_spells.component_score as published_component_score,
        components.component_score as recomputed_component_score,
        shown_spells.weight as published_weight,
        components.weight as recomputed_weight,
        shown_spells.points as published_points,
        components.points as recomputed_points,
        coalesce(shown_spells.component_score, -1)
        = coalesce(components.component_score, -1)
        and shown_spells.weight = components.weight as is_same_itself,
        (
            customer_days.has_same_segment
            and coalesce(shown_spells.targets_hash, '')
            <> coalesce(targets.targets_hash, '')
        )
        or (
            customer_days.has_same_stage
            and shown_spells.weight <> components.weight
        ) as has_other_seeds
    from customer_days
    inner join shown_spells
        on
            customer_days.customer_id = shown_spells.customer_id
            and customer_days.published_on >= shown_spells.published_on
            and (
                customer_days.published_on < shown_spells.next_published_on
                or shown_spells.next_published_on is null
            )
    left join components
        on
            customer_days.customer_id = components.customer_id
            and customer_days.published_on = components.health_date
            and shown_spells.component = components.component
    left join targets
        on
            customer_days.published_on = targets.health_date
            and customer_days.recomputed_segment = targets.segment
            and shown_spells.component = targets.component
    where
        customer_days.was_published
        and customer_days.is_told
        and (
            coalesce(shown_spells.component_score, -1)
            <> coalesce(components.component_score, -1)
            or coalesce(shown_spells.weight, -1)
            <> coalesce(components.weight, -1)
            or coalesce(shown_spells.points, -1)
            <> coalesce(components.points, -1)
        )

    union all

    {% for part, condition, has_other_seeds in [
        ('contract', 'was_published <> is_told', 'false'),
        ('csm_risk', 'was_published and is_told and has_other_risk', 'false'),
        (
            'band',
            'was_published and is_told and has_other_band'
            ~ ' and published_health_score = recomputed_health_score',
            'true',
        ),
    ] -%}
    select
        published_on,
        customer_id,
        '{{ part }}' as component,
        null as published_component_score,
        null as recomputed_component_score,
        null as published_weight,
        null as recomputed_weight,
        null as published_points,
        null as recomputed_points,
        false as is_same_itself,
        {{ has_other_seeds }} as has_other_seeds
    from customer_days
    where {{ condition }}
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

with_late_rows as (

    select
        compared.published_on,
        compared.customer_id,
        compared.component,
        count(*) as late_days
    from compared
    inner join late_rows
        on
            compared.customer_id = late_rows.customer_id
            and late_rows.component in (compared.component, 'contract')
            and compared.published_on < late_rows.known_date
            and compared.published_on >= late_rows.earliest_spoken_of_date
    group by compared.published_on, compared.customer_id, compared.component

),

final as (

    select
        compared.published_on,
        compared.customer_id,
        compared.component,
        compared.published_component_score,
        compared.recomputed_component_score,
        compared.published_weight,
        compared.recomputed_weight,
        compared.published_points,
        compared.recomputed_points,
        customer_days.published_health_score,
        customer_days.recomputed_health_score,
        customer_days.published_health_band,
        customer_days.recomputed_health_band,
        with_late_rows.late_days is not null as has_late_rows,
        case
            when compared.is_same_itself then 'other_components'
            when compared.has_other_seeds then 'changed_seeds'
            when with_late_rows.late_days is not null then 'late_data'
            else 'other'
        end as cause
    from compared
    inner join customer_days
        on
            compared.customer_id = customer_days.customer_id
            and compared.published_on = customer_days.published_on
    left join with_late_rows
        on
            compared.customer_id = with_late_rows.customer_id
            and compared.published_on = with_late_rows.published_on
            and compared.component = with_late_rows.component

)

select * from final
