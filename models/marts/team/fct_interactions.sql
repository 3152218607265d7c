-- One row per activity with a customer that had happened by the as-of date.
-- user_id did it; csm_user_id carried the customer on that day. They often differ.
with

activities as (

    select
        activity_id,
        account_id,
        contact_id,
        contract_id,
        user_id,
        activity_type,
        {{ local_date('occurred_at') }} as occurred_date
    from {{ ref('stg_crm__activities') }}

),

portfolios as (

    select
        customer_id,
        csm_user_id,
        valid_from,
        valid_to
    from {{ ref('fct_csm_portfolios') }}

),

final as (

    select
        activities.activity_id,
        activities.account_id as customer_id,
        activities.contact_id,
        activities.contract_id,
        activities.user_id,
        portfolios.csm_user_id,
        activities.activity_type,
        activities.occurred_date
    from activities
    -- Spells of an account never overlap, so a day finds at most one.
    left join portfolios
        on
            activities.account_id = portfolios.customer_id
            and activities.occurred_date >= portfolios.valid_from
            and (
                activities.occurred_date < portfolios.valid_to
                or portfolios.valid_to is null
            )
    where activities.occurred_date <= {{ as_of_date() }}

)

select * from final
