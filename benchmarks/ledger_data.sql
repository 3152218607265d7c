-- What finance and customer success add to the billing history: renewal quotes, outreach,
-- invoices with their payments, and twelve months of journal lines that follow the books
-- but for one in a hundred postings. Reads the raw billing relations of `billing_data.sql`.

create temp macro pick(place, salt, choices) as (
    cast(md5_number_lower(salt || '|' || place) % choices as integer)
);

create temp table horizon as
select
    cast(getvariable('as_of') as date) as last_day,
    date_trunc('month', cast(getvariable('as_of') as date) + 1) - interval 12 month
        as first_posted;

create temp table lines as
select
    order_lines.order_line_id,
    contracts.account_id,
    contracts.contract_id,
    contracts.currency,
    order_lines.sku,
    order_lines.service_start_date,
    least(
        order_lines.service_end_date,
        coalesce(notices.effective_date - 1, order_lines.service_end_date),
        coalesce(renewals.start_date - 1, order_lines.service_end_date)
    ) as service_last_date,
    cast(
        round(
            cast(order_lines.quantity as double)
            * order_lines.list_unit_price
            * (100 - order_lines.discount_percent)
            / 100,
            2
        ) as decimal(18, 2)
    ) as annual_amount,
    orders.signed_at
from raw_billing.order_lines
inner join raw_billing.orders on order_lines.order_id = orders.order_id
inner join raw_billing.contracts on orders.contract_id = contracts.contract_id
left join raw_billing.contracts as renewals
    on contracts.contract_id = renewals.renewed_from_contract_id
left join (
    select
        contract_id,
        min(effective_date) as effective_date
    from raw_billing.cancellations
    where sku is null
    group by contract_id
) as notices on contracts.contract_id = notices.contract_id;

create temp table rates as
select
    currency,
    rate,
    rate_date,
    lead(rate_date, 1, date '9999-01-01') over (partition by currency order by rate_date)
        as next_rate_date
from raw_billing.exchange_rates;

insert into raw_ledger.gl_accounts by name
select
    account_number,
    account_class as account_name,
    account_class,
    timestamp '2000-01-01' as loaded_at
from (
    values
    ('1200', 'receivable'),
    ('2400', 'deferred_revenue'),
    ('4000', 'recurring_revenue'),
    ('4100', 'usage_revenue'),
    ('5000', 'cost_of_recurring')
) as accounts (account_number, account_class);

insert into raw_billing.quotes by name
select
    'QUOTE-' || contract_id as quote_id,
    contract_id,
    cast(end_date - 60 - pick(contract_id, 'quote', 120) as timestamp) as sent_at,
    1000.00 as annual_amount,
    currency,
    'sent' as status,
    cast(end_date - 60 - pick(contract_id, 'quote', 120) as timestamp) as updated_at,
    cast(end_date - 60 - pick(contract_id, 'quote', 120) as timestamp) as loaded_at
from raw_billing.contracts
where
    pick(contract_id, 'quoted', 10) < 7
    and end_date - 60 - pick(contract_id, 'quote', 120) < cast(getvariable('as_of') as date);

insert into raw_crm.activities by name
select
    'OUTREACH-' || contract_id as activity_id,
    account_id,
    contract_id,
    'renewal_outreach' as activity_type,
    cast(end_date - 60 - pick(contract_id, 'outreach', 120) as timestamp) as occurred_at,
    cast(end_date - 60 - pick(contract_id, 'outreach', 120) as timestamp) as loaded_at
from raw_billing.contracts
where
    pick(contract_id, 'reached', 10) < 7
    and end_date - 60 - pick(contract_id, 'outreach', 120)
    < cast(getvariable('as_of') as date);

create temp table invoices as
select
    'INVOICE-' || lines.order_line_id as invoice_id,
    lines.*,
    cast(greatest(lines.service_start_date, cast(lines.signed_at as date)) as date)
        as invoice_date
from lines
where lines.annual_amount <> 0;

insert into raw_billing.invoices by name
select
    invoice_id,
    account_id,
    contract_id,
    invoice_date,
    invoice_date + 30 as due_date,
    currency,
    annual_amount as total_amount,
    case when pick(invoice_id, 'paid', 20) < 19 then 'paid' else 'open' end as status,
    cast(invoice_date as timestamp) as updated_at,
    cast(invoice_date as timestamp) as loaded_at
from invoices
where invoice_date <= cast(getvariable('as_of') as date);

insert into raw_billing.invoice_lines by name
select
    'INVOICE-LINE-' || order_line_id as invoice_line_id,
    invoice_id,
    order_line_id,
    sku,
    case when annual_amount < 0 then 'credit' else 'recurring' end as line_type,
    service_start_date,
    service_last_date as service_end_date,
    annual_amount as amount,
    cast(invoice_date as timestamp) as loaded_at
from invoices
where invoice_date <= cast(getvariable('as_of') as date);

insert into raw_billing.payments by name
select
    'PAYMENT-' || order_line_id as payment_id,
    invoice_id,
    cast(invoice_date + 20 + pick(invoice_id, 'wait', 60) as timestamp) as paid_at,
    annual_amount as amount,
    currency,
    'succeeded' as status,
    cast(invoice_date + 20 + pick(invoice_id, 'wait', 60) as timestamp) as loaded_at
from invoices
where
    annual_amount > 0
    and pick(invoice_id, 'paid', 20) < 19
    and invoice_date + 20 + pick(invoice_id, 'wait', 60)
    <= cast(getvariable('as_of') as date);

-- One posting a half month, line and side; one in a hundred is missing or a month late.
create temp table postings as
select
    lines.order_line_id || '-' || strftime(months.month, '%Y%m') as place,
    lines.account_id,
    lines.sku,
    cast(months.month as date) as service_month,
    round(
        lines.annual_amount
        / 12
        * (
            least(lines.service_last_date, last_day(months.month))
            - greatest(lines.service_start_date, cast(months.month as date))
            + 1
        )
        / extract(day from last_day(months.month))
        * coalesce(rates.rate, 1)
        / 2,
        2
    ) as amount
from lines
cross join horizon
inner join (
    select unnest(generate_series(first_posted, last_day, interval 1 month)) as month
    from horizon
) as months
    on
        lines.service_start_date <= last_day(months.month)
        and lines.service_last_date >= months.month
left join rates
    on
        lines.currency = rates.currency
        and last_day(months.month) >= rates.rate_date
        and last_day(months.month) < rates.next_rate_date;

insert into raw_ledger.journal_lines by name
select
    place || '-' || half || '-' || account_number as journal_line_id,
    place as journal_id,
    posting_date,
    account_number,
    account_id as customer_account_id,
    sku,
    service_month,
    'revenue_recognition' as entry_source,
    case when (account_number = '4000') = (amount > 0) then 0 else abs(amount) end
        as debit_amount,
    case when (account_number = '4000') = (amount > 0) then abs(amount) else 0 end
        as credit_amount,
    cast(posting_date as timestamp) as posted_at,
    cast(posting_date as timestamp) as loaded_at
from (
    select
        *,
        last_day(
            service_month
            + case when pick(place, 'late', 200) = 0 then 1 else 0 end * interval 1 month
        ) as posting_date
    from postings
    where pick(place, 'missing', 200) > 0
)
cross join (values (1), (2)) as halves (half)
cross join (values ('4000'), ('2400')) as sides (account_number)
where posting_date <= cast(getvariable('as_of') as date);
