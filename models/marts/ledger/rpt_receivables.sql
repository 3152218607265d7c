-- One row per month: what is open by age at its end (running month: as of today).
-- days_sales_outstanding: open over what was invoiced in the 90 days that end there.
{%- set buckets = [
    'not_due', 'days_1_to_30', 'days_31_to_60', 'days_61_to_90', 'days_over_90'
] %}

with

receivables as (

    select
        month,
        report_date,
        invoice_date,
        age_bucket,
        invoiced_amount,
        open_amount,
        written_off_amount
    from {{ ref('fct_receivables') }}

),

months as (

    select
        month,
        max(report_date) as report_date,
        {%- for bucket in buckets %}
        coalesce(sum(open_amount) filter (where age_bucket = '{{ bucket }}'), 0)
            as open_{{ bucket }},
        {%- endfor %}
        sum(open_amount) as open_total,
        sum(written_off_amount) as written_off_amount
    from receivables
    group by month

),

invoiced_before as (

    select
        months.month,
        sum(receivables.invoiced_amount) as invoiced_in_90_days
    from months
    inner join receivables
        on
            months.report_date >= receivables.invoice_date
            and {{ add_days('months.report_date', -90) }} < receivables.invoice_date
    group by months.month

),

final as (

    select
        months.month,
        {%- for bucket in buckets %}
        cast(months.open_{{ bucket }} as decimal(18, 2)) as open_{{ bucket }},
        {%- endfor %}
        cast(months.open_total as decimal(18, 2)) as open_total,
        cast(months.open_total - months.open_not_due as decimal(18, 2)) as open_overdue,
        {{ ratio('months.open_total - months.open_not_due', 'months.open_total') }}
            as overdue_share,
        cast(months.written_off_amount as decimal(18, 2)) as written_off_amount,
        cast(coalesce(invoiced_before.invoiced_in_90_days, 0) as decimal(18, 2))
            as invoiced_in_90_days,
        case
            when invoiced_before.invoiced_in_90_days > 0
                then cast({{ divide_money(
                    90,
                    whole_number('months.open_total', 2),
                    whole_number('invoiced_before.invoiced_in_90_days', 2),
                    decimals=1
                ) }} as decimal(9, 1))
        end as days_sales_outstanding,
        months.report_date
    from months
    left join invoiced_before
        on months.month = invoiced_before.month

)

select * from final
