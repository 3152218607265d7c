{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false
    )
}}
-- One row per usage model that is kept from build to build: how far it has come.
-- Each of them writes its own row as it is built; nothing is written here.
select
    cast(null as varchar) as model_name,
    cast(null as bigint) as change_number,
    cast(null as bigint) as whole_number,
    cast(null as date) as as_of_date,
    cast(null as varchar) as settings
where false
