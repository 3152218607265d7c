-- Every project and milestone that staging accepts is published once, and the
-- milestones counted on projects are the milestones. A project lost in a join would be
-- a customer that nobody brings live.
with

counts as (

    select
        'fct_onboarding' as model_name,
        (select count(*) from {{ ref('stg_success__onboarding_projects') }})
            as accepted_rows,
        (select count(*) from {{ ref('fct_onboarding') }}) as published_rows

    union all

    select
        'fct_onboarding_milestones' as model_name,
        (select count(*) from {{ ref('stg_success__onboarding_milestones') }})
            as accepted_rows,
        (select count(*) from {{ ref('fct_onboarding_milestones') }})
            as published_rows

    union all

    select
        'milestones of fct_onboarding' as model_name,
        (select count(*) from {{ ref('fct_onboarding_milestones') }})
            as accepted_rows,
        (select sum(milestones) from {{ ref('fct_onboarding') }}) as published_rows

    union all

    select
        'completed milestones of fct_onboarding' as model_name,
        (
            select count(*)
            from {{ ref('fct_onboarding_milestones') }}
            where is_completed
        ) as accepted_rows,
        (select sum(milestones_completed) from {{ ref('fct_onboarding') }})
            as published_rows

)

select
    model_name,
    accepted_rows,
    published_rows
from counts
where accepted_rows <> coalesce(published_rows, 0)
