{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        tags=['state']
    )
}}
-- One row per as-of date that was ever built; rows are only added.
-- What cannot be known of the days before the first build is judged by is_first_build.
with

final as (

    select
        {{ as_of_date() }} as as_of_date,
        {% if is_incremental() %}
        not exists (select 1 from {{ this }}) as is_first_build
        {% else %}
        true as is_first_build
        {% endif %}

)

select
    as_of_date,
    is_first_build
from final
{% if is_incremental() %}
where as_of_date not in (select built.as_of_date from {{ this }} as built)
{% endif %}
