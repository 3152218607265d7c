-- One row per customer, part of health and day on which rows came that spoke of earlier
-- days: the earliest of them. A row that was overwritten or deleted came when it was
-- loaded anew; a deleted account takes everything that hangs on it away.
{%- set components_read_by = {
    'usage': ['product_adoption'],
    'tickets': ['support', 'self_sufficiency'],
    'answers': ['surveys'],
    'email_sends': ['marketing_engagement'],
    'community_posts': ['community'],
    'advocacy_events': ['advocacy'],
    'payments': ['payment_history'],
    'people': ['executive_relationship'],
    'risks': ['csm_risk'],
    'contracts': [
        'contract', 'contract_growth', 'product_adoption', 'support', 'self_sufficiency'
    ],
    'accounts': ['contract'],
} %}
{#- What is read, by which account, the day it speaks of, and when it was loaded. #}
{%- set rows_with_account = [
    ('usage', 'int_usage_days', 'usage_date', 'newest_loaded_at'),
    ('tickets', 'stg_support__tickets', local_date('created_at'), 'loaded_at'),
    ('email_sends', 'stg_marketing__email_sends', local_date('sent_at'), 'loaded_at'),
    ('community_posts', 'stg_marketing__community_posts', local_date('posted_at'), 'loaded_at'),
    ('advocacy_events', 'stg_success__advocacy_events', local_date('occurred_at'), 'loaded_at'),
    ('people', 'stg_crm__activities', local_date('occurred_at'), 'loaded_at'),
    ('people', 'base_crm__contacts', local_date('created_at'), 'loaded_at'),
    ('risks', 'stg_success__risks', local_date('opened_at'), 'loaded_at'),
    ('payments', 'stg_billing__invoices', 'due_date', 'loaded_at'),
    (
        'contracts',
        'base_billing__contracts',
        'least(start_date, ' ~ local_date('signed_at') ~ ')',
        'loaded_at',
    ),
    ('accounts', 'base_crm__accounts', "cast('1900-01-01' as date)", 'loaded_at'),
    ('contracts', 'stg_success__onboarding_projects', "cast('1900-01-01' as date)", 'loaded_at'),
] %}

with

{% for kind, model, spoke_of_date, loaded_at in rows_with_account -%}
rows_{{ loop.index }} as (

    select
        '{{ kind }}' as kind,
        account_id as customer_id,
        {{ spoke_of_date }} as spoke_of_date,
        {{ loaded_at }} as loaded_at
    from {{ ref(model) }}
    {%- if model == 'base_crm__accounts' %}
    where row_status = 'deleted'
    {%- elif model.startswith('base_') %}
    where row_status in ('current', 'deleted')
    {%- endif %}

),

{% endfor -%}

answers as (

    select
        'answers' as kind,
        invitations.account_id as customer_id,
        {{ local_date('responses.responded_at') }} as spoke_of_date,
        responses.loaded_at
    from {{ ref('stg_surveys__responses') }} as responses
    inner join {{ ref('stg_surveys__invitations') }} as invitations
        on responses.invitation_id = invitations.invitation_id

),

payments as (

    select
        'payments' as kind,
        invoices.account_id as customer_id,
        {{ local_date('payments.paid_at') }} as spoke_of_date,
        payments.loaded_at
    from {{ ref('stg_billing__payments') }} as payments
    inner join {{ ref('stg_billing__invoices') }} as invoices
        on payments.invoice_id = invoices.invoice_id

),

order_lines as (

    select
        'contracts' as kind,
        contracts.account_id as customer_id,
        order_lines.service_start_date as spoke_of_date,
        order_lines.loaded_at
    from {{ ref('base_billing__order_lines') }} as order_lines
    inner join {{ ref('stg_billing__orders') }} as orders
        on order_lines.order_id = orders.order_id
    inner join {{ ref('stg_billing__contracts') }} as contracts
        on orders.contract_id = contracts.contract_id
    where order_lines.row_status in ('current', 'deleted')

),

cancellations as (

    select
        'contracts' as kind,
        contracts.account_id as customer_id,
        least(
            cancellations.effective_date, {{ local_date('cancellations.notified_at') }}
        ) as spoke_of_date,
        cancellations.loaded_at
    from {{ ref('base_billing__cancellations') }} as cancellations
    inner join {{ ref('stg_billing__contracts') }} as contracts
        on cancellations.contract_id = contracts.contract_id
    where cancellations.row_status in ('current', 'deleted')

),

came as (

    {% for _ in rows_with_account -%}
    select *
    from rows_{{ loop.index }}

    union all

    {% endfor -%}
    {% for name in ['answers', 'payments', 'order_lines', 'cancellations'] -%}
    select *
    from {{ name }} {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

readers as (

    {% for kind, components in components_read_by.items() -%}
    {% set is_last_kind = loop.last -%}
    {% for component in components -%}
    select
        '{{ kind }}' as kind,
        '{{ component }}' as component
    {%- if not (is_last_kind and loop.last) %}

    union all

    {% endif %}
    {%- endfor %}
    {%- endfor %}

),

final as (

    select
        came.customer_id,
        readers.component,
        {{ local_date('came.loaded_at') }} as known_date,
        min(came.spoke_of_date) as earliest_spoken_of_date
    from came
    inner join readers
        on came.kind = readers.kind
    where came.spoke_of_date < {{ local_date('came.loaded_at') }}
    group by came.customer_id, readers.component, {{ local_date('came.loaded_at') }}

)

select * from final
