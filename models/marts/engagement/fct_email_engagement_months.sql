-- One row per month and customer mailed in it or a year before: sent, opened, clicked.
-- A mail counts in the month it was sent; what became of it, by the as-of date.
{%- set measures = ['sent', 'opened', 'clicked', 'engaged', 'unsubscribed'] %}

with

mails as (

    select
        account_id as customer_id,
        {{ local_date('sent_at') }} as sent_date,
        coalesce({{ local_date('opened_at') }} <= {{ as_of_date() }}, false)
            as is_opened,
        coalesce({{ local_date('clicked_at') }} <= {{ as_of_date() }}, false)
            as is_clicked,
        coalesce({{ local_date('unsubscribed_at') }} <= {{ as_of_date() }}, false)
            as is_unsubscribed
    from {{ ref('stg_marketing__email_sends') }}
    where {{ local_date('sent_at') }} <= {{ as_of_date() }}

),

mails_by_month as (

    select
        customer_id,
        cast(date_trunc('month', sent_date) as date) as month,
        case
            when
                date_trunc('month', sent_date)
                = date_trunc('month', {{ as_of_date() }} - interval 1 year)
                then sent_date <= {{ as_of_date() }} - interval 1 year
            else true
        end as is_comparable,
        is_opened,
        is_clicked,
        is_unsubscribed
    from mails

),

months as (

    select
        month,
        customer_id,
        count(*) as sent,
        count(*) filter (where is_opened) as opened,
        count(*) filter (where is_clicked) as clicked,
        count(*) filter (where is_opened or is_clicked) as engaged,
        count(*) filter (where is_unsubscribed) as unsubscribed,
        count(*) filter (where is_comparable) as sent_by_day,
        count(*) filter (where is_comparable and is_opened) as opened_by_day,
        count(*) filter (where is_comparable and is_clicked) as clicked_by_day,
        count(*) filter (where is_comparable and (is_opened or is_clicked))
            as engaged_by_day,
        count(*) filter (where is_comparable and is_unsubscribed)
            as unsubscribed_by_day
    from mails_by_month
    group by month, customer_id

),

months_and_years as (

    select
        {%- for measure in measures %}
        {{ measure }},
        0 as {{ measure }}_year_ago,
        {%- endfor %}
        month,
        customer_id
    from months

    union all

    select
        {%- for measure in measures %}
        0 as {{ measure }},
        {{ measure }}_by_day as {{ measure }}_year_ago,
        {%- endfor %}
        cast(month + interval 1 year as date) as month,
        customer_id
    from months
    where
        cast(month + interval 1 year as date) <= {{ as_of_date() }}
        and sent_by_day > 0

),

totals as (

    select
        {%- for measure in measures %}
        cast(sum({{ measure }}) as integer) as {{ measure }},
        cast(sum({{ measure }}_year_ago) as integer) as {{ measure }}_year_ago,
        {%- endfor %}
        month,
        customer_id
    from months_and_years
    group by month, customer_id

),

final as (

    select
        month,
        customer_id,
        {%- for measure in measures %}
        {{ measure }},
        {%- endfor %}
        {{ ratio('engaged', 'sent') }} as engagement_rate,
        {%- for measure in measures %}
        {{ measure }}_year_ago,
        {%- endfor %}
        {{ ratio('engaged_year_ago', 'sent_year_ago') }} as engagement_rate_year_ago
    from totals

)

select * from final
