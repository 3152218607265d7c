-- Every referred account has one first referral, and converts at most once.
select referred_account_id
from {{ ref('fct_advocacy_events') }}
where referred_account_id is not null
group by referred_account_id
having
    count(*) filter (where is_first_referral) <> 1
    or count(*) filter (where is_converted) > 1
