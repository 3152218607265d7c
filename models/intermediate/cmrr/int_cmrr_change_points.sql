-- One row per family, SKU and day on which a line's commitment begins or ends.
-- Each state is that of the end of the day; "before" is the end of the day before.
with

commitments as (

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        is_archive,
        commit_start_date,
        commit_end_date
    from {{ ref('int_line_commitments') }}
    where commit_start_date < commit_end_date

),

edges as (

    select
        customer_id,
        contract_family_id,
        sku,
        is_archive,
        commit_start_date as change_date,
        reporting_mrr as change_amount
    from commitments
    where commit_start_date <= {{ as_of_date() }}

    union all

    select
        customer_id,
        contract_family_id,
        sku,
        is_archive,
        commit_end_date as change_date,
        -reporting_mrr as change_amount
    from commitments
    where commit_end_date <= {{ as_of_date() }}

),

sku_days as (

    select
        customer_id,
        contract_family_id,
        sku,
        is_archive,
        change_date,
        sum(change_amount) as change_amount
    from edges
    group by customer_id, contract_family_id, sku, is_archive, change_date

),

family_days as (

    select
        contract_family_id,
        change_date,
        sum(sum(change_amount)) over family_to_date as family_cmrr,
        sum(sum(change_amount) filter (where is_archive)) over family_to_date
            as family_archive_cmrr,
        sum(sum(change_amount) filter (where not is_archive)) over family_to_date
            as family_other_cmrr,
        sum(coalesce(sum(change_amount) filter (where not is_archive), 0)) over (
            partition by contract_family_id
            order by change_date
            rows between unbounded preceding and 1 preceding
        ) as family_other_cmrr_before
    from sku_days
    group by contract_family_id, change_date
    window
        family_to_date as (
            partition by contract_family_id
            order by change_date
            rows between unbounded preceding and current row
        )

),

customer_sku_days as (

    select
        customer_id,
        sku,
        change_date,
        sum(sum(change_amount)) over (
            partition by customer_id, sku
            order by change_date
            rows between unbounded preceding and 1 preceding
        ) as customer_sku_cmrr_before
    from sku_days
    group by customer_id, sku, change_date

),

customer_days as (

    select
        customer_id,
        change_date,
        sum(sum(change_amount)) over (
            partition by customer_id
            order by change_date
            rows between unbounded preceding and current row
        ) as customer_cmrr,
        sum(sum(change_amount)) over (
            partition by customer_id
            order by change_date
            rows between unbounded preceding and 1 preceding
        ) as customer_cmrr_before
    from sku_days
    group by customer_id, change_date

),

customer_days_with_past as (

    select
        customer_id,
        change_date,
        customer_cmrr,
        coalesce(customer_cmrr_before, 0) as customer_cmrr_before,
        coalesce(
            max(customer_cmrr) over (
                partition by customer_id
                order by change_date
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as highest_customer_cmrr_before
    from customer_days

),

final as (

    select
        sku_days.customer_id,
        sku_days.contract_family_id,
        sku_days.sku,
        sku_days.change_date,
        sku_days.change_amount,
        sum(sku_days.change_amount) over (
            partition by sku_days.contract_family_id, sku_days.sku
            order by sku_days.change_date
            rows between unbounded preceding and current row
        ) as sku_cmrr,
        family_days.family_cmrr,
        family_days.family_other_cmrr_before > 0
        and family_days.family_other_cmrr <= 0
        and family_days.family_archive_cmrr > 0 as is_move_to_archive,
        coalesce(customer_sku_days.customer_sku_cmrr_before, 0) > 0
            as was_sku_held_by_customer,
        customer_days_with_past.customer_cmrr,
        customer_days_with_past.customer_cmrr_before,
        customer_days_with_past.highest_customer_cmrr_before
        > 0 as had_customer_cmrr_before
    from sku_days
    inner join family_days
        on
            sku_days.contract_family_id = family_days.contract_family_id
            and sku_days.change_date = family_days.change_date
    inner join customer_sku_days
        on
            sku_days.customer_id = customer_sku_days.customer_id
            and sku_days.sku = customer_sku_days.sku
            and sku_days.change_date = customer_sku_days.change_date
    inner join customer_days_with_past
        on
            sku_days.customer_id = customer_days_with_past.customer_id
            and sku_days.change_date = customer_days_with_past.change_date

)

select * from final
