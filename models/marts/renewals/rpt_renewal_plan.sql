-- One row per fiscal year, revision of its plan and segment: annual amounts. Quarterly
-- revisions speak of the whole year's renewals, monthly ones of that month's only.
with

revisions as (

    select
        contract_id,
        fiscal_year,
        fiscal_year_start,
        period_start,
        segment,
        planned_churn_rate,
        expected_amount,
        add_on_amount
    from {{ ref('fct_renewal_plan_revisions') }}

),

renewals as (

    select
        contract_id,
        is_resolved,
        retained_cmrr
    from {{ ref('fct_renewals') }}

),

plan as (

    select
        revisions.fiscal_year,
        revisions.fiscal_year_start,
        revisions.period_start,
        revisions.segment,
        revisions.planned_churn_rate,
        count(*) as planned_renewals,
        count(*) filter (where not coalesce(renewals.is_resolved, true))
            as unresolved_renewals,
        sum(revisions.expected_amount) as expected_amount,
        sum(revisions.add_on_amount) as add_on_amount,
        coalesce(12 * sum(renewals.retained_cmrr), 0) as actual_amount,
        coalesce(
            sum(revisions.expected_amount) filter (
                where not coalesce(renewals.is_resolved, true)
            ),
            0
        ) as unresolved_amount
    from revisions
    left join renewals
        on revisions.contract_id = renewals.contract_id
    group by
        revisions.fiscal_year,
        revisions.fiscal_year_start,
        revisions.period_start,
        revisions.segment,
        revisions.planned_churn_rate

),

plan_with_rate as (

    select
        *,
        {{ round_money(
            "cast(expected_amount as decimal(30, 2)) * (1 - planned_churn_rate)"
        ) }} as planned_amount
    from plan

),

final as (

    select
        fiscal_year,
        period_start,
        segment,
        fiscal_year_start,
        cast(planned_renewals as integer) as planned_renewals,
        cast(unresolved_renewals as integer) as unresolved_renewals,
        planned_churn_rate,
        cast(expected_amount as decimal(18, 2)) as expected_amount,
        cast(planned_amount as decimal(18, 2)) as planned_amount,
        cast(add_on_amount as decimal(18, 2)) as add_on_amount,
        cast(planned_amount + add_on_amount as decimal(18, 2)) as revised_amount,
        cast(actual_amount as decimal(18, 2)) as actual_amount,
        cast(unresolved_amount as decimal(18, 2)) as unresolved_amount,
        cast(actual_amount - planned_amount - add_on_amount as decimal(18, 2))
            as variance_amount
    from plan_with_rate

)

select * from final
