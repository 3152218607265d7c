-- One row per contract term signed by the as-of date, with its annual amount as signed.
-- Later add-ons, reductions and steps of a ramp are not in it.
with

contracts as (

    select
        contract_id,
        contract_family_id,
        customer_id,
        term_number,
        currency,
        signed_date
    from {{ ref('dim_contracts') }}
    where signed_date <= {{ as_of_date() }}

),

lines as (

    select
        order_line_id,
        contract_id,
        {{ round_money('cast(annual_amount as decimal(38, 2)) * exchange_rate') }}
            as annual_amount
    from {{ ref('int_recurring_lines_priced') }}
    where order_type in ('new', 'renewal') and signed_date <= {{ as_of_date() }}

),

ramp_steps as (

    select order_line_id
    from {{ ref('int_ramp_steps_linked') }}

),

amounts as (

    select
        lines.contract_id,
        sum(lines.annual_amount) as annual_amount
    from lines
    left join ramp_steps
        on lines.order_line_id = ramp_steps.order_line_id
    where ramp_steps.order_line_id is null
    group by lines.contract_id

),

final as (

    select
        contracts.contract_id,
        contracts.contract_family_id,
        contracts.customer_id,
        contracts.term_number,
        contracts.currency,
        contracts.signed_date,
        cast(coalesce(amounts.annual_amount, 0) as decimal(18, 2)) as annual_amount,
        contracts.term_number = 1 as is_first_term,
        coalesce(amounts.annual_amount, 0) > 0 as is_paid
    from contracts
    left join amounts
        on contracts.contract_id = amounts.contract_id

)

select * from final
