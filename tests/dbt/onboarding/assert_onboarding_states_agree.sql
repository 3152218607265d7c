-- What the columns of a project say about it fits together, and nothing lies after the
-- as-of date: complete means every milestone, stalled means under way, on plan means
-- live.
select
    project_id,
    project_status
from {{ ref('fct_onboarding') }}
where
    (is_complete and (milestones = 0 or milestones <> milestones_completed))
    or (not is_complete and milestones > 0 and milestones = milestones_completed)
    or (is_complete_within_30_days and not is_complete_within_60_days)
    or (is_complete_within_60_days and not (is_complete and is_started))
    or (is_stalled and project_status in ('live', 'lost'))
    or (is_stalled <> (days_stalled is not null))
    or (is_on_plan and not is_plan_due)
    or (project_status = 'live') <> (went_live_at is not null)
    or {{ local_date('went_live_at') }} > {{ as_of_date() }}
    or {{ local_date('clock_started_at') }} > {{ as_of_date() }}
    or {{ local_date('first_value_at') }} > {{ as_of_date() }}
    or first_login_date > {{ as_of_date() }}
    or completed_date > {{ as_of_date() }}
    or days_past_plan <= 0
    or usage_weeks > 12
    or (usage_trend is null) <> (usage_weeks < 2)
