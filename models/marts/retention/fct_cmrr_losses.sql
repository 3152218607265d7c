-- One row per movement that lost CMRR: downgrades, cancellations, losses to archive.
-- lost_cmrr is positive; the price part of a downgrade may be a gain, then negative.
with

movements as (

    select *
    from {{ ref('fct_cmrr_movements') }}
    where churn_type is not null

),

churn_reasons as (

    select
        reason_code,
        reason_label,
        reason_category,
        is_affectable_by_success
    from {{ ref('churn_reasons') }}

),

tenure_bands as (

    select
        tenure_band,
        minimum_months,
        lead(minimum_months) over (order by minimum_months) as next_minimum_months
    from {{ ref('tenure_bands') }}

),

customers as (

    select
        customer_id,
        first_signed_date
    from {{ ref('dim_customers') }}

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

contracts as (

    select
        contract_id,
        lapse_date,
        {{ add_days('end_date', 1) }} as term_over_date
    from {{ ref('int_contract_families') }}

),

cancellations as (

    select
        cancellation_id,
        effective_date
    from {{ ref('stg_billing__cancellations') }}

),

reductions as (

    select
        order_line_id,
        service_start_date
    from {{ ref('int_line_commitments') }}
    where order_type = 'reduction'

),

payment_troubles as (

    select
        customer_id,
        trouble_date
    from {{ ref('int_payment_troubles') }}

),

involuntary_losses as (

    select movements.movement_id
    from movements
    inner join payment_troubles
        on
            movements.customer_id = payment_troubles.customer_id
            and payment_troubles.trouble_date
            between {{ add_days('movements.movement_date', -59) }}
            and movements.movement_date
    group by movements.movement_id

),

dated_losses as (

    select
        movements.*,
        customers.first_signed_date,
        products.product_line,
        contracts.lapse_date - contracts.term_over_date as grace_days,
        {{ full_months('customers.first_signed_date', 'movements.movement_date') }}
            as tenure_months,
        case
            when movements.timing = 'lapse' then contracts.term_over_date
            when cancellations.cancellation_id is not null
                then least(cancellations.effective_date, contracts.term_over_date)
            else coalesce(reductions.service_start_date, movements.movement_date)
        end as service_over_date
    from movements
    inner join customers
        on movements.customer_id = customers.customer_id
    inner join products
        on movements.sku = products.sku
    inner join contracts
        on movements.contract_id = contracts.contract_id
    left join cancellations
        on movements.cancellation_id = cancellations.cancellation_id
    left join reductions
        on movements.order_line_id = reductions.order_line_id

),

final as (

    select
        losses.movement_id,
        losses.movement_date,
        losses.customer_id,
        losses.contract_id,
        losses.contract_family_id,
        losses.sku,
        losses.product_line,
        losses.movement_type,
        losses.timing,
        losses.driver,
        cast(-losses.amount as decimal(18, 2)) as lost_cmrr,
        losses.reason_code,
        coalesce(churn_reasons.reason_label, losses.reason_code) as reason_label,
        coalesce(churn_reasons.reason_category, 'unknown reason') as reason_category,
        losses.churn_type,
        churn_reasons.is_affectable_by_success,
        losses.change_comment,
        greatest(losses.tenure_months, 0) as tenure_months,
        tenure_bands.tenure_band,
        losses.reason_code not in ('lapsed', 'not_given') as is_reason_given,
        churn_reasons.reason_code is not null as is_reason_in_seed,
        losses.is_lost_logo,
        involuntary_losses.movement_id is not null as is_involuntary,
        losses.service_over_date,
        case
            when losses.timing = 'lapse' or losses.cancellation_id is not null
                then {{ add_days('losses.service_over_date', 'losses.grace_days') }}
            else losses.service_over_date
        end as grace_over_date
    from dated_losses as losses
    inner join tenure_bands
        on
            greatest(losses.tenure_months, 0) >= tenure_bands.minimum_months
            and (
                losses.tenure_months < tenure_bands.next_minimum_months
                or tenure_bands.next_minimum_months is null
            )
    left join churn_reasons
        on losses.reason_code = churn_reasons.reason_code
    left join involuntary_losses
        on losses.movement_id = involuntary_losses.movement_id

)

select * from final
