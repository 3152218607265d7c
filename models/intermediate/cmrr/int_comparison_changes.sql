-- One row per change of a SKU at a renewal's takeover or a ramp step, and its driver.
-- Lines that a swap explains take no part; the discount is what the others leave.
with

commitments as (

    select
        order_line_id,
        customer_id,
        contract_family_id,
        contract_id,
        sku,
        currency,
        change_reason_code,
        change_comment,
        contract_mrr,
        reporting_mrr,
        {{ whole_number('quantity', 4) }} as whole_quantity,
        {{ whole_number('list_unit_price', 4) }} as whole_list_unit_price,
        {{ whole_number('exchange_rate', 8) }} as whole_exchange_rate
    from {{ ref('int_line_commitments') }}

),

drop_notes as (

    select
        order_line_id,
        change_reason_code,
        change_comment
    from {{ ref('int_drop_notes') }}

),

compared_edges as (

    select
        replaced.replacement_id,
        replaced.replacement_kind,
        replaced.side,
        replaced.change_date,
        commitments.order_line_id,
        commitments.customer_id,
        commitments.contract_family_id,
        commitments.contract_id,
        commitments.sku,
        commitments.currency,
        case
            when replaced.side = 'old' then drop_notes.change_reason_code
            else commitments.change_reason_code
        end as change_reason_code,
        case
            when replaced.side = 'old' then drop_notes.change_comment
            else commitments.change_comment
        end as change_comment,
        drop_notes.order_line_id is not null as has_drop_note,
        commitments.contract_mrr,
        commitments.reporting_mrr,
        commitments.whole_quantity,
        commitments.whole_quantity * commitments.whole_list_unit_price as list_amount,
        commitments.whole_exchange_rate,
        row_number() over (
            partition by
                replaced.replacement_kind,
                replaced.replacement_id,
                replaced.change_date,
                commitments.sku,
                replaced.side
            order by abs(commitments.reporting_mrr) desc, commitments.order_line_id asc
        ) as cause_number,
        row_number() over (
            partition by
                replaced.replacement_kind,
                replaced.replacement_id,
                replaced.change_date,
                commitments.sku,
                replaced.side
            order by
                case when drop_notes.order_line_id is null then 1 else 0 end asc,
                abs(commitments.reporting_mrr) desc,
                commitments.order_line_id asc
        ) as reason_number
    from {{ ref('int_lines_replaced') }} as replaced
    inner join commitments
        on replaced.order_line_id = commitments.order_line_id
    left join drop_notes
        on
            replaced.order_line_id = drop_notes.order_line_id
            and replaced.side = 'old'
    where replaced.swapped_line_id is null

),

sku_sides as (

    select
        replacement_kind,
        change_date,
        sku,
        side,
        replacement_id,
        max(customer_id) as customer_id,
        max(contract_family_id) as contract_family_id,
        max(contract_id) as contract_id,
        max(currency) as currency,
        max(order_line_id) filter (where cause_number = 1) as order_line_id,
        max(change_reason_code) filter (where reason_number = 1) as change_reason_code,
        max(change_comment) filter (where reason_number = 1) as change_comment,
        bool_or(has_drop_note) as has_drop_note,
        sum(contract_mrr) as contract_mrr,
        sum(reporting_mrr) as reporting_mrr,
        sum(whole_quantity) as whole_quantity,
        sum(list_amount) as list_amount,
        sum(list_amount * whole_exchange_rate) as reporting_list_amount
    from compared_edges
    group by replacement_kind, change_date, sku, side, replacement_id

),

old_sides as (

    select *
    from sku_sides
    where side = 'old'

),

new_sides as (

    select *
    from sku_sides
    where side = 'new'

),

