-- Use of the product by `accounts` customers over 730 days up to `as_of`: `row_count` events
-- as Parquet, the rest into the raw relations of an empty working file. A hash of each row's
-- number decides everything. Files of events hold them in the order in which they were loaded.

create temp macro pick(number, salt, choices) as (
    cast(hash(salt || '|' || number) % choices as integer)
);

create temp macro account_of(user_number) as (
    'A-' || lpad(cast(user_number // 5 as varchar), 7, '0')
);

create temp macro user_of(user_number) as (
    'U-' || lpad(cast(user_number as varchar), 8, '0')
);

create temp table horizon as
select
    cast(getvariable('as_of') as date) as last_day,
    cast(getvariable('as_of') as date) - 730 as first_day;

-- Four events make a user's day: a login and three uses of that user's three features. One user
-- in five makes half of the days. Of the days 1 in 100 is loaded late: 9 in 10 of those within
-- 14 days, the others within 40.
create temp view visits as
select
    number,
    number // 4 as visit,
    horizon.first_day + cast(number * 730 // getvariable('row_count') as integer) + 1
        as loaded_day,
    case
        when pick(number // 4, 'heavy', 2) = 0
            then pick(number // 4, 'user', getvariable('accounts'))
        else pick(number // 4, 'user', 5 * getvariable('accounts'))
    end as user_number,
    case
        when pick(number // 4, 'late', 100) <> 0 then 1
        when pick(number // 4, 'very_late', 10) <> 0
            then 2 + pick(number // 4, 'days', 13)
        else 15 + pick(number // 4, 'days', 26)
    end as days_late,
    pick(number, 'second', 86400) as second_of_day
from range(getvariable('row_count')) as numbers (number)
cross join horizon;

create temp view events as
select
    'E-' || lpad(cast(number as varchar), 10, '0') as event_id,
    account_of(user_number) as account_id,
    user_of(user_number) as end_user_id,
    case
        when number % 4 = 0 then 'login'
        else 'feature_' || (user_number + pick(number, 'feature', 3)) % 12
    end as feature_name,
    ['web', 'web', 'web', 'mobile', 'api'][1 + pick(number, 'platform', 5)] as platform,
    cast(loaded_day - days_late as timestamp) + second_of_day * interval 1 second
        as occurred_at,
    cast(loaded_day as timestamp) as received_at,
    cast(loaded_day as timestamp) + interval 2 hour as loaded_at
from visits;

-- 1 row in 1,000 lands twice, and 1 in 1,000 again the day after, from another platform.
copy (
    select * from events
    union all
    select * from events
    where pick(event_id, 'twice', 1000) = 0
    union all
    select * exclude (last_day) replace (
        'other' as platform,
        least(loaded_at + interval 1 day, last_day + interval 2 hour) as loaded_at
    )
    from events
    cross join (select last_day from horizon)
    where pick(event_id, 'again', 1000) = 0
) to (getvariable('events_file')) (format parquet);

insert into raw_crm.accounts by name
select
    account_of(5 * number) as account_id,
    'Account ' || number as account_name,
    'DE' as country,
    'direct' as sales_channel,
    cast(first_day - 40 as timestamp) as created_at,
    cast(first_day - 40 as timestamp) as updated_at,
    false as is_deleted,
    cast(first_day - 39 as timestamp) as loaded_at
from range(getvariable('accounts')) as numbers (number)
cross join horizon;

insert into raw_product_usage.end_users by name
select
    user_of(number) as end_user_id,
    account_of(number) as account_id,
    cast(first_day - 40 as timestamp) as created_at,
    cast(first_day - 40 as timestamp) as updated_at,
    cast(first_day - 39 as timestamp) as loaded_at
from range(5 * getvariable('accounts')) as numbers (number)
cross join horizon;

create temp table products as
select
    'SKU-' || number as sku,
    'Product ' || number as product_name,
    'Line' as product_line,
    'recurring' as charge_type,
    case when number = 3 then 'thousand_calls' else 'seat' end as unit_of_measure,
    false as is_archive
from range(4) as numbers (number);

insert into raw_billing.products by name
select
    products.*,
    cast(first_day - 40 as timestamp) as updated_at,
    cast(first_day - 39 as timestamp) as loaded_at
from products
cross join horizon;

insert into raw_product_usage.features by name
select
    case when number = 12 then 'login' else 'feature_' || number end as feature_name,
    'SKU-' || (number % 4) as sku,
    number % 3 = 0 as is_sticky,
    cast(first_day + cast(30 * number - 60 as integer) as timestamp) as released_at,
    cast(first_day + cast(30 * number - 59 as integer) as timestamp) as loaded_at
from range(13) as numbers (number)
cross join horizon;

-- Each account has one contract over the whole time, of one to four SKUs.
insert into raw_billing.contracts by name
select
    'K-' || number as contract_id,
    account_of(5 * number) as account_id,
    cast(first_day - 30 + pick(number, 'start', 600) as timestamp) as signed_at,
    cast(first_day - 30 + pick(number, 'start', 600) as date) as start_date,
    cast(last_day + 30 + pick(number, 'end', 300) as date) as end_date,
    'annual' as billing_frequency,
    true as auto_renews,
    'USD' as currency,
    cast(first_day - 30 as timestamp) as created_at,
    cast(first_day - 30 as timestamp) as updated_at,
    false as is_deleted,
    cast(first_day - 29 as timestamp) as loaded_at
from range(getvariable('accounts')) as numbers (number)
cross join horizon;

insert into raw_billing.orders by name
select
    replace(contract_id, 'K', 'O') as order_id,
    contract_id,
    'new' as order_type,
    signed_at,
    created_at,
    updated_at,
    is_deleted,
    loaded_at
from raw_billing.contracts;

insert into raw_billing.order_lines by name
select
    replace(contract_id, 'K', 'L') || '-' || products.sku as order_line_id,
    replace(contract_id, 'K', 'O') as order_id,
    products.sku,
    5 + pick(contract_id, products.sku, 20) as quantity,
    100 as list_unit_price,
    0 as discount_percent,
    contracts.start_date as service_start_date,
    contracts.end_date as service_end_date,
    contracts.updated_at,
    false as is_deleted,
    contracts.loaded_at
from raw_billing.contracts as contracts
inner join products
    on
        products.sku = 'SKU-0'
        or pick(contracts.contract_id, 'holds ' || products.sku, 3) = 0;

insert into raw_product_usage.licence_events by name
select
    'LE-' || end_user_id as licence_event_id,
    account_id,
    end_user_id,
    'SKU-0' as sku,
    'assigned' as event_type,
    cast(first_day + pick(end_user_id, 'assigned', 730) as timestamp) as occurred_at,
    cast(first_day + pick(end_user_id, 'assigned', 730) + 1 as timestamp) as loaded_at
from raw_product_usage.end_users
cross join horizon;

insert into raw_product_usage.meter_readings by name
select
    contracts.account_id,
    lines.sku,
    cast(first_day + cast(30 * number as integer) as date) as reading_date,
    pick(order_line_id || number, 'units', 200) as units_consumed,
    cast(first_day + cast(30 * number + 1 as integer) as timestamp) as loaded_at
from raw_billing.order_lines as lines
inner join raw_billing.contracts as contracts
    on lines.order_id = replace(contracts.contract_id, 'K', 'O')
cross join range(24) as numbers (number)
cross join horizon
where lines.sku = 'SKU-3';

insert into raw_success.onboarding_projects by name
select
    'P-' || contract_id as project_id,
    account_id,
    contract_id,
    cast(start_date as timestamp) as success_measures_agreed_at,
    cast(start_date + 30 as date) as planned_go_live_date,
    cast(start_date + 40 as timestamp) as went_live_at,
    updated_at,
    loaded_at
from raw_billing.contracts;
