-- One row per distinct row of ledger.fiscal_periods landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'period_start',
    'period_end',
    'fiscal_year',
    'fiscal_quarter',
    'closed_at',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['period_start'], columns) }} as row_key
    from {{ source('ledger', 'fiscal_periods') }}
    where {{ is_close_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

versions as (

    select
        *,
        {{ version_number(['loaded_at'], columns) }} as version_number
    from landed

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.period_start is null then 'null_key'
            when {{ any_null([
                'versions.period_end',
                'versions.fiscal_year',
                'versions.fiscal_quarter',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when versions.period_end < versions.period_start then 'end_before_start'
            when extract(day from versions.period_start) <> 1 then 'value_off_scale'
            when
                versions.period_end
                <> {{ dbt.last_day('versions.period_start', 'month') }}
                then 'value_off_scale'
            when versions.fiscal_quarter not between 1 and 4 then 'value_off_scale'
        end as rule
    from versions

),

final as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        version_number,
        {{ row_status() }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json
    from checked

)

select * from final
