-- One row per term with a quote or an outreach: how long before the due date the first
-- of each was. An activity that names a contract counts for that contract only.
with

terms as (

    select
        contract_id,
        account_id,
        start_date,
        due_date
    from {{ ref('int_renewal_terms') }}

),

quotes as (

    select
        contract_id,
        {{ local_date('sent_at') }} as sent_date
    from {{ ref('stg_billing__quotes') }}

),

outreach as (

    select
        account_id,
        contract_id,
        {{ local_date('occurred_at') }} as outreach_date
    from {{ ref('stg_crm__activities') }}
    where activity_type = 'renewal_outreach'

),

first_quotes as (

    select
        contract_id,
        min(sent_date) as quote_date
    from quotes
    where sent_date <= {{ as_of_date() }}
    group by contract_id

),

outreach_to_terms as (

    select
        terms.contract_id,
        outreach.outreach_date
    from terms
    inner join outreach
        on terms.contract_id = outreach.contract_id

    union all

    select
        terms.contract_id,
        outreach.outreach_date
    from terms
    inner join outreach
        on terms.account_id = outreach.account_id
    where outreach.contract_id is null

),

first_outreach as (

    select
        outreach_to_terms.contract_id,
        min(outreach_to_terms.outreach_date) as outreach_date
    from outreach_to_terms
    inner join terms
        on outreach_to_terms.contract_id = terms.contract_id
    where
        outreach_to_terms.outreach_date between greatest(
            {{ add_days('terms.due_date', -180) }}, terms.start_date
        ) and least(terms.due_date, {{ as_of_date() }})
    group by outreach_to_terms.contract_id

),

final as (

    select
        terms.contract_id,
        cast(terms.due_date - first_quotes.quote_date as integer)
            as quote_sent_days_before_due,
        cast(terms.due_date - first_outreach.outreach_date as integer)
            as first_outreach_days_before_due
    from terms
    left join first_quotes
        on terms.contract_id = first_quotes.contract_id
    left join first_outreach
        on terms.contract_id = first_outreach.contract_id
    where
        first_quotes.quote_date is not null
        or first_outreach.outreach_date is not null

)

select * from final
