-- One row per term that a renewal takes over, or will, and SKU before or after it: what
-- the takeover ended and began, and what made the difference. Amounts are a month's.
with

terms as (

    select
        contract_id,
        renewal_contract_id,
        takeover_date
    from {{ ref('int_renewal_terms') }}
    where is_renewal_to_take_over

),

commitments as (

    select
        order_line_id,
        sku,
        is_archive,
        reporting_mrr
    from {{ ref('int_line_commitments') }}

),

replaced_lines as (

    select
        order_line_id,
        replacement_id as renewal_contract_id,
        side,
        swapped_line_id
    from {{ ref('int_lines_replaced') }}
    where replacement_kind = 'renewal'

),

changes as (

    select
        contract_id,
        sku,
        change_date,
        driver,
        amount,
        false as is_swap
    from {{ ref('int_comparison_changes') }}
    where timing = 'renewal'

    union all

    select
        contract_id,
        sku,
        change_date,
        driver,
        amount,
        movement_type = 'swap' as is_swap
    from {{ ref('int_swap_changes') }}
    where timing = 'renewal'

),

compared_skus as (

    select
        terms.contract_id,
        commitments.sku,
        bool_or(commitments.is_archive) as is_archive,
        coalesce(
            sum(commitments.reporting_mrr) filter (where replaced_lines.side = 'old'), 0
        ) as before_cmrr,
        coalesce(
            sum(commitments.reporting_mrr) filter (where replaced_lines.side = 'new'), 0
        ) as after_cmrr,
        coalesce(
            sum(commitments.reporting_mrr) filter (
                where
                replaced_lines.side = 'old' and replaced_lines.swapped_line_id is null
            ),
            0
        ) as compared_before_cmrr,
        coalesce(
            sum(commitments.reporting_mrr) filter (
                where
                replaced_lines.side = 'new' and replaced_lines.swapped_line_id is null
            ),
            0
        ) as compared_after_cmrr
    from terms
    inner join replaced_lines
        on terms.renewal_contract_id = replaced_lines.renewal_contract_id
    inner join commitments
        on replaced_lines.order_line_id = commitments.order_line_id
    group by terms.contract_id, commitments.sku

),

effects as (

    select
        terms.contract_id,
        changes.sku,
        {%- for effect in renewal_effects() if effect != 'swap_effect' %}
        coalesce(
            sum(changes.amount) filter (
                where
                changes.driver || '_effect' = '{{ effect }}' and not changes.is_swap
            ),
            0
        ) as {{ effect }},
        {%- endfor %}
        coalesce(sum(changes.amount) filter (where changes.is_swap), 0) as swap_effect,
        coalesce(
            sum(changes.amount) filter (where changes.is_swap and changes.amount > 0), 0
        ) as swapped_in_cmrr
    from terms
    inner join changes
        on
            terms.takeover_date = changes.change_date
            and changes.contract_id in (terms.contract_id, terms.renewal_contract_id)
    group by terms.contract_id, changes.sku

),

final as (

    select
        compared_skus.contract_id,
        compared_skus.sku,
        compared_skus.is_archive,
        cast(compared_skus.before_cmrr as decimal(18, 2)) as before_cmrr,
        cast(compared_skus.after_cmrr as decimal(18, 2)) as after_cmrr,
        {%- for effect in renewal_effects() %}
        cast(coalesce(effects.{{ effect }}, 0) as decimal(18, 2)) as {{ effect }},
        {%- endfor %}
        cast(
            greatest(
                least(
                    compared_skus.compared_before_cmrr,
                    compared_skus.compared_after_cmrr
                    - coalesce(effects.currency_effect, 0)
                ),
                0
            )
            + coalesce(effects.swapped_in_cmrr, 0) as decimal(18, 2)
        ) as kept_cmrr
    from compared_skus
    left join effects
        on
            compared_skus.contract_id = effects.contract_id
            and compared_skus.sku = effects.sku

)

select * from final
