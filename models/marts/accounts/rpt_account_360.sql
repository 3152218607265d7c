{%- set parts = {
    'commerce': [
        'cmrr_change_30_days', 'cmrr_change_90_days', 'cmrr_change_365_days',
        'products_held', 'product_lines_held', 'product_names',
        'next_renewal_contract_id', 'next_renewal_date', 'days_to_renewal',
        'next_renewal_expected_cmrr', 'quote_state', 'outreach_state',
        'open_invoices', 'open_amount', 'overdue_invoices', 'overdue_amount',
        'days_overdue', 'open_opportunities', 'next_expected_close_date',
    ],
    'services': [
        'licences_purchased', 'licence_utilisation', 'active_users',
        'usage_change_28_days', 'usage_change_year', 'onboarding_status',
        'planned_go_live_date', 'went_live_date', 'onboarding_days_past_plan',
        'onboarding_milestones', 'onboarding_milestones_completed',
        'is_onboarding_stalled', 'measures_agreed', 'measures_met', 'annual_value',
        'customer_roi', 'open_tickets', 'open_escalated_tickets',
        'oldest_open_ticket_days',
    ],
    'relations': [
        'newest_nps_score', 'newest_nps_date', 'newest_csat_score',
        'newest_csat_date', 'open_risks', 'worst_risk_level',
        'worst_risk_reason_code', 'worst_risk_intention', 'worst_risk_action_plan',
        'worst_risk_opened_date', 'active_sponsors', 'sponsor_departures_90_days',
        'last_sponsor_departure_date', 'last_contact_date', 'last_contact_type',
        'days_since_last_contact', 'last_qbr_date', 'advocacy_acts_365_days',
        'last_advocacy_date', 'mails_sent_three_months', 'mail_engagement_rate',
        'mail_engagement_rate_year_ago',
    ],
} -%}
-- One row per customer: all that its CSM wants to know before a call, as of today.
-- Null: not known. 0: there is none.
with

customers as (

    select
        customer_id,
        customer_name,
        parent_customer_id,
        industry,
        country,
        region,
        segment,
        lifecycle_stage,
        csm_user_id,
        first_signed_date,
        churned_date,
        tenure_months,
        cmrr,
        recognised_mrr,
        is_active,
        is_referenceable
    from {{ ref('dim_customers') }}

),

users as (

    select
        user_id,
        full_name
    from {{ ref('dim_users') }}

),

{% for part, columns in parts.items() %}
{{ part }} as (

    select
        customer_id,
        {{ columns | join(',\n        ') }}
    from {{ ref('fct_account_' ~ part) }}

),
{% endfor %}
final as (

    select
        customers.customer_id,
        customers.customer_name,
        parents.customer_name as parent_customer_name,
        customers.industry,
        customers.country,
        customers.region,
        customers.segment,
        customers.lifecycle_stage,
        customers.csm_user_id,
        users.full_name as csm_name,
        customers.first_signed_date,
        customers.churned_date,
        customers.tenure_months,
        customers.cmrr,
        customers.recognised_mrr,
        {%- for part, columns in parts.items() %}
        {%- for column in columns %}
        {{ part }}.{{ column }},
        {%- endfor %}
        {%- endfor %}
        customers.is_active,
        customers.is_referenceable,
        {{ as_of_date() }} as report_date
    from customers
    left join customers as parents
        on customers.parent_customer_id = parents.customer_id
    left join users
        on customers.csm_user_id = users.user_id
    {%- for part in parts %}
    inner join {{ part }}
        on customers.customer_id = {{ part }}.customer_id
    {%- endfor %}

)

select * from final
