"""Health at period ends and what came of it, from components' points, order lines and risks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.kpi_checks.customers import cmrr_levels
from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    by_period,
    highest_band,
    local_days,
    ratio,
)
from orchestration.kpi_checks.registry import checks

BANDS = ("red", "amber", "green")
BEFORE = (0, 30, 90)
HORIZONS = {90: "", 180: "_180_days"}


def _days(days: pd.Series) -> pd.Series:
    return days.astype("datetime64[us]")


def _scores(tables: Tables) -> pd.DataFrame:
    """Customers' health days with the sum of their points, null where nothing is given."""
    scores = tables.query(
        "select customer_id, health_date, cast(sum(points) as double) as score"
        " from marts.fct_health_components group by customer_id, health_date"
    )
    scores["health_date"] = _days(scores["health_date"])
    return scores.sort_values(["health_date", "customer_id"])


def _newest(
    rows: pd.DataFrame, found: pd.DataFrame, on: str, found_on: str, columns: dict[str, str]
) -> pd.DataFrame:
    """Rows with columns of the newest of a customer's ``found`` on or before their day."""
    wanted = found[["customer_id", found_on, *columns]].rename(
        columns={**columns, found_on: "_found"}
    )
    joined = pd.merge_asof(
        rows.sort_values(on), wanted, left_on=on, right_on="_found", by="customer_id"
    )
    return joined.drop(columns="_found")


def _band(tables: Tables, rows: pd.DataFrame, day: str, score: str) -> pd.Series:
    """The band that a score reaches, or that the worst open risk of a CSM allows."""
    rank = pd.Series(-1, index=rows.index)
    seed = tables("seeds.health_bands").set_index("band")
    for position, band in enumerate(BANDS):
        valid = (seed.loc[band, "valid_from"] <= rows[day]) & ~(
            rows[day] >= pd.Timestamp(seed.loc[band, "valid_to"])
        )
        rank = rank.mask(valid & (rows[score] >= seed.loc[band, "minimum_score"]), position)
    risks = tables("staging.stg_success__risks").rename(columns={"account_id": "customer_id"})
    risks = risks[(risks["raised_by"] == "csm") & risks["risk_level"].isin(["red", "amber"])]
    risks["opened"] = _days(local_days(risks["opened_at"]))
    risks["resolved"] = _days(local_days(risks["resolved_at"]))
    pairs = rows[["customer_id", day]].drop_duplicates().merge(risks, on="customer_id")
    pairs = pairs[(pairs["opened"] <= pairs[day]) & ~(pairs["resolved"] <= pairs[day])]
    pairs["cap"] = pairs["risk_level"].map({"red": 0, "amber": 1})
    caps = pairs.groupby(["customer_id", day])["cap"].min()
    rank = np.minimum(rank, rows.join(caps, on=["customer_id", day])["cap"].fillna(2))
    return rank.map({-1: "unscored", 0: "red", 1: "amber", 2: "green"})


def _segment(tables: Tables, cmrr: pd.Series) -> pd.Series:
    seed = tables("seeds.customer_segments")
    return highest_band(12 * cmrr, seed, "segment", "minimum_annual_cmrr")


