-- One row per account and unbroken spell with one CSM, as it was; half open.
-- A day belongs to the spell with valid_from <= day < valid_to, or to none.
with

portfolios as (

    select
        account_id,
        csm_user_id,
        claimed_by,
        valid_from,
        valid_to
    from {{ ref('int_csm_portfolios') }}

),

final as (

    select
        {{ surrogate_key(['account_id', 'valid_from']) }} as portfolio_key,
        account_id as customer_id,
        csm_user_id,
        claimed_by as assigned_by,
        valid_from,
        valid_to,
        valid_to is null or valid_to > {{ as_of_date() }} as is_current
    from portfolios

)

select * from final
