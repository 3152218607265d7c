-- One row per event of a customer, in order: by day, then by hour. Of what has no hour
-- signatures and people come first on a day, what follows from others comes last.
with

customers as (

    select customer_id
    from {{ ref('dim_customers') }}

),

{% set parts = ['contract', 'service', 'relation'] -%}
events as (

    {%- for part in parts %}

    select
        event_key,
        customer_id,
        event_type,
        event_title,
        {%- if part == 'contract' %}
        amount,
        {%- else %}
        cast(null as decimal(18, 2)) as amount,
        {%- endif %}
        source_table,
        source_key,
        event_at,
        event_date
    from {{ ref('fct_account_' ~ part ~ '_events') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        events.event_key,
        events.customer_id,
        cast(
            row_number() over (
                partition by events.customer_id
                order by
                    events.event_date,
                    case
                        when events.event_at is not null then 2
                        when
                            left(events.event_type, 5) = 'cmrr_'
                            or events.event_type in (
                                'renewal_due',
                                'renewal_resolved',
                                'onboarding_completed'
                            )
                            then 3
                        else 1
                    end,
                    events.event_at,
                    events.event_type,
                    events.source_key
            ) as integer
        ) as event_number,
        events.event_date,
        events.event_at,
        events.event_type,
        events.event_title,
        events.amount,
        events.source_table,
        events.source_key
    from events
    inner join customers
        on events.customer_id = customers.customer_id

)

select * from final