compared_skus as (

    select
        coalesce(new_side.replacement_kind, old_side.replacement_kind)
            as replacement_kind,
        coalesce(new_side.change_date, old_side.change_date) as change_date,
        coalesce(new_side.sku, old_side.sku) as sku,
        coalesce(new_side.customer_id, old_side.customer_id) as customer_id,
        coalesce(new_side.contract_family_id, old_side.contract_family_id)
            as contract_family_id,
        old_side.contract_id as old_contract_id,
        new_side.contract_id as new_contract_id,
        old_side.order_line_id as old_order_line_id,
        new_side.order_line_id as new_order_line_id,
        new_side.change_reason_code,
        new_side.change_comment,
        case
            when old_side.has_drop_note then old_side.change_reason_code
            else new_side.change_reason_code
        end as drop_reason_code,
        case
            when old_side.has_drop_note then old_side.change_comment
            else new_side.change_comment
        end as drop_comment,
        coalesce(old_side.reporting_mrr, 0) as old_mrr,
        coalesce(new_side.reporting_mrr, 0) as new_mrr,
        old_side.contract_mrr as old_contract_mrr,
        new_side.contract_mrr as new_contract_mrr,
        old_side.whole_quantity as old_quantity,
        new_side.whole_quantity as new_quantity,
        old_side.currency <> new_side.currency as is_currency_changed,
        case
            when
                old_side.currency <> new_side.currency
                then old_side.reporting_list_amount
            else old_side.list_amount
        end as old_list_amount,
        case
            when
                old_side.currency <> new_side.currency
                then new_side.reporting_list_amount
            else new_side.list_amount
        end as new_list_amount
    from old_sides as old_side
    full join new_sides as new_side
        on
            old_side.replacement_kind = new_side.replacement_kind
            and old_side.replacement_id = new_side.replacement_id
            and old_side.change_date = new_side.change_date
            and old_side.sku = new_side.sku

),

compared_skus_with_kind as (

    select
        *,
        coalesce(
            old_mrr <> 0
            and new_mrr <> 0
            and old_contract_mrr <> 0
            and old_quantity > 0
            and new_quantity > 0
            and old_list_amount > 0,
            false
        ) as is_kept
    from compared_skus

),

kept_skus as (

    select
        *,
        case
            when is_currency_changed then 0
            else new_mrr - {{ divide_money(
                'new_contract_mrr',
                whole_number('old_mrr', 2),
                whole_number('old_contract_mrr', 2)
            ) }}
        end as currency_amount,
        {{ divide_money('old_mrr', 'new_quantity - old_quantity', 'old_quantity') }}
            as quantity_amount,
        {{ divide_money(
            'old_mrr',
            'new_list_amount * old_quantity - old_list_amount * new_quantity',
            'old_list_amount * old_quantity'
        ) }} as list_price_amount
    from compared_skus_with_kind
    where is_kept

),

drivers as (

    select 'currency' as driver

    union all

    select 'quantity' as driver

    union all

    select 'list_price' as driver

    union all

    select 'discount' as driver

),

kept_changes as (

    select
        kept_skus.replacement_kind,
        kept_skus.change_date,
        kept_skus.customer_id,
        kept_skus.contract_family_id,
        kept_skus.new_contract_id as contract_id,
        kept_skus.sku,
        kept_skus.new_order_line_id as order_line_id,
        kept_skus.change_reason_code,
        kept_skus.change_comment,
        case
            when drivers.driver = 'currency' then 'currency'
            when kept_skus.new_mrr - kept_skus.old_mrr - kept_skus.currency_amount >= 0
                then 'upgrade'
            else 'downgrade'
        end as movement_type,
        drivers.driver,
        case drivers.driver
            when 'currency' then kept_skus.currency_amount
            when 'quantity' then kept_skus.quantity_amount
            when 'list_price' then kept_skus.list_price_amount
            else
                kept_skus.new_mrr
                - kept_skus.old_mrr
                - kept_skus.currency_amount
                - kept_skus.quantity_amount
                - kept_skus.list_price_amount
        end as amount
    from kept_skus
    cross join drivers

),

changes as (

    select *
    from kept_changes

    union all

    select
        replacement_kind,
        change_date,
        customer_id,
        contract_family_id,
        case
            when new_mrr = 0 then old_contract_id else new_contract_id
        end as contract_id,
        sku,
        case
            when new_mrr = 0 then old_order_line_id else new_order_line_id
        end as order_line_id,
        drop_reason_code as change_reason_code,
        drop_comment as change_comment,
        case when new_mrr >= old_mrr then 'upgrade' else 'downgrade' end
            as movement_type,
        'product' as driver,
        new_mrr - old_mrr as amount
    from compared_skus_with_kind
    where not is_kept

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
        driver,
        order_line_id,
        change_reason_code as reason_code,
        change_comment,
        cast(amount as decimal(18, 2)) as amount
    from changes
    where amount <> 0

)

select * from final
