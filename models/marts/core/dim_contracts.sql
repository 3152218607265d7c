-- One row per accepted contract term; a renewal is a term of its own.
-- Voided contracts and those set aside are not here; see fct_rejected_rows.
with

final as (

    select
        contract_id,
        contract_family_id,
        customer_id,
        cast(term_number as integer) as term_number,
        start_date,
        end_date,
        signed_date,
        currency,
        renewed_from_contract_id,
        renewed_by_contract_id,
        auto_renews
    from {{ ref('int_contract_families') }}

)

select * from final
