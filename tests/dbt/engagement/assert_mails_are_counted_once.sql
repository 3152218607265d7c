-- Each mail sent by the as-of date stands in one month, and, where its month a year
-- later has come and is over, once more as the year before.
with

months as (

    select
        sum(sent) as sent,
        sum(opened) as opened,
        sum(clicked) as clicked,
        sum(sent_year_ago) filter (
            where month < date_trunc('month', {{ as_of_date() }})
        ) as sent_year_ago,
        sum(sent) filter (
            where
            month + interval 1 year < date_trunc('month', {{ as_of_date() }})
        ) as sent_more_than_a_year_ago
    from {{ ref('fct_email_engagement_months') }}

),

mails as (

    select
        count(*) as sent,
        count(opened_at) filter (
            where {{ local_date('opened_at') }} <= {{ as_of_date() }}
        ) as opened,
        count(clicked_at) filter (
            where {{ local_date('clicked_at') }} <= {{ as_of_date() }}
        ) as clicked
    from {{ ref('stg_marketing__email_sends') }}
    where {{ local_date('sent_at') }} <= {{ as_of_date() }}

)

select
    months.sent,
    mails.sent as landed
from months
cross join mails
where
    months.sent <> mails.sent
    or months.opened <> mails.opened
    or months.clicked <> mails.clicked
    or coalesce(months.sent_year_ago, 0)
    <> coalesce(months.sent_more_than_a_year_ago, 0)
