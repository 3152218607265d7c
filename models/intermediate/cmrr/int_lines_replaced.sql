-- One row per edge of a line's commitment that is compared, not told alone: at a
-- takeover, a ramp step or a swap, also one still to come, by what is known today.
with

commitments as (

    select
        order_line_id,
        contract_id,
        sku,
        order_type,
        prior_order_line_id,
        reduced_order_line_id,
        prior_step_line_id,
        renewal_contract_id,
        commit_end_kind,
        quantity,
        reporting_mrr,
        commit_start_date,
        commit_end_date
    from {{ ref('int_line_commitments') }}
    where commit_start_date < commit_end_date

),

takeovers as (

    select
        renewal_contract_id,
        commit_end_date as takeover_date
    from commitments
    where commit_end_kind = 'takeover'
    group by renewal_contract_id, commit_end_date
    having sum(reporting_mrr) > 0

),

ramp_steps as (

    select
        steps.order_line_id,
        prior_steps.order_line_id as prior_step_line_id,
        steps.commit_start_date as step_date
    from commitments as steps
    inner join commitments as prior_steps
        on
            steps.prior_step_line_id = prior_steps.order_line_id
            and steps.commit_start_date = prior_steps.commit_end_date
    where prior_steps.commit_end_kind = 'line_end'

),

stepped_lines as (

    select
        prior_step_line_id,
        step_date
    from ramp_steps
    group by prior_step_line_id, step_date

),

swaps_within_term as (

    select
        reductions.contract_id,
        reductions.reduced_order_line_id,
        reductions.commit_start_date as swap_date
    from commitments as reductions
    inner join commitments as additions
        on
            reductions.contract_id = additions.contract_id
            and reductions.reduced_order_line_id = additions.prior_order_line_id
            and reductions.commit_start_date = additions.commit_start_date
            and reductions.sku <> additions.sku
    where
        additions.order_type = 'add_on'
        and additions.quantity > 0
        and additions.prior_step_line_id is null
    group by
        reductions.contract_id,
        reductions.reduced_order_line_id,
        reductions.commit_start_date

),

replaced_edges as (

    select
        commitments.order_line_id,
        takeovers.renewal_contract_id as replacement_id,
        'renewal' as replacement_kind,
        'old' as side,
        'commit_end' as edge,
        takeovers.takeover_date as change_date
    from commitments
    inner join takeovers
        on
            commitments.renewal_contract_id = takeovers.renewal_contract_id
            and commitments.commit_end_date = takeovers.takeover_date
    where commitments.commit_end_kind = 'takeover'

    union all

    select
        commitments.order_line_id,
        takeovers.renewal_contract_id as replacement_id,
        'renewal' as replacement_kind,
        'new' as side,
        'commit_start' as edge,
        takeovers.takeover_date as change_date
    from commitments
    inner join takeovers
        on
            commitments.contract_id = takeovers.renewal_contract_id
            and commitments.commit_start_date = takeovers.takeover_date
    where commitments.order_type = 'renewal'

    union all

    select
        commitments.order_line_id,
        stepped_lines.prior_step_line_id as replacement_id,
        'ramp' as replacement_kind,
        'old' as side,
        'commit_end' as edge,
        stepped_lines.step_date as change_date
    from commitments
    inner join stepped_lines
        on
            coalesce(commitments.reduced_order_line_id, commitments.order_line_id)
            = stepped_lines.prior_step_line_id
            and commitments.commit_end_date = stepped_lines.step_date

    union all

    select
        order_line_id,
        prior_step_line_id as replacement_id,
        'ramp' as replacement_kind,
        'new' as side,
        'commit_start' as edge,
        step_date as change_date
    from ramp_steps

    union all

    select
        commitments.order_line_id,
        swaps_within_term.reduced_order_line_id as replacement_id,
        'mid_term' as replacement_kind,
        case when commitments.order_type = 'reduction' then 'old' else 'new' end
            as side,
        'commit_start' as edge,
        swaps_within_term.swap_date as change_date
    from commitments
    inner join swaps_within_term
        on
            commitments.contract_id = swaps_within_term.contract_id
            and commitments.commit_start_date = swaps_within_term.swap_date
            and coalesce(
                commitments.reduced_order_line_id, commitments.prior_order_line_id
            )
            = swaps_within_term.reduced_order_line_id
    where
        commitments.order_type = 'reduction'
        or (
            commitments.order_type = 'add_on' and commitments.prior_step_line_id is null
        )

),

edges_in_context as (

    select
        replaced_edges.order_line_id,
        replaced_edges.replacement_id,
        replaced_edges.replacement_kind,
        replaced_edges.side,
        replaced_edges.edge,
        replaced_edges.change_date,
        commitments.sku,
        coalesce(
            commitments.reduced_order_line_id,
            case
                when replaced_edges.side = 'old' then commitments.order_line_id
                when commitments.quantity > 0 then commitments.prior_order_line_id
            end
        ) as old_line_id
    from replaced_edges
    inner join commitments
        on replaced_edges.order_line_id = commitments.order_line_id

),

swapped_lines as (

    select
        new_edges.replacement_kind,
        new_edges.replacement_id,
        new_edges.change_date,
        new_edges.old_line_id
    from edges_in_context as new_edges
    inner join edges_in_context as old_edges
        on
            new_edges.replacement_kind = old_edges.replacement_kind
            and new_edges.replacement_id = old_edges.replacement_id
            and new_edges.change_date = old_edges.change_date
            and new_edges.old_line_id = old_edges.old_line_id
            and new_edges.sku <> old_edges.sku
    where
        new_edges.side = 'new'
        and old_edges.side = 'old'
        and (
            old_edges.replacement_kind = 'mid_term'
            or old_edges.order_line_id = old_edges.old_line_id
        )
    group by
        new_edges.replacement_kind,
        new_edges.replacement_id,
        new_edges.change_date,
        new_edges.old_line_id

),

old_skus as (

    select
        order_line_id,
        sku
    from {{ ref('int_recurring_lines_priced') }}

),

final as (

    select
        edges_in_context.order_line_id,
        edges_in_context.replacement_id,
        edges_in_context.replacement_kind,
        edges_in_context.side,
        edges_in_context.edge,
        case
            when edges_in_context.side = 'old' or edges_in_context.sku <> old_skus.sku
                then swapped_lines.old_line_id
        end as swapped_line_id,
        edges_in_context.change_date
    from edges_in_context
    left join swapped_lines
        on
            edges_in_context.replacement_kind = swapped_lines.replacement_kind
            and edges_in_context.replacement_id = swapped_lines.replacement_id
            and edges_in_context.change_date = swapped_lines.change_date
            and edges_in_context.old_line_id = swapped_lines.old_line_id
    left join old_skus
        on edges_in_context.old_line_id = old_skus.order_line_id
    where
        edges_in_context.replacement_kind <> 'mid_term'
        or edges_in_context.side = 'old'
        or edges_in_context.sku <> old_skus.sku

)

select * from final
