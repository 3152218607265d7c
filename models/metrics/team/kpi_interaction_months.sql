-- One row per month and customer with CMRR at its end: how often there was contact.
{%- set activity_types = [
    'call', 'email', 'meeting', 'qbr', 'onsite', 'renewal_outreach'
] %}

with

customer_months as (

    select
        month,
        customer_id,
        csm_user_id,
        segment
    from {{ ref('fct_csm_customer_months') }}
    where is_active

),

interaction_months as (

    select
        cast(date_trunc('month', occurred_date) as date) as month,
        customer_id,
        {%- for type in activity_types %}
        count(case when activity_type = '{{ type }}' then 1 end) as {{ type }}_count,
        {%- endfor %}
        count(*) as interactions
    from {{ ref('fct_interactions') }}
    group by cast(date_trunc('month', occurred_date) as date), customer_id

),

final as (

    select
        customer_months.month,
        customer_months.customer_id,
        customer_months.csm_user_id,
        customer_months.segment,
        {%- for type in activity_types %}
        coalesce(interaction_months.{{ type }}_count, 0) as {{ type }}_count,
        {%- endfor %}
        coalesce(interaction_months.interactions, 0) as interactions
    from customer_months
    left join interaction_months
        on
            customer_months.month = interaction_months.month
            and customer_months.customer_id = interaction_months.customer_id

)

select * from final
