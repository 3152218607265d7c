-- One row per term and SKU: what it brought before, what it brings after, and what made
-- the difference. After, retained and effects are null while the renewal is unresolved.
with

renewals as (

    select
        contract_id,
        contract_family_id,
        customer_id,
        outcome,
        is_resolved
    from {{ ref('fct_renewals') }}

),

skus_taken_over as (

    select *
    from {{ ref('int_renewal_skus_taken_over') }}

),

terms_taken_over as (

    select contract_id
    from skus_taken_over
    group by contract_id

),

expected_lines as (

    select
        contract_id,
        sku,
        reporting_mrr,
        signed_date,
        left_until_date
    from {{ ref('int_renewal_lines_dated') }}
    where coalesce(expected_until_date > {{ as_of_date() }}, true)

),

sku_parts as (

    select
        contract_id,
        sku,
        before_cmrr,
        after_cmrr,
        kept_cmrr,
        before_cmrr as taken_over_cmrr,
        {{ renewal_effects() | join(',\n        ') }},
        0 as lost_cmrr
    from skus_taken_over

    union all

    select
        expected_lines.contract_id,
        expected_lines.sku,
        expected_lines.reporting_mrr as before_cmrr,
        0 as after_cmrr,
        0 as kept_cmrr,
        0 as taken_over_cmrr,
        {%- for effect in renewal_effects() %}
        0 as {{ effect }},
        {%- endfor %}
        expected_lines.reporting_mrr as lost_cmrr
    from expected_lines
    left join terms_taken_over
        on expected_lines.contract_id = terms_taken_over.contract_id
    where
        terms_taken_over.contract_id is null
        or expected_lines.left_until_date > expected_lines.signed_date

),

skus as (

    select
        contract_id,
        sku,
        sum(before_cmrr) as before_cmrr,
        sum(after_cmrr) as after_cmrr,
        sum(kept_cmrr) as kept_cmrr,
        sum(taken_over_cmrr) as taken_over_cmrr,
        {%- for effect in renewal_effects() %}
        sum({{ effect }}) as {{ effect }},
        {%- endfor %}
        sum(lost_cmrr) as lost_cmrr
    from sku_parts
    group by contract_id, sku

),

skus_with_losses as (

    select
        contract_id,
        sku,
        before_cmrr,
        after_cmrr,
        kept_cmrr,
        product_effect
        - case when taken_over_cmrr > 0 then 0 else lost_cmrr end as product_effect,
        quantity_effect
        - case when taken_over_cmrr > 0 then lost_cmrr else 0 end as quantity_effect,
        {{ renewal_effects()[2:] | join(',\n        ') }}
    from skus

),

final as (

    select
        renewals.contract_id,
        skus_with_losses.sku,
        renewals.contract_family_id,
        renewals.customer_id,
        renewals.outcome,
        cast(skus_with_losses.before_cmrr as decimal(18, 2)) as before_cmrr,
        cast(
            case when renewals.is_resolved then skus_with_losses.after_cmrr end
            as decimal(18, 2)
        ) as after_cmrr,
        {%- for effect in renewal_effects() %}
        cast(
            case when renewals.is_resolved then skus_with_losses.{{ effect }} end
            as decimal(18, 2)
        ) as {{ effect }},
        {%- endfor %}
        cast(
            case
                when renewals.outcome in ('renewed_up', 'renewed_flat', 'renewed_down')
                    then skus_with_losses.kept_cmrr
                when renewals.is_resolved then 0
            end as decimal(18, 2)
        ) as retained_cmrr
    from renewals
    inner join skus_with_losses
        on renewals.contract_id = skus_with_losses.contract_id
    where skus_with_losses.before_cmrr <> 0 or skus_with_losses.after_cmrr <> 0

)

select * from final
