-- One row per day, family, SKU, type, timing, driver and cancellation that moved CMRR.
-- Amounts are signed changes a month; summed to a day they are the CMRR of that day.
with

changes as (

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
        amount,
        sum(amount) over (
            partition by
                change_date,
                contract_family_id,
                sku,
                change_kind,
                timing,
                cancellation_id
        ) as amount_of_kind
    from {{ ref('int_cmrr_changes') }}

),

change_points as (

    select
        contract_family_id,
        sku,
        change_date,
        sku_cmrr,
        family_cmrr,
        customer_cmrr,
        customer_cmrr_before,
        is_move_to_archive,
        was_sku_held_by_customer,
        had_customer_cmrr_before
    from {{ ref('int_cmrr_change_points') }}

),

churn_reasons as (

    select
        reason_code,
        churn_type
    from {{ ref('churn_reasons') }}

),

changes_with_state as (

    select
        changes.*,
        changes.change_kind = 'addition'
        or (changes.movement_type = 'upgrade' and changes.timing <> 'renewal')
            as may_be_first_cmrr,
        change_points.sku_cmrr,
        change_points.family_cmrr,
        change_points.customer_cmrr_before,
        change_points.is_move_to_archive,
        change_points.was_sku_held_by_customer,
        change_points.had_customer_cmrr_before,
        change_points.customer_cmrr > 0
        and not change_points.had_customer_cmrr_before as is_new_logo,
        change_points.customer_cmrr_before > 0
        and change_points.customer_cmrr <= 0 as is_lost_logo
    from changes
    inner join change_points
        on
            changes.contract_family_id = change_points.contract_family_id
            and changes.sku = change_points.sku
            and changes.change_date = change_points.change_date

),

typed_changes as (

    select
        *,
        case
            when is_move_to_archive then 'archive'
            when may_be_first_cmrr and customer_cmrr_before <= 0
                then case
                        when had_customer_cmrr_before then 'reactivation' else 'new'
                    end
            when change_kind = 'addition' then 'add_on'
            when change_kind = 'loss' and amount_of_kind > 0 then 'upgrade'
            when
                family_cmrr <= 0
                and (
                    change_kind = 'loss'
                    or (movement_type = 'downgrade' and driver = 'product')
                )
                then 'cancellation'
            when change_kind = 'loss' then 'downgrade'
            else movement_type
        end as settled_type,
        case
            when may_be_first_cmrr and customer_cmrr_before <= 0 then 'signature'
            else timing
        end as settled_timing,
        case
            when may_be_first_cmrr and customer_cmrr_before <= 0 then 'product'
            when change_kind = 'addition' and was_sku_held_by_customer then 'quantity'
            when change_kind = 'loss' and sku_cmrr > 0 then 'quantity'
            when is_move_to_archive and driver = 'currency' then 'discount'
            else coalesce(driver, 'product')
        end as settled_driver
    from changes_with_state

),

ranked_changes as (

    select
        *,
        row_number() over (
            partition by
                change_date,
                contract_family_id,
                sku,
                settled_type,
                settled_timing,
                settled_driver,
                cancellation_id
            order by
                abs(amount) desc,
                order_line_id asc,
                contract_id asc,
                reason_code asc,
                change_comment asc
        ) as cause_number
    from typed_changes

),

netted_movements as (

    select
        change_date as movement_date,
        contract_family_id,
        sku,
        settled_type as movement_type,
        settled_timing as timing,
        settled_driver as driver,
        cancellation_id,
        max(customer_id) as customer_id,
        max(contract_id) filter (where cause_number = 1) as contract_id,
        max(order_line_id) filter (where cause_number = 1) as order_line_id,
        max(reason_code) filter (where cause_number = 1) as reason_code,
        max(change_comment) filter (where cause_number = 1) as change_comment,
        cast(sum(amount) as decimal(18, 2)) as amount,
        bool_or(is_new_logo) as is_new_logo,
        bool_or(is_lost_logo) as is_lost_logo
    from ranked_changes
    group by
        change_date,
        contract_family_id,
        sku,
        settled_type,
        settled_timing,
        settled_driver,
        cancellation_id
    having sum(amount) <> 0

),

movements_with_loss as (

    select
        *,
        movement_type in ('downgrade', 'cancellation')
        or (movement_type = 'archive' and amount < 0) as is_loss
    from netted_movements

),

movements_with_reason as (

    select
        *,
        case when is_loss then coalesce(reason_code, 'not_given') end
            as loss_reason_code
    from movements_with_loss

),

final as (

    select
        {{ surrogate_key([
            'movements.movement_date',
            'movements.contract_family_id',
            'movements.sku',
            'movements.movement_type',
            'movements.timing',
            'movements.driver',
            'movements.cancellation_id',
        ]) }} as movement_id,
        movements.movement_date,
        movements.customer_id,
        movements.contract_id,
        movements.contract_family_id,
        movements.sku,
        movements.movement_type,
        movements.timing,
        movements.driver,
        movements.amount,
        movements.order_line_id,
        movements.cancellation_id,
        movements.loss_reason_code as reason_code,
        case when movements.is_loss then movements.change_comment end as change_comment,
        case
            when movements.is_loss then coalesce(churn_reasons.churn_type, 'avoidable')
        end as churn_type,
        movements.is_new_logo,
        movements.is_lost_logo
    from movements_with_reason as movements
    left join churn_reasons
        on movements.loss_reason_code = churn_reasons.reason_code

)

select * from final