def _at_ends(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Customers at the end of periods and 30 and 90 days before, with their health as it was read:
    on the last Sunday, or today where the period is not over."""
    levels = cmrr_levels(tables)
    ends = pd.concat(periods.assign(before=days) for days in BEFORE)
    ends["end"] = _days(ends["last_day"]) - pd.to_timedelta(ends["before"], unit="D")
    sunday = ends["end"] - pd.to_timedelta((ends["end"].dt.day_of_week + 1) % 7, unit="D")
    is_today = (ends["before"] == 0) & (ends["period_end"] > tables.as_of)
    ends["read"] = sunday.mask(is_today, ends["end"])
    days = ends[["end", "read"]].drop_duplicates()
    held = days.merge(levels[["customer_id"]].drop_duplicates(), how="cross")
    held = _newest(held, levels, "read", "day", {"cmrr": "cmrr"})
    held = held[held["cmrr"] > 0]
    ended = levels[levels["cmrr"] <= 0]
    held = _newest(held, ended.assign(ended=ended["day"]), "end", "day", {"ended": "ended"})
    held = held[~(held["ended"] > held["read"])]
    scores = _scores(tables)
    held = held.merge(
        scores, left_on=["customer_id", "read"], right_on=["customer_id", "health_date"]
    )
    for length in BEFORE[1:]:
        held["earlier"] = held["read"] - pd.Timedelta(days=length)
        held = _newest(held, scores, "earlier", "health_date", {"score": f"score_{length}"})
    held["segment"] = _segment(tables, held["cmrr"])
    held["health_band"] = _band(tables, held, "read", "score")
    return ends.merge(held, on=["end", "read"])


@checks(
    "health_score",
    "health_score_change_30_days",
    "health_score_change_90_days",
    "health_score_coverage",
    *(f"band_distribution_{band}_share" for band in BANDS),
    *(f"band_distribution_{band}_cmrr_share" for band in BANDS),
    by="segment",
)
def scores(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Means of the sums of points, and shares of bands."""
    rows = _at_ends(tables, periods)
    rows = rows[rows["before"] == 0]
    scored = rows["score"].notna()
    for length in BEFORE[1:]:
        rows[f"change_{length}"] = rows["score"] - rows[f"score_{length}"]
    for band in BANDS:
        rows[band] = rows["health_band"] == band
        rows[f"{band}_cmrr"] = rows["cmrr"].where(rows[band], 0)
    rows["scored_cmrr"] = rows["cmrr"].where(scored, 0)
    sums = ["score", "change_30", "change_90", "scored_cmrr"]
    sums += [*BANDS, *(f"{band}_cmrr" for band in BANDS)]
    frame = by_period(
        rows,
        "segment",
        customers=len,
        scored=lambda part: part["score"].notna().sum(),
        changed_30=lambda part: part["change_30"].notna().sum(),
        changed_90=lambda part: part["change_90"].notna().sum(),
        **{name: (lambda part, name=name: part[name].sum()) for name in sums},
    )
    found = {
        "health_score": ratio(frame, "score", "scored"),
        "health_score_change_30_days": ratio(frame, "change_30", "changed_30"),
        "health_score_change_90_days": ratio(frame, "change_90", "changed_90"),
        "health_score_coverage": ratio(frame, "scored", "customers"),
    }
    for band in BANDS:
        found[f"band_distribution_{band}_share"] = ratio(frame, band, "scored")
        found[f"band_distribution_{band}_cmrr_share"] = ratio(frame, f"{band}_cmrr", "scored_cmrr")
    return found


@checks(
    "band_distribution",
    "band_distribution_cmrr",
    "band_distribution_change_30_days",
    "band_distribution_change_90_days",
    "band_distribution_cmrr_change_30_days",
    "band_distribution_cmrr_change_90_days",
    by="health_band",
)
def bands(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers and CMRR by band, now and before."""
    rows = _at_ends(tables, periods)
    for before in BEFORE:
        rows[f"customers_{before}"] = (rows["before"] == before).astype(int)
        rows[f"cmrr_{before}"] = rows["cmrr"].where(rows["before"] == before, 0)
    sums = [f"{what}_{before}" for what in ("customers", "cmrr") for before in BEFORE]
    frame = by_period(
        rows, "health_band", **{name: (lambda part, name=name: part[name].sum()) for name in sums}
    )
    found = {}
    for what, suffix in (("customers", ""), ("cmrr", "_cmrr")):
        found[f"band_distribution{suffix}"] = amount(frame, f"{what}_0")
        for before in BEFORE[1:]:
            moved = frame.assign(moved=frame[f"{what}_0"] - frame[f"{what}_{before}"])
            found[f"band_distribution{suffix}_change_{before}_days"] = amount(moved, "moved")
    return found


@checks("component_scores", by="component_segment")
def components(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Means of the scores of components on the days that are read."""
    rows = _at_ends(tables, periods)
    rows = rows[rows["before"] == 0]
    read = ", ".join(f"date '{day:%Y-%m-%d}'" for day in rows["read"].unique()) or "null"
    scored = tables.query(
        "select customer_id, health_date as read, component,"
        " cast(component_score as double) as component_score from marts.fct_health_components"
        f" where component_score is not null and health_date in ({read})"
    )
    scored["read"] = _days(scored["read"])
    rows = rows[[*PERIOD, "customer_id", "read", "segment"]].merge(
        scored, on=["customer_id", "read"]
    )
    keys = [*PERIOD, "component", "segment"]
    sums = rows.groupby(keys, as_index=False)["component_score"].agg(["sum", "size"])
    sums["component_segment"] = sums["component"] + " / " + sums["segment"]
    frame = by_period(
        sums,
        "component_segment",
        points=lambda part: part["sum"].sum(),
        customers=lambda part: part["size"].sum(),
    )
    return {"component_scores": ratio(frame, "points", "customers")}


def _cases(tables: Tables) -> pd.DataFrame:
    """Customers with CMRR and a score at the ends of quarters that are a horizon ago or more,
    and whether they lost all CMRR within it."""
    quarters = tables.periods[tables.periods["period_grain"] == "quarter"]
    quarters = quarters.merge(pd.Series(list(HORIZONS), name="horizon"), how="cross")
    quarters["end"] = _days(quarters["period_end"])
    quarters["until"] = quarters["end"] + pd.to_timedelta(quarters["horizon"], unit="D")
    quarters = quarters[quarters["until"] <= tables.as_of]
    levels = cmrr_levels(tables)
    cases = quarters.merge(levels[["customer_id"]].drop_duplicates(), how="cross")
    cases = _newest(cases, levels, "end", "day", {"cmrr": "cmrr"})
    cases = cases[cases["cmrr"] > 0]
    ended = levels[levels["cmrr"] <= 0]
    cases = _newest(cases, ended.assign(ended=ended["day"]), "until", "day", {"ended": "ended"})
    cases["is_lost"] = cases["ended"] > cases["end"]
    scored = _scores(tables)
    scored = scored.assign(read=scored["health_date"])
    cases = _newest(cases, scored, "end", "health_date", {"score": "score", "read": "read"})
    cases = cases[(cases["end"] - cases["read"]).dt.days < 7]
    then = _newest(cases, levels, "read", "day", {"cmrr": "cmrr_then"})
    then["segment"] = _segment(tables, then["cmrr_then"])
    then["health_band"] = _band(tables, then, "read", "score")
    return then[then["score"].notna()]


def _area(rows: pd.DataFrame) -> float:
    """Chance that one lost scored lower than one kept, by ranks."""
    lost = rows["is_lost"].sum()
    kept = len(rows) - lost
    if not lost or not kept:
        return float("nan")
    ranks = rows["score"].rank()[~rows["is_lost"]].sum()
    return (ranks - kept * (kept + 1) / 2) / (lost * kept)


@checks(
    *(f"health_backtest{suffix}" for suffix in HORIZONS.values()),
    *(f"health_backtest_to_date{suffix}" for suffix in HORIZONS.values()),
    *(f"health_backtest_lift{suffix}" for suffix in HORIZONS.values()),
    by="segment",
)
def rankings(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Areas under the curve by ranks, and loss rates of red over green."""
    cases = _cases(tables)
    found = {}
    for horizon, suffix in HORIZONS.items():
        rows = cases[cases["horizon"] == horizon]

        def side(band: str) -> dict[str, object]:
            return {
                band: lambda part: (part["health_band"] == band).sum(),
                f"{band}_lost": lambda part: (
                    (part["health_band"] == band) & part["is_lost"]
                ).sum(),
            }

        frame = by_period(rows, "segment", area=_area, **side("red"), **side("green"))
        frame["above"] = frame["red_lost"] * frame["green"]
        frame["below"] = frame["green_lost"] * frame["red"]
        both = frame[(frame["red"] > 0) & (frame["green"] > 0)]
        found[f"health_backtest{suffix}"] = amount(frame.dropna(subset="area"), "area")
        found[f"health_backtest_lift{suffix}"] = ratio(both, "above", "below")
        newest = rows.assign(period_start=rows["period_start"].max())
        frame = by_period(newest, "segment", area=_area)
        found[f"health_backtest_to_date{suffix}"] = amount(frame.dropna(subset="area"), "area")
    return found


@checks(*(f"health_backtest_loss_rate{suffix}" for suffix in HORIZONS.values()), by="health_band")
def losses(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Of the customers of a band, those lost."""
    cases = _cases(tables)
    found = {}
    for horizon, suffix in HORIZONS.items():
        frame = by_period(
            cases[cases["horizon"] == horizon],
            "health_band",
            lost=lambda part: part["is_lost"].sum(),
            customers=len,
        )
        found[f"health_backtest_loss_rate{suffix}"] = ratio(frame, "lost", "customers")
    return found
