"""Voice of the customer, from survey invitations and responses."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.customers import cmrr_of
from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    by_period,
    ratio,
    sums_by_period,
)
from orchestration.kpi_checks.registry import checks
from orchestration.kpi_checks.surveys import invitations_in_periods, responses_in_periods


def _balanced(answered: pd.DataFrame) -> pd.DataFrame:
    """With 100 for each promoter and -100 for each detractor."""
    signs = answered["positive"].astype(int) - answered["negative"].astype(int)
    return answered.assign(balance=100 * signs)


@checks("nps_transactional", "csat", "csat_mean", "ces", "ces_mean", by="touchpoint")
def scores(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Answers by the scale of their survey."""
    answered = _balanced(responses_in_periods(tables, periods))
    computed = {}
    is_nps = (answered["survey_type"] == "nps") & (answered["survey_kind"] == "transactional")
    frame = sums_by_period(answered[is_nps], "touchpoint", "balance")
    computed["nps_transactional"] = ratio(frame, "balance", "n")
    for survey in ("csat", "ces"):
        of_survey = answered[answered["survey_type"] == survey]
        frame = sums_by_period(of_survey, "touchpoint", "positive", "score")
        computed[survey] = ratio(frame, "positive", "n")
        computed[f"{survey}_mean"] = ratio(frame, "score", "n")
    return computed


def _relationship(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    answered = _balanced(responses_in_periods(tables, periods))
    is_nps = (answered["survey_type"] == "nps") & (answered["survey_kind"] == "relationship")
    return answered[is_nps]


@checks("nps", by="contact_role")
def nps(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Each person's newest answer."""
    contacts = tables("staging.stg_crm__contacts")[["contact_id", "contact_role"]]
    answered = _relationship(tables, periods).merge(contacts, how="left", on="contact_id")
    answered = answered.fillna({"contact_role": "not_given"})
    frame = sums_by_period(answered, "contact_role", "balance")
    return {"nps": ratio(frame, "balance", "n")}


@checks("nps_by_account", "nps_weighted_by_cmrr")
def accounts(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Accounts by the mean of their people's scores."""
    answered = _relationship(tables, periods)
    means = answered.groupby([*PERIOD, "customer_id"], as_index=False)["score"].mean()
    means = means.merge(periods[[*PERIOD, "last_day"]], on=PERIOD)
    means["cmrr"] = cmrr_of(tables, means, "last_day").clip(lower=0)
    sign = (means["score"] >= 9).astype(int) - (means["score"] < 7).astype(int)
    means["balance"] = 100 * sign
    means["weighted"] = means["balance"] * means["cmrr"]
    frame = sums_by_period(means, None, "balance", "weighted", "cmrr")
    return {
        "nps_by_account": ratio(frame, "balance", "n"),
        "nps_weighted_by_cmrr": ratio(frame, "weighted", "cmrr"),
    }


@checks("survey_response_rate", by="survey_type")
def response_rate(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Invitations with an answer by the end of a period."""
    sent = invitations_in_periods(tables, periods)
    frame = sums_by_period(sent, "survey_type", "has_answer")
    return {"survey_response_rate": ratio(frame, "has_answer", "n")}


SENTIMENTS = ("positive", "neutral", "negative")


@checks(*(f"sentiment_shares_{name}" for name in SENTIMENTS), by="survey_type")
def sentiments(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Answers by what their score says on its scale."""
    answered = responses_in_periods(tables, periods)
    frame = sums_by_period(answered, "survey_type", *SENTIMENTS)
    return {f"sentiment_shares_{name}": ratio(frame, name, "n") for name in SENTIMENTS}


def _terms(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Terms of answers that count in a period, where two comments of the survey share them."""
    answered = responses_in_periods(tables, periods)
    answered["sentiment"] = answered[list(SENTIMENTS)].idxmax(axis=1)
    terms = tables("intermediate.int_comment_terms")[["response_id", "term"]]
    used = answered.merge(terms, on="response_id")
    survey = [*PERIOD, "survey_type", "survey_kind", "term"]
    return used[used.groupby(survey)["response_id"].transform("size") >= 2]


@checks("comment_themes", "comment_themes_mentions", by="sentiment")
def themes(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Words and phrases of comments."""
    used = _terms(tables, periods)
    frame = by_period(used, "sentiment", terms=lambda rows: rows["term"].nunique(), uses=len)
    return {
        "comment_themes": amount(frame, "terms"),
        "comment_themes_mentions": amount(frame, "uses"),
    }
