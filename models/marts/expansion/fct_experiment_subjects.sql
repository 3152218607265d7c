-- One row per experiment and user who saw it by the as-of date.
-- A user who saw several variants counts for the first one only.
with

exposures as (

    select
        exposure_id,
        experiment_name,
        variant,
        end_user_id,
        exposed_at,
        {{ local_date('exposed_at') }} as exposed_date,
        case
            when
                converted_at >= exposed_at
                and {{ local_date('converted_at') }} <= {{ as_of_date() }}
                then {{ local_date('converted_at') }}
        end as converted_date
    from {{ ref('stg_product_usage__experiment_exposures') }}
    where {{ local_date('exposed_at') }} <= {{ as_of_date() }}

),

end_users as (

    select
        end_user_id,
        account_id
    from {{ ref('stg_product_usage__end_users') }}

),

exposures_in_order as (

    select
        *,
        first_value(variant) over user_by_time as first_variant,
        row_number() over user_by_time as exposure_number
    from exposures
    window user_by_time as (
        partition by experiment_name, end_user_id order by exposed_at, exposure_id
    )

),

subjects as (

    select
        experiment_name,
        end_user_id,
        first_variant as variant,
        min(exposed_date) as exposed_date,
        min(case when variant = first_variant then converted_date end)
            as converted_date,
        count(distinct variant) > 1 as saw_several_variants
    from exposures_in_order
    group by experiment_name, end_user_id, first_variant

),

final as (

    select
        subjects.experiment_name,
        subjects.end_user_id,
        end_users.account_id as customer_id,
        subjects.variant,
        subjects.exposed_date,
        subjects.converted_date,
        subjects.converted_date is not null as is_converted,
        subjects.saw_several_variants
    from subjects
    left join end_users
        on subjects.end_user_id = end_users.end_user_id

)

select * from final
