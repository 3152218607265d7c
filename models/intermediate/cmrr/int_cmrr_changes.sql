-- One row per change of CMRR and cause, before netting and before its type is settled.
-- A null movement_type is settled by what the customer or family has that day.
with

commitments as (

    select
        order_line_id,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        order_type,
        cancellation_id,
        commit_end_kind,
        change_reason_code,
        change_comment,
        reporting_mrr,
        is_notice_after_term,
        commit_start_date,
        commit_end_date
    from {{ ref('int_line_commitments') }}
    where commit_start_date < commit_end_date and reporting_mrr <> 0

),

replaced_edges as (

    select
        order_line_id,
        edge
    from {{ ref('int_lines_replaced') }}

),

swap_changes as (

    select *
    from {{ ref('int_swap_changes') }}

),

comparison_changes as (

    select *
    from {{ ref('int_comparison_changes') }}

),

cancellations as (

    select
        cancellation_id,
        reason_code,
        comment
    from {{ ref('stg_billing__cancellations') }}

),

contracts as (

    select
        contract_id,
        non_renewal_reason_code
    from {{ ref('int_contract_families') }}

),

drop_notes as (

    select
        order_line_id,
        change_reason_code,
        change_comment
    from {{ ref('int_drop_notes') }}

),

starts as (

    select
        commitments.commit_start_date as change_date,
        commitments.customer_id,
        commitments.contract_family_id,
        commitments.contract_id,
        commitments.sku,
        case
            when commitments.order_type = 'reduction' then 'loss' else 'addition'
        end as change_kind,
        case
            when commitments.order_type = 'reduction' then 'mid_term' else 'signature'
        end as timing,
        commitments.order_line_id,
        commitments.change_reason_code as reason_code,
        commitments.change_comment,
        commitments.reporting_mrr as amount
    from commitments
    left join replaced_edges
        on
            commitments.order_line_id = replaced_edges.order_line_id
            and replaced_edges.edge = 'commit_start'
    where replaced_edges.order_line_id is null

),

ends as (

    select
        commitments.commit_end_date as change_date,
        commitments.customer_id,
        commitments.contract_family_id,
        commitments.contract_id,
        commitments.sku,
        case
            when commitments.commit_end_kind = 'lapse' then 'lapse'
            when
                commitments.is_notice_after_term
                or commitments.commit_end_kind = 'takeover'
                then 'renewal'
            else 'mid_term'
        end as timing,
        case
            when commitments.commit_end_kind in ('line_end', 'takeover')
                then commitments.order_line_id
        end as order_line_id,
        commitments.cancellation_id,
        case
            when commitments.commit_end_kind = 'lapse'
                then coalesce(contracts.non_renewal_reason_code, 'lapsed')
            when commitments.commit_end_kind = 'notice' then cancellations.reason_code
            else drop_notes.change_reason_code
        end as reason_code,
        case
            when commitments.commit_end_kind = 'notice' then cancellations.comment
            when commitments.commit_end_kind <> 'lapse' then drop_notes.change_comment
        end as change_comment,
        -commitments.reporting_mrr as amount
    from commitments
    inner join contracts
        on commitments.contract_id = contracts.contract_id
    left join cancellations
        on commitments.cancellation_id = cancellations.cancellation_id
    left join drop_notes
        on commitments.order_line_id = drop_notes.order_line_id
    left join replaced_edges
        on
            commitments.order_line_id = replaced_edges.order_line_id
            and replaced_edges.edge = 'commit_end'
    where replaced_edges.order_line_id is null

),

changes as (

    select
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        change_kind,
        cast(null as varchar) as movement_type,
        timing,
        cast(null as varchar) as driver,
        order_line_id,
        cast(null as varchar) as cancellation_id,
        reason_code,
        change_comment,
        amount
    from starts

    union all

    select
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        'loss' as change_kind,
        cast(null as varchar) as movement_type,
        timing,
        cast(null as varchar) as driver,
        order_line_id,
        cancellation_id,
        reason_code,
        change_comment,
        amount
    from ends

    union all

    select
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        'replacement' as change_kind,
        movement_type,
        timing,
        driver,
        order_line_id,
        cast(null as varchar) as cancellation_id,
        reason_code,
        change_comment,
        amount
    from swap_changes

    union all

    select
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        'replacement' as change_kind,
        movement_type,
        timing,
        driver,
        order_line_id,
        cast(null as varchar) as cancellation_id,
        reason_code,
        change_comment,
        amount
    from comparison_changes

),

final as (

    select
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        change_kind,
        movement_type,
        timing,
        driver,
        order_line_id,
        cancellation_id,
        reason_code,
        change_comment,
        amount
    from changes
    where change_date <= {{ as_of_date() }}

)

select * from final
