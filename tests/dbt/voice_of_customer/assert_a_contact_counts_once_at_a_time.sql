-- On no day do two relationship responses of a contact and survey type count, nor two
-- of one invitation: else one loud person would weigh as two.
with

responses as (

    select
        response_id,
        counted_from_date,
        counted_to_date,
        lead(counted_from_date) over (
            partition by
                survey_kind,
                survey_type,
                case
                    when survey_kind = 'relationship' then contact_id
                    else invitation_id
                end
            order by responded_at, response_id
        ) as next_counted_from_date
    from {{ ref('fct_survey_responses') }}

)

select response_id
from responses
where
    counted_to_date < counted_from_date
    or (
        next_counted_from_date is not null
        and coalesce(counted_to_date > next_counted_from_date, true)
    )
