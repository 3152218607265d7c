{% macro months_to_do(redo_from='redo_month') -%}
    {%- if keeps_rows() %}
months as materialized (

    select
        redo.account_id,
        months.month,
        months.report_date
    from {{ ref('int_months') }} as months
    inner join {{ ref('int_adoption_redo') }} as redo
        on months.month >= redo.{{ redo_from }}

)
    {%- else %}
        {%- if not execute -%}
            {%- do ref('int_adoption_redo') -%}
        {%- endif %}
months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

)
    {%- endif -%}
{%- endmacro %}
