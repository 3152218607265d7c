{% macro retained_cmrr(kind) -%}
    {%- set movements = ['downgrade', 'cancellation', 'archive'] -%}
    {%- if kind == 'net' -%}
        {%- set movements = movements + ['add_on', 'upgrade', 'swap'] -%}
    {%- endif -%}
    case
        when beginning_cmrr <= 0
            then {{ 'beginning_cmrr' if kind == 'gross'
                else "case when period_grain = 'year' then 0 else beginning_cmrr end" }}
        when period_grain = 'year'
            then {{ 'least(beginning_cmrr, greatest(ending_cmrr, 0))' if kind == 'gross'
                else 'ending_cmrr' }}
        else beginning_cmrr + {{ movements | join('_cmrr + ') }}_cmrr
    end
{%- endmacro %}
