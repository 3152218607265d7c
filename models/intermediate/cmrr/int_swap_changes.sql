-- One row per change that a line taking over from a line of another SKU makes.
-- What passes over leaves the old SKU and enters the new one: nothing in sum.
with

commitments as (

    select
        order_line_id,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        change_reason_code,
        change_comment,
        reporting_mrr
    from {{ ref('int_line_commitments') }}

),

drop_notes as (

    select
        order_line_id,
        change_reason_code,
        change_comment
    from {{ ref('int_drop_notes') }}

),

swapped_edges as (

    select
        replaced.replacement_kind,
        replaced.swapped_line_id,
        replaced.change_date,
        replaced.side,
        commitments.order_line_id,
        commitments.customer_id,
        commitments.contract_family_id,
        commitments.contract_id,
        commitments.sku,
        commitments.change_reason_code,
        commitments.change_comment,
        commitments.reporting_mrr,
        case
            when replaced.side = 'old' and replaced.edge = 'commit_start'
                then -commitments.reporting_mrr
            else commitments.reporting_mrr
        end as moving_mrr
    from {{ ref('int_lines_replaced') }} as replaced
    inner join commitments
        on replaced.order_line_id = commitments.order_line_id
    where replaced.swapped_line_id is not null

),

leaving_edges as (

    select
        *,
        row_number() over (
            partition by replacement_kind, swapped_line_id, change_date
            order by abs(moving_mrr) desc, order_line_id
        ) as cause_number
    from swapped_edges
    where side = 'old'

),

leaving as (

    select
        replacement_kind,
        swapped_line_id,
        change_date,
        sum(moving_mrr) as leaving_mrr,
        max(sku) as sku,
        max(contract_id) as contract_id,
        max(order_line_id) filter (where cause_number = 1) as order_line_id,
        max(change_reason_code) filter (where cause_number = 1) as change_reason_code,
        max(change_comment) filter (where cause_number = 1) as change_comment
    from leaving_edges
    group by replacement_kind, swapped_line_id, change_date

),

entering as (

    select
        swapped_edges.replacement_kind,
        swapped_edges.swapped_line_id,
        swapped_edges.change_date,
        swapped_edges.customer_id,
        swapped_edges.contract_family_id,
        swapped_edges.contract_id,
        swapped_edges.sku,
        swapped_edges.order_line_id,
        swapped_edges.change_reason_code,
        swapped_edges.change_comment,
        swapped_edges.moving_mrr,
        row_number() over (
            partition by
                swapped_edges.replacement_kind,
                swapped_edges.swapped_line_id,
                swapped_edges.change_date
            order by swapped_edges.moving_mrr desc, swapped_edges.order_line_id asc
        ) as cause_number,
        count(*) over (
            partition by
                swapped_edges.replacement_kind,
                swapped_edges.swapped_line_id,
                swapped_edges.change_date
            order by swapped_edges.order_line_id
            rows between unbounded preceding and 1 preceding
        ) as already_entered_lines,
        leaving.contract_id as old_contract_id,
        leaving.sku as old_sku,
        leaving.leaving_mrr,
        coalesce(
            sum(swapped_edges.moving_mrr) over (
                partition by
                    swapped_edges.replacement_kind,
                    swapped_edges.swapped_line_id,
                    swapped_edges.change_date
                order by swapped_edges.order_line_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as already_entered_mrr
    from swapped_edges
    inner join leaving
        on
            swapped_edges.replacement_kind = leaving.replacement_kind
            and swapped_edges.swapped_line_id = leaving.swapped_line_id
            and swapped_edges.change_date = leaving.change_date
    where swapped_edges.side = 'new'

),

entering_with_swap as (

    select
        *,
        case
            when leaving_mrr >= 0
                then greatest(least(leaving_mrr - already_entered_mrr, moving_mrr), 0)
            when already_entered_lines = 0 then leaving_mrr
            else 0
        end as swapped_mrr
    from entering

),

swapped as (

    select
        replacement_kind,
        swapped_line_id,
        change_date,
        max(customer_id) as customer_id,
        max(contract_family_id) as contract_family_id,
        max(change_reason_code) filter (where cause_number = 1) as change_reason_code,
        max(change_comment) filter (where cause_number = 1) as change_comment,
        sum(swapped_mrr) as swapped_mrr
    from entering_with_swap
    group by replacement_kind, swapped_line_id, change_date

),

changes as (

    select
        replacement_kind,
        change_date,
        customer_id,
        contract_family_id,
        old_contract_id as contract_id,
        old_sku as sku,
        order_line_id,
        'swap' as movement_type,
        cast(null as varchar) as reason_code,
        cast(null as varchar) as change_comment,
        -swapped_mrr as amount
    from entering_with_swap

    union all

    select
        replacement_kind,
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        order_line_id,
        'swap' as movement_type,
        cast(null as varchar) as reason_code,
        cast(null as varchar) as change_comment,
        swapped_mrr as amount
    from entering_with_swap

    union all

    select
        replacement_kind,
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        order_line_id,
        'upgrade' as movement_type,
        cast(null as varchar) as reason_code,
        cast(null as varchar) as change_comment,
        moving_mrr - swapped_mrr as amount
    from entering_with_swap

    union all

    select
        leaving.replacement_kind,
        leaving.change_date,
        swapped.customer_id,
        swapped.contract_family_id,
        leaving.contract_id,
        leaving.sku,
        leaving.order_line_id,
        'downgrade' as movement_type,
        case
            when leaving.replacement_kind = 'mid_term' then leaving.change_reason_code
            when drop_notes.order_line_id is not null then drop_notes.change_reason_code
            else swapped.change_reason_code
        end as reason_code,
        case
            when leaving.replacement_kind = 'mid_term' then leaving.change_comment
            when drop_notes.order_line_id is not null then drop_notes.change_comment
            else swapped.change_comment
        end as change_comment,
        swapped.swapped_mrr - leaving.leaving_mrr as amount
    from leaving
    inner join swapped
        on
            leaving.replacement_kind = swapped.replacement_kind
            and leaving.swapped_line_id = swapped.swapped_line_id
            and leaving.change_date = swapped.change_date
    left join drop_notes
        on leaving.swapped_line_id = drop_notes.order_line_id

),

final as (

    select
        change_date,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        movement_type,
        replacement_kind as timing,
        'product' as driver,
        order_line_id,
        reason_code,
        change_comment,
        cast(amount as decimal(18, 2)) as amount
    from changes
    where amount <> 0

)

select * from final
