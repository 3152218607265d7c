-- The floor: from the days of the lines, taken as known, what each term brings on its last
-- day, and per month, customer and SKU what the ledger posted beside what was in service.
-- One join and one sum each. Nothing is resolved, locked, recognised, timed or explained.

create schema floor;

create table floor.renewals as
select
    contracts.contract_id,
    contracts.end_date as due_date,
    sum(lines.reporting_mrr) as expected_cmrr
from intermediate.int_contract_families as contracts
inner join intermediate.int_recurring_lines_priced as lines
    on
        contracts.contract_id = lines.contract_id
        and contracts.end_date = lines.service_end_date
group by contracts.contract_id, contracts.end_date;

create table floor.locks as
select
    date_trunc('month', contracts.end_date) as period_start,
    contracts.contract_id,
    sum(lines.reporting_mrr) as expected_cmrr
from intermediate.int_contract_families as contracts
inner join intermediate.int_recurring_lines_priced as lines
    on
        contracts.contract_id = lines.contract_id
        and contracts.end_date = lines.service_end_date
        and date_trunc('month', contracts.end_date) > lines.signed_date
where date_trunc('month', contracts.end_date) <= cast(getvariable('as_of') as date)
group by date_trunc('month', contracts.end_date), contracts.contract_id;

create table floor.reconciliation as
with posted as (
    select
        date_trunc('month', journal_lines.posting_date) as month,
        coalesce(journal_lines.customer_account_id, 'not_given') as customer_id,
        coalesce(journal_lines.sku, 'not_given') as sku,
        sum(journal_lines.credit_amount - journal_lines.debit_amount) as ledger_revenue
    from raw_ledger.journal_lines
    inner join raw_ledger.gl_accounts
        on journal_lines.account_number = gl_accounts.account_number
    where gl_accounts.account_class = 'recurring_revenue'
    group by all
),

served as (
    select
        months.month,
        lines.customer_id,
        lines.sku,
        sum(
            lines.reporting_mrr
            * (
                least(lines.service_over_date, months.month + interval 1 month)::date
                - greatest(lines.service_start_date, months.month)
            )
            / extract(day from last_day(months.month))
        ) as expected_revenue,
        sum(lines.reporting_mrr) filter (
            where lines.service_over_date > last_day(months.month)
        ) as recognised_mrr
    from intermediate.int_line_commitments as lines
    inner join intermediate.int_months as months
        on
            lines.service_start_date <= last_day(months.month)
            and lines.service_over_date > months.month
    group by all
)

select
    coalesce(posted.month, served.month) as month,
    coalesce(posted.customer_id, served.customer_id) as customer_id,
    coalesce(posted.sku, served.sku) as sku,
    served.recognised_mrr,
    served.expected_revenue,
    posted.ledger_revenue
from posted
full join served
    on
        posted.month = served.month
        and posted.customer_id = served.customer_id
        and posted.sku = served.sku;
