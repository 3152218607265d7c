-- One row per onboarding project, with what had happened by the as-of date.
-- contract_start_date is where deployment time, first login and activation count from.
with

{% set events = ['success_measures_agreed', 'went_live', 'first_value'] -%}
projects as (

    select
        project_id,
        account_id,
        contract_id,
        planned_go_live_date,
        {%- for event in events %}
        {{ event }}_at,
        {{ local_date(event ~ '_at') }} as {{ event }}_date
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('stg_success__onboarding_projects') }}

),

contracts as (

    select
        contract_id,
        {{ local_date('signed_at') }} as signed_date,
        start_date
    from {{ ref('stg_billing__contracts') }}

),

final as (

    select
        projects.project_id,
        projects.account_id as customer_id,
        projects.contract_id,
        least(contracts.signed_date, contracts.start_date) as first_access_date,
        contracts.start_date as contract_start_date,
        {%- for event in events %}
        {%- set name = 'clock_started' if loop.first else event %}
        case
            when projects.{{ event }}_date <= {{ as_of_date() }}
                then projects.{{ event }}_at
        end as {{ name }}_at,
        case
            when projects.{{ event }}_date <= {{ as_of_date() }}
                then projects.{{ event }}_date
        end as {{ name }}_date,
        {%- endfor %}
        projects.planned_go_live_date
    from projects
    inner join contracts
        on projects.contract_id = contracts.contract_id

)

select * from final
