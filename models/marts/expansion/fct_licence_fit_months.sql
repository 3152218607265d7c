-- One row per month end and customer with CMRR: does it use what it pays for?
-- Right-sizing candidates use too little, discounts of those who use much can go.
with

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

rules as (

    select
        max(case when rule_name = 'right_sizing_utilisation_below' then threshold end)
            as right_sizing_utilisation,
        max(case when rule_name = 'right_sizing_days_to_renewal' then threshold end)
            as right_sizing_days,
        max(case when rule_name = 'recapture_utilisation_above' then threshold end)
            as recapture_utilisation
    from {{ ref('licence_fit_rules') }}

),

customer_months as (

    select
        month,
        customer_id,
        segment,
        cmrr
    from {{ ref('fct_csm_customer_months') }}
    where is_active

),

utilisation as (

    select
        month,
        customer_id,
        licences_purchased,
        licence_utilisation
    from {{ ref('fct_adoption_months') }}

),

due_dates as (

    select
        month,
        customer_id,
        next_due_date
    from {{ ref('int_customer_due_dates') }}

),

discounts as (

    select
        months.month,
        lines.customer_id,
        sum(lines.discount_mrr) as discount_cmrr
    from {{ ref('fct_discounts') }} as lines
    inner join months
        on
            lines.commit_start_date <= months.report_date
            and lines.commit_end_date > months.report_date
    group by months.month, lines.customer_id

),

fits as (

    select
        customer_months.month,
        customer_months.customer_id,
        customer_months.segment,
        customer_months.cmrr,
        coalesce(utilisation.licences_purchased, 0) as licences_purchased,
        utilisation.licence_utilisation,
        due_dates.next_due_date,
        coalesce(discounts.discount_cmrr, 0) as discount_cmrr,
        coalesce(
            utilisation.licence_utilisation < rules.right_sizing_utilisation
            and due_dates.next_due_date - months.report_date <= rules.right_sizing_days,
            false
        ) as is_right_sizing_candidate,
        coalesce(
            utilisation.licence_utilisation > rules.recapture_utilisation
            and discounts.discount_cmrr > 0,
            false
        ) as is_recapture_candidate
    from customer_months
    inner join months
        on customer_months.month = months.month
    cross join rules
    left join utilisation
        on
            customer_months.month = utilisation.month
            and customer_months.customer_id = utilisation.customer_id
    left join due_dates
        on
            customer_months.month = due_dates.month
            and customer_months.customer_id = due_dates.customer_id
    left join discounts
        on
            customer_months.month = discounts.month
            and customer_months.customer_id = discounts.customer_id

),

final as (

    select
        month,
        customer_id,
        segment,
        cmrr,
        licences_purchased,
        licence_utilisation,
        next_due_date,
        cast(discount_cmrr as decimal(18, 2)) as discount_cmrr,
        cast(
            case when is_recapture_candidate then discount_cmrr else 0 end
            as decimal(18, 2)
        ) as recapture_cmrr,
        is_right_sizing_candidate,
        is_recapture_candidate
    from fits

)

select * from final
