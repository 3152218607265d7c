-- One row per lead and health band (and all_bands): what came of renewals that were
-- open then. Lead 1 to 4: quarters to the end of the due quarter; 0: the due date.
with

renewals as (

    select
        contract_id,
        customer_id,
        start_date,
        due_date,
        due_quarter_start,
        resolved_date,
        least(
            cast(retained_cmrr as double) / cast(expected_cmrr as double), 1.0
        ) as kept_share
    from {{ ref('fct_renewals') }}
    where
        is_resolved
        and expected_cmrr > 0
        and due_date
        < {{ add_days(as_of_date(), -1 * var('late_renewal_grace_days')) }}

),

leads as (

    {% for lead in range(5) -%}
    select {{ lead }} as quarters_ahead
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

looks as (

    select
        renewals.contract_id,
        renewals.customer_id,
        renewals.kept_share,
        renewals.resolved_date,
        renewals.start_date,
        leads.quarters_ahead,
        case
            when leads.quarters_ahead = 0 then renewals.due_date
            else {{ add_days(
                "cast(renewals.due_quarter_start - (leads.quarters_ahead - 1)"
                ~ " * interval 3 month as date)", -1
            ) }}
        end as look_date
    from renewals
    cross join leads

),

health as (

    select
        customer_id,
        health_date,
        health_band
    from {{ ref('fct_customer_health') }}

),

banded_looks as (

    select
        looks.contract_id,
        looks.quarters_ahead,
        looks.kept_share,
        health.health_band,
        row_number() over (
            partition by looks.contract_id, looks.quarters_ahead
            order by health.health_date desc
        ) as day_number
    from looks
    left join health
        on
            looks.customer_id = health.customer_id
            and health.health_date
            between {{ add_days('looks.look_date', -6) }} and looks.look_date
    where
        looks.look_date < looks.resolved_date and looks.look_date >= looks.start_date

),

looks_by_band as (

    select
        quarters_ahead,
        health_band,
        kept_share
    from banded_looks
    where day_number = 1 and health_band is not null

    union all

    select
        quarters_ahead,
        'all_bands' as health_band,
        kept_share
    from banded_looks
    where day_number = 1

),

final as (

    select
        quarters_ahead,
        health_band,
        cast(count(*) as integer) as renewals,
        cast(count(*) filter (where kept_share > 0) as integer) as renewals_kept,
        cast(round(avg(kept_share), 6) as decimal(18, 6)) as mean_kept_share,
        cast(round(stddev_samp(kept_share), 6) as decimal(18, 6))
            as kept_share_deviation
    from looks_by_band
    group by quarters_ahead, health_band

)

select * from final
