-- One row per period, survey and slice of one dimension: scores, sizes, 95% intervals.
-- Rates never add up; sum the counts of fct_survey_dimension_periods instead.
with

slices as (

    select
        *,
        promoter_cmrr + passive_cmrr + detractor_cmrr as rated_cmrr,
        cast(positive_responses - negative_responses as double)
        / nullif(responses, 0) as net_share,
        cast(score_sum as double) / nullif(responses, 0) as mean,
        cast(promoter_accounts - detractor_accounts as double)
        / nullif(promoter_accounts + passive_accounts + detractor_accounts, 0)
            as net_account_share,
        cast(promoter_cmrr - detractor_cmrr as double)
        / nullif(promoter_cmrr + passive_cmrr + detractor_cmrr, 0) as net_cmrr_share
    from {{ ref('fct_survey_dimension_periods') }}

),

slices_with_variances as (

    select
        *,
        (
            cast(positive_responses + negative_responses as double)
            / nullif(responses, 0) - net_share * net_share
        ) / nullif(responses, 0) as net_share_variance,
        (cast(score_square_sum as double) / nullif(responses, 0) - mean * mean)
        / nullif(responses, 0) as mean_variance,
        (
            cast(promoter_accounts + detractor_accounts as double)
            / nullif(accounts, 0) - net_account_share * net_account_share
        ) / nullif(accounts, 0) as net_account_share_variance,
        (
            promoter_cmrr_squares * power(1 - net_cmrr_share, 2)
            + passive_cmrr_squares * power(net_cmrr_share, 2)
            + detractor_cmrr_squares * power(1 + net_cmrr_share, 2)
        ) / nullif(power(cast(rated_cmrr as double), 2), 0) as net_cmrr_share_variance
    from slices

),

final as (

    select
        period_grain,
        period_start,
        period_end,
        survey_type,
        survey_kind,
        dimension_name,
        dimension_value,
        responses,
        case
            when survey_type = 'nps'
                then {{ ratio(
                    '100 * (positive_responses - negative_responses)', 'responses'
                ) }}
            else {{ ratio('positive_responses', 'responses') }}
        end as score,
        {%- for side in ['low', 'high'] %}
        case
            when survey_type = 'nps'
                then {{ normal_bound(
                    '100 * net_share', '10000 * net_share_variance', side
                ) }}
            else {{ wilson_bound('positive_responses', 'responses', side) }}
        end as score_{{ side }},
        {%- endfor %}
        {{ ratio('score_sum', 'responses') }} as mean_score,
        {%- for side in ['low', 'high'] %}
        {{ normal_bound('mean', 'mean_variance', side) }} as mean_score_{{ side }},
        {%- endfor %}
        {%- for sentiment in ['positive', 'neutral', 'negative'] %}
        {{ ratio(sentiment ~ '_responses', 'responses') }} as {{ sentiment }}_share,
        {%- for side in ['low', 'high'] %}
        {{ wilson_bound(sentiment ~ '_responses', 'responses', side) }}
            as {{ sentiment }}_share_{{ side }},
        {%- endfor %}
        {%- endfor %}
        invitations,
        {{ ratio('answered_invitations', 'invitations') }} as response_rate,
        {%- for side in ['low', 'high'] %}
        {{ wilson_bound('answered_invitations', 'invitations', side) }}
            as response_rate_{{ side }},
        {%- endfor %}
        accounts,
        case
            when survey_type = 'nps'
                then {{ ratio(
                    '100 * (promoter_accounts - detractor_accounts)', 'accounts'
                ) }}
        end as nps_by_account,
        {%- for side in ['low', 'high'] %}
        {{ normal_bound(
            '100 * net_account_share', '10000 * net_account_share_variance', side
        ) }} as nps_by_account_{{ side }},
        {%- endfor %}
        {{ ratio('100 * (promoter_cmrr - detractor_cmrr)', 'rated_cmrr') }}
            as nps_weighted_by_cmrr,
        {%- for side in ['low', 'high'] %}
        {{ normal_bound(
            '100 * net_cmrr_share', '10000 * net_cmrr_share_variance', side
        ) }} as nps_weighted_by_cmrr_{{ side }},
        {%- endfor %}
        cast(rated_cmrr as decimal(18, 2)) as rated_cmrr
    from slices_with_variances

)

select * from final
