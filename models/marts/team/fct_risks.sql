-- One row per risk that was raised by the as-of date, with what came of it.
-- cmrr columns are levels of the whole customer: do not sum them over its risks.
with

risks as (

    select
        risk_id,
        account_id as customer_id,
        raised_by,
        risk_level,
        reason_code,
        intention,
        action_plan,
        opened_at,
        case
            when {{ local_date('resolved_at') }} <= {{ as_of_date() }} then resolved_at
        end as resolved_at,
        {{ local_date('opened_at') }} as opened_date,
        case
            when {{ local_date('resolved_at') }} <= {{ as_of_date() }}
                then {{ local_date('resolved_at') }}
        end as resolved_date,
        case
            when {{ local_date('resolved_at') }} <= {{ as_of_date() }} then resolution
        end as resolution
    from {{ ref('stg_success__risks') }}
    where {{ local_date('opened_at') }} <= {{ as_of_date() }}

),

portfolios as (

    select
        customer_id,
        csm_user_id,
        valid_from,
        valid_to
    from {{ ref('fct_csm_portfolios') }}

),

spells as (

    select
        customer_id,
        from_date,
        to_date,
        cmrr
    from {{ ref('int_customer_segment_spells') }}

),

losses as (

    select
        customer_id,
        movement_date,
        sum(amount) as amount
    from {{ ref('fct_cmrr_movements') }}
    where movement_type in ('downgrade', 'cancellation', 'archive')
    group by customer_id, movement_date
    having sum(amount) < 0

),

next_losses as (

    select
        risks.risk_id,
        losses.movement_date,
        losses.amount,
        row_number() over (
            partition by risks.risk_id order by losses.movement_date
        ) as loss_number
    from risks
    inner join losses
        on
            risks.customer_id = losses.customer_id
            and risks.opened_date <= losses.movement_date

),

risks_in_context as (

    select
        risks.*,
        openers.csm_user_id,
        resolvers.csm_user_id as resolving_csm_user_id,
        coalesce(opening.cmrr, 0) as cmrr_at_opening,
        case
            when risks.resolved_date is not null then coalesce(resolving.cmrr, 0)
        end as cmrr_at_resolution,
        next_losses.movement_date as next_loss_date,
        next_losses.amount as next_loss_cmrr
    from risks
    left join portfolios as openers
        on
            risks.customer_id = openers.customer_id
            and risks.opened_date >= openers.valid_from
            and (risks.opened_date < openers.valid_to or openers.valid_to is null)
    left join portfolios as resolvers
        on
            risks.customer_id = resolvers.customer_id
            and risks.resolved_date >= resolvers.valid_from
            and (
                risks.resolved_date < resolvers.valid_to or resolvers.valid_to is null
            )
    left join spells as opening
        on
            risks.customer_id = opening.customer_id
            and risks.opened_date >= opening.from_date
            and (risks.opened_date < opening.to_date or opening.to_date is null)
    left join spells as resolving
        on
            risks.customer_id = resolving.customer_id
            and risks.resolved_date >= resolving.from_date
            and (risks.resolved_date < resolving.to_date or resolving.to_date is null)
    left join next_losses
        on risks.risk_id = next_losses.risk_id and next_losses.loss_number = 1

),

final as (

    select
        risk_id,
        customer_id,
        csm_user_id,
        resolving_csm_user_id,
        raised_by,
        risk_level,
        reason_code,
        intention,
        action_plan,
        resolution,
        opened_at,
        resolved_at,
        opened_date,
        resolved_date,
        cast(coalesce(resolved_date, {{ as_of_date() }}) - opened_date as integer)
            as days_open,
        cast(cmrr_at_opening as decimal(18, 2)) as cmrr_at_opening,
        cast(cmrr_at_resolution as decimal(18, 2)) as cmrr_at_resolution,
        cast(
            case
                when resolution = 'mitigated'
                    then greatest(least(cmrr_at_opening, cmrr_at_resolution), 0)
                else 0
            end as decimal(18, 2)
        ) as saved_cmrr,
        next_loss_date,
        cast(next_loss_cmrr as decimal(18, 2)) as next_loss_cmrr,
        cast(next_loss_date - opened_date as integer) as days_to_next_loss,
        resolved_date is null as is_open,
        action_plan is not null as has_action_plan,
        coalesce(next_loss_date - opened_date < 60, false) as is_raised_late
    from risks_in_context

)

select * from final
