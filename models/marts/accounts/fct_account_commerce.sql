-- One row per customer as of today: how its CMRR moved, what it holds, its next
-- renewal, what it owes and what is on offer to it.
with

customers as (

    select customer_id
    from {{ ref('dim_customers') }}

),

movements as (

    select
        customer_id,
        sku,
        amount,
        movement_date
    from {{ ref('fct_cmrr_movements') }}
    where movement_date <= {{ as_of_date() }}

),

products as (

    select
        sku,
        product_name,
        product_line
    from {{ ref('dim_products') }}

),

renewals as (

    select
        contract_id,
        customer_id,
        due_date,
        expected_cmrr,
        quote_sent_days_before_due,
        is_quote_in_time,
        first_outreach_days_before_due,
        is_outreach_in_time,
        row_number()
            over (partition by customer_id order by due_date, contract_id)
            as renewal_number
    from {{ ref('fct_renewals') }}
    where not is_resolved

),

receivables as (

    select
        customer_id,
        open_amount,
        days_overdue
    from {{ ref('fct_receivables') }}
    where report_date = {{ as_of_date() }} and open_amount <> 0

),

opportunities as (

    select
        customer_id,
        expected_close_date
    from {{ ref('fct_opportunities') }}
    where outcome = 'open'

),

changes as (

    select
        {%- for days in [30, 90, 365] %}
        sum(
            case
                when movement_date > {{ add_days(as_of_date(), -days) }} then amount
                else 0
            end
        ) as cmrr_change_{{ days }}_days,
        {%- endfor %}
        customer_id
    from movements
    group by customer_id

),

holdings as (

    select
        customer_id,
        sku
    from movements
    group by customer_id, sku
    having sum(amount) > 0

),

held_products as (

    select
        holdings.customer_id,
        count(*) as products_held,
        count(distinct products.product_line) as product_lines_held,
        string_agg(
            products.product_name, ', '
            order by products.product_name, products.sku
        ) as product_names
    from holdings
    inner join products
        on holdings.sku = products.sku
    group by holdings.customer_id

),

debts as (

    select
        customer_id,
        count(*) as open_invoices,
        sum(open_amount) as open_amount,
        count(*) filter (where days_overdue > 0) as overdue_invoices,
        coalesce(sum(open_amount) filter (where days_overdue > 0), 0)
            as overdue_amount,
        nullif(max(days_overdue), 0) as days_overdue
    from receivables
    group by customer_id

),

offers as (

    select
        customer_id,
        count(*) as open_opportunities,
        min(expected_close_date) as next_expected_close_date
    from opportunities
    group by customer_id

),

customers_with_renewal as (

    select
        customers.customer_id,
        renewals.contract_id,
        renewals.due_date,
        renewals.expected_cmrr,
        renewals.quote_sent_days_before_due,
        renewals.is_quote_in_time,
        renewals.first_outreach_days_before_due,
        renewals.is_outreach_in_time,
        cast(renewals.due_date - {{ as_of_date() }} as integer) as days_to_renewal
    from customers
    left join renewals
        on
            customers.customer_id = renewals.customer_id
            and renewals.renewal_number = 1

),

final as (

    select
        customers.customer_id,
        {%- for days in [30, 90, 365] %}
        cast(coalesce(changes.cmrr_change_{{ days }}_days, 0) as decimal(18, 2))
            as cmrr_change_{{ days }}_days,
        {%- endfor %}
        cast(coalesce(held_products.products_held, 0) as integer) as products_held,
        cast(coalesce(held_products.product_lines_held, 0) as integer)
            as product_lines_held,
        held_products.product_names,
        customers.contract_id as next_renewal_contract_id,
        customers.due_date as next_renewal_date,
        customers.days_to_renewal,
        cast(customers.expected_cmrr as decimal(18, 2)) as next_renewal_expected_cmrr,
        case
            when customers.contract_id is null then null
            when customers.is_quote_in_time then 'in_time'
            when customers.quote_sent_days_before_due is not null then 'late'
            when customers.days_to_renewal > 120 then 'not_due'
            else 'overdue'
        end as quote_state,
        case
            when customers.contract_id is null then null
            when customers.is_outreach_in_time then 'in_time'
            when customers.first_outreach_days_before_due is not null then 'late'
            when customers.days_to_renewal >= 90 then 'not_due'
            else 'overdue'
        end as outreach_state,
        cast(coalesce(debts.open_invoices, 0) as integer) as open_invoices,
        cast(coalesce(debts.open_amount, 0) as decimal(18, 2)) as open_amount,
        cast(coalesce(debts.overdue_invoices, 0) as integer) as overdue_invoices,
        cast(coalesce(debts.overdue_amount, 0) as decimal(18, 2)) as overdue_amount,
        cast(debts.days_overdue as integer) as days_overdue,
        cast(coalesce(offers.open_opportunities, 0) as integer) as open_opportunities,
        offers.next_expected_close_date
    from customers_with_renewal as customers
    left join changes
        on customers.customer_id = changes.customer_id
    left join held_products
        on customers.customer_id = held_products.customer_id
    left join debts
        on customers.customer_id = debts.customer_id
    left join offers
        on customers.customer_id = offers.customer_id

)

select * from final
