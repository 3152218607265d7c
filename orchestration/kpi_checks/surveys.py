"""Survey responses and invitations in the periods in which they count."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import PERIOD, Tables, looked_up
from orchestration.settings import project_variable

KEPT = ["survey_type", "survey_kind", "touchpoint", "customer_id", "contact_id"]
HAPPY = {"nps": 9, "csat": 4, "ces": 5}
UNHAPPY = {"nps": 6, "csat": 2, "ces": 3}


def _invitations(tables: Tables) -> pd.DataFrame:
    invitations = tables("staging.stg_surveys__invitations")
    invitations = invitations.rename(columns={"account_id": "customer_id"})
    unnamed = invitations["survey_kind"].map({"relationship": "none"}).fillna("not_given")
    invitations["touchpoint"] = invitations["touchpoint"].fillna(unnamed)
    return invitations.assign(sent=tables.known_days(invitations["sent_at"]))


def _responses(tables: Tables) -> pd.DataFrame:
    responses = tables("staging.stg_surveys__responses")
    responses["answered"] = tables.known_days(responses["responded_at"])
    return responses[responses["answered"].notna()]


def responses_in_periods(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Responses that count in each period: of a relationship survey, each person's newest of the
    type in the window that ends with the period's last day; of a transactional one, each
    invitation's newest, where it was given in the period."""
    return tables.once(_count_responses, periods)


def _count_responses(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    responses = _responses(tables).merge(
        _invitations(tables)[["invitation_id", *KEPT]], on="invitation_id"
    )
    responses = responses.sort_values(["responded_at", "response_id"])
    window = pd.Timedelta(days=project_variable("survey_window_days") - 1)
    frames = []
    for period in periods.itertuples():
        known = responses[responses["answered"] <= period.last_day]
        related = known[
            (known["survey_kind"] == "relationship")
            & (known["answered"] >= period.last_day - window)
        ].drop_duplicates(["survey_type", "contact_id"], keep="last")
        asked = known[known["survey_kind"] == "transactional"]
        asked = asked.drop_duplicates("invitation_id", keep="last")
        asked = asked[asked["answered"] >= period.period_start]
        frame = pd.concat([related, asked])
        for column in [*PERIOD, "last_day"]:
            frame[column] = getattr(period, column)
        frames.append(frame)
    counted = pd.concat(frames, ignore_index=True)
    counted["positive"] = counted["score"] >= counted["survey_type"].map(HAPPY)
    counted["negative"] = counted["score"] <= counted["survey_type"].map(UNHAPPY)
    counted["neutral"] = ~counted["positive"] & ~counted["negative"]
    return counted


def invitations_in_periods(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Invitations sent in each period (of a relationship survey: in the window that ends with its
    last day), and whether there was a response by the last day."""
    invitations = _invitations(tables)
    first = _responses(tables).groupby("invitation_id")["answered"].min()
    invitations["first"] = looked_up(invitations["invitation_id"], first)
    window = pd.Timedelta(days=project_variable("survey_window_days") - 1)
    frames = []
    for period in periods.itertuples():
        since = invitations["survey_kind"].map(
            {"relationship": period.last_day - window, "transactional": period.period_start}
        )
        frame = invitations[
            (invitations["sent"] >= since) & (invitations["sent"] <= period.last_day)
        ].copy()
        frame["has_answer"] = frame["first"] <= period.last_day
        for column in PERIOD:
            frame[column] = getattr(period, column)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
