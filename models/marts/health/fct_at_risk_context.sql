-- One row per customer with CMRR on the as-of date: what to know before calling it.
-- Nearness is 1 up to 90 days before the next renewal, else 90 / days; none: 365 days.
with

health as (

    select
        customer_id,
        health_score,
        change_30_days
    from {{ ref('fct_customer_health') }}
    where health_date = {{ as_of_date() }}

),

components as (

    select
        customer_id,
        component,
        lowest_measure,
        lowest_measure_value,
        row_number() over (
            partition by customer_id order by points_lost desc, component asc
        ) as component_number
    from {{ ref('fct_health_components') }}
    where health_date = {{ as_of_date() }} and points_lost > 0

),

worst_components as (

    select
        {% for number in [1, 2, 3] -%}
        max(component) filter (where component_number = {{ number }})
            as worst_component_{{ number }},
        max(lowest_measure) filter (where component_number = {{ number }})
            as worst_measure_{{ number }},
        max(lowest_measure_value) filter (where component_number = {{ number }})
            as worst_measure_value_{{ number }},
        {% endfor -%}
        customer_id
    from components
    group by customer_id

),

open_risks as (

    select
        customer_id,
        risk_level,
        reason_code,
        intention,
        action_plan,
        count(*) over (partition by customer_id) as open_risks,
        row_number() over (
            partition by customer_id
            order by
                case risk_level when 'red' then 1 when 'amber' then 2 else 3 end asc,
                opened_date asc,
                risk_id asc
        ) as risk_number
    from {{ ref('fct_risks') }}
    where is_open

),

renewals as (

    select
        customer_id,
        contract_id,
        due_date,
        cast(due_date - {{ as_of_date() }} as integer) as days_to_due,
        row_number() over (
            partition by customer_id order by due_date, contract_id
        ) as renewal_number
    from {{ ref('fct_renewals') }}
    where not is_resolved and expected_cmrr > 0

),

contacts as (

    select
        customer_id,
        max(occurred_date) as last_contact_date
    from {{ ref('fct_interactions') }}
    group by customer_id

),

sponsors as (

    select
        customer_id,
        bool_or(is_active) as has_active_sponsor
    from {{ ref('fct_sponsor_spells') }}
    group by customer_id

),

customers as (

    select
        customer_id,
        customer_name,
        csm_user_id
    from {{ ref('dim_customers') }}

),

users as (

    select
        user_id,
        full_name
    from {{ ref('dim_users') }}

),

final as (

    select
        health.customer_id,
        customers.customer_name,
        customers.csm_user_id,
        users.full_name as csm_name,
        health.health_score,
        health.change_30_days,
        {%- for number in [1, 2, 3] %}
        worst_components.worst_component_{{ number }},
        worst_components.worst_measure_{{ number }},
        worst_components.worst_measure_value_{{ number }},
        {%- endfor %}
        renewals.contract_id as next_contract_id,
        renewals.due_date as next_due_date,
        renewals.days_to_due,
        {{ ratio('90', 'greatest(coalesce(renewals.days_to_due, 365), 90)') }}
            as nearness,
        cast(coalesce(open_risks.open_risks, 0) as integer) as open_risks,
        open_risks.risk_level,
        open_risks.reason_code as risk_reason_code,
        open_risks.intention,
        open_risks.action_plan,
        contacts.last_contact_date,
        cast({{ as_of_date() }} - contacts.last_contact_date as integer)
            as days_since_contact,
        case
            when sponsors.has_active_sponsor then 'active'
            when sponsors.customer_id is not null then 'departed'
            else 'none'
        end as sponsor_status
    from health
    inner join customers
        on health.customer_id = customers.customer_id
    left join worst_components
        on health.customer_id = worst_components.customer_id
    left join open_risks
        on health.customer_id = open_risks.customer_id and open_risks.risk_number = 1
    left join renewals
        on health.customer_id = renewals.customer_id and renewals.renewal_number = 1
    left join contacts
        on health.customer_id = contacts.customer_id
    left join sponsors
        on health.customer_id = sponsors.customer_id
    left join users
        on customers.csm_user_id = users.user_id

)

select * from final
