-- The CSM of dim_customers is the one whose portfolio holds the customer today. Two
-- answers to "whose is it?" would send two people, or nobody.
select
    customers.customer_id,
    customers.csm_user_id,
    portfolios.csm_user_id as portfolio_csm_user_id
from {{ ref('dim_customers') }} as customers
left join {{ ref('fct_csm_portfolios') }} as portfolios
    on
        customers.customer_id = portfolios.customer_id
        and portfolios.is_current
where customers.csm_user_id is distinct from portfolios.csm_user_id
