-- The floor: every event read once, and one sum by account, user, feature and day. Nothing
-- is deduplicated, judged, counted by platform or kept up to date.

create schema floor;

create table floor.scan as
select
    count(event_id) as event_ids,
    max(account_id || end_user_id || feature_name || platform) as text_seen,
    max(occurred_at) as newest
from raw_product_usage.events;

create table floor.usage_days as
select
    account_id,
    end_user_id,
    feature_name,
    cast(occurred_at as date) as usage_date,
    count(*) as event_count
from raw_product_usage.events
group by account_id, end_user_id, feature_name, cast(occurred_at as date);
