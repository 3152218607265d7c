"""What the checks compute with: tables as frames, periods, and sums by period and slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from orchestration.settings import project_variable

PERIOD = ["period_grain", "period_start"]
GRAINS = {"month": "month", "quarter": "fiscal_quarter_start", "year": "fiscal_year_start"}
ALL = ("total", "all")

Aggregation = Callable[[pd.DataFrame], Any]


class Tables:
    """Tables of a warehouse as frames, read once each; days are timestamps, decimals floats.

    ``as_of`` is the day that the warehouse is built for.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
        self._connection = connection
        self._frames: dict[str, pd.DataFrame] = {}
        self._computed: dict[tuple, pd.DataFrame] = {}
        self.as_of = pd.Timestamp(as_of)

    def __call__(self, name: str) -> pd.DataFrame:
        """A table by its name with schema, such as ``staging.stg_support__tickets``."""
        if name not in self._frames:
            relation = self._connection.sql(f"from {name}")
            columns = ", ".join(
                f'cast("{column}" as double) as "{column}"'
                if str(kind).startswith("DECIMAL")
                else f'"{column}"'
                for column, kind in zip(relation.columns, relation.types, strict=True)
            )
            self._frames[name] = self.query(f"select {columns} from {name}")
        return self._frames[name].copy(deep=False)

    def query(self, sql: str) -> pd.DataFrame:
        """What a statement selects, for tables too long to be read whole (raw events)."""
        frame = self._connection.sql(sql).df()
        # Text has one type, whether there is any or none: keys of another do not merge.
        texts = frame.select_dtypes("string").columns
        return frame.astype(dict.fromkeys(texts, object))

    def kept(self, key: tuple, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """What ``compute`` makes, kept by a key for who asks for it next."""
        if key not in self._computed:
            self._computed[key] = compute()
        return self._computed[key].copy(deep=False)

    def once(
        self, compute: Callable[[Tables, pd.DataFrame], pd.DataFrame], periods: pd.DataFrame
    ) -> pd.DataFrame:
        """What ``compute`` makes of the periods, kept for the next check that asks for it."""
        key = (compute, *periods[PERIOD].itertuples(index=False, name=None))
        return self.kept(key, lambda: compute(self, periods))

    def local_day(self, timestamp: str) -> str:
        """SQL of the local day of a column of timestamps, for ``query``."""
        time_zone = project_variable("time_zone")
        if time_zone == "UTC":
            return f"cast({timestamp} as date)"
        return f"cast(timezone('{time_zone}', timezone('UTC', {timestamp})) as date)"

    def known_days(self, timestamps: pd.Series) -> pd.Series:
        """Local days of timestamps; none of those after the as-of date, which are not known."""
        days = local_days(timestamps)
        return days.where(days <= self.as_of)

    @cached_property
    def periods(self) -> pd.DataFrame:
        """Months, fiscal quarters and fiscal years that have begun: grain, start, end (of the whole
        period), and ``last_day``, the end or the as-of date where that is earlier."""
        months = self("marts.dim_fiscal_months")
        months = months[months["month"] <= self.as_of]
        frames = []
        for months_in, (grain, column) in zip((1, 3, 12), GRAINS.items(), strict=True):
            start = months[column].drop_duplicates().sort_values()
            end = start + pd.DateOffset(months=months_in) - pd.Timedelta(days=1)
            frames.append(
                pd.DataFrame({"period_grain": grain, "period_start": start, "period_end": end})
            )
        periods = pd.concat(frames, ignore_index=True)
        periods["last_day"] = periods["period_end"].clip(upper=self.as_of)
        return periods

    def attributes(self, months: pd.DataFrame, name: str) -> pd.Series:
        """What a customer (``customer_id``) was in a month (``month``), of each row of ``months``:
        as it was the day before the month began, or on its first movement in it where there was no
        CMRR then; ``not_given`` where neither is. ``name`` is a column of dim_customer_history, or
        ``csm``."""
        column = {"csm": "csm_user_id"}.get(name, name)
        wanted = months[["customer_id", "month"]].drop_duplicates()
        wanted = wanted.merge(self._as_it_was, how="inner", on=["customer_id", "month"])
        history = self("marts.dim_customer_history")
        joined = wanted.merge(history, on="customer_id")
        valid = (joined["valid_from_date"] <= joined["day"]) & (
            joined["valid_to_date"].isna() | (joined["valid_to_date"] > joined["day"])
        )
        found = joined.loc[valid, ["customer_id", "month", column]]
        values = months[["customer_id", "month"]].merge(
            found, how="left", on=["customer_id", "month"]
        )[column]
        return values.fillna("not_given").set_axis(months.index)

    @cached_property
    def moved_days(self) -> pd.DataFrame:
        """Customer and ``movement_date``: the ``amount`` of its movements, and ``cmrr`` after."""
        moved = self("marts.fct_cmrr_movements")
        daily = moved.groupby(["customer_id", "movement_date"], as_index=False)["amount"].sum()
        daily["cmrr"] = daily.groupby("customer_id")["amount"].cumsum().round(2)
        return daily

    @cached_property
    def _as_it_was(self) -> pd.DataFrame:
        """Customer, month and the day whose attributes the month shows, from the movements."""
        daily = self.moved_days
        months = self.periods.loc[self.periods["period_grain"] == "month", "period_start"]
        frames = []
        for month in months:
            before = daily[daily["movement_date"] < month].groupby("customer_id")["cmrr"].last()
            had = before[before > 0].index
            end = month + pd.offsets.MonthEnd(0)
            within = daily[daily["movement_date"].between(month, end)]
            first = within.groupby("customer_id")["movement_date"].min()
            first = first[~first.index.isin(had)]
            days = pd.concat([pd.Series(month - pd.Timedelta(days=1), index=had), first])
            frames.append(
                pd.DataFrame({"customer_id": days.index, "month": month, "day": days.to_numpy()})
            )
        return pd.concat(frames, ignore_index=True)


def in_periods(rows: pd.DataFrame, day: str, periods: pd.DataFrame) -> pd.DataFrame:
    """Each row once for every period in which its ``day`` falls, up to the period's last day."""
    frames = []
    for _, grain in periods.groupby("period_grain", sort=False):
        grain = grain.sort_values("period_start")
        dated = rows[rows[day].notna()].sort_values(day)
        keys = dated[day].astype("datetime64[us]").dt.normalize()
        joined = pd.merge_asof(
            dated.assign(_day=keys),
            grain.assign(_day=grain["period_start"].astype("datetime64[us]")),
            on="_day",
        )
        frames.append(joined[joined["_day"] <= joined["last_day"]].drop(columns="_day"))
    return pd.concat(frames, ignore_index=True)


def at_period_ends(rows: pd.DataFrame, month: str, periods: pd.DataFrame) -> pd.DataFrame:
    """Rows of month ends, once for every period of which the month is the last (so far)."""
    ends = periods.assign(_month=periods["last_day"].dt.to_period("M").dt.to_timestamp())
    return rows.assign(_month=rows[month]).merge(ends, on="_month").drop(columns="_month")


def by_period(rows: pd.DataFrame, by: str | None, /, **aggregations: Aggregation) -> pd.DataFrame:
    """Aggregates of rows that are in periods: in total, and by the column ``by`` where one is
    named. The columns are the period, dimension_name, dimension_value and the aggregations."""
    if rows.empty:
        nothing = dict.fromkeys(["dimension_name", "dimension_value"], "")
        return rows[PERIOD].assign(**nothing, **dict.fromkeys(aggregations, 0.0))
    frames = []
    for slices in [None, by] if by else [None]:
        keys = [*PERIOD, slices] if slices else PERIOD
        grouped = rows.groupby(keys, sort=False)
        frame = pd.DataFrame({name: grouped.apply(do) for name, do in aggregations.items()})
        frame = frame.reset_index()
        frame["dimension_name"] = slices or ALL[0]
        frame["dimension_value"] = frame[slices] if slices else ALL[1]
        frames.append(frame.drop(columns=[slices] if slices else []))
    return pd.concat(frames, ignore_index=True)


def sums_by_period(rows: pd.DataFrame, by: str | None, /, *columns: str) -> pd.DataFrame:
    """As ``by_period``, of sums alone, for many rows; the column ``n`` counts the rows."""
    frames = []
    for slices in [None, by] if by else [None]:
        grouped = rows.assign(n=1).groupby([*PERIOD, slices] if slices else PERIOD, sort=False)
        frame = grouped[["n", *columns]].sum().reset_index()
        frame["dimension_name"] = slices or ALL[0]
        frame["dimension_value"] = frame[slices] if slices else ALL[1]
        frames.append(frame.drop(columns=[slices] if slices else []))
    return pd.concat(frames, ignore_index=True)


def ratio(frame: pd.DataFrame, numerator: str, denominator: str) -> pd.DataFrame:
    """The frame with numerator, denominator and value; the value of an empty base is null."""
    above, below = frame[numerator].astype(float), frame[denominator].astype(float)
    return frame.assign(numerator=above, denominator=below, value=above / below.where(below != 0))


def amount(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """The frame with a value that is no ratio."""
    return frame.assign(value=frame[value].astype(float))


def highest_band(values: pd.Series, seed: pd.DataFrame, name: str, minimum: str) -> pd.Series:
    """The name of the highest band of a seed whose minimum each value reaches."""
    bands = seed.sort_values(minimum)
    position = np.searchsorted(bands[minimum].to_numpy(), values.to_numpy(), side="right") - 1
    return pd.Series(bands[name].to_numpy()[position], index=values.index)


def looked_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """For each key its value, by the index of ``values``; of no keys nothing, in the right type."""
    found = keys.to_frame("key").merge(
        values.rename("value"), how="left", left_on="key", right_index=True
    )["value"]
    return found.set_axis(keys.index)


Computed = Mapping[str, pd.DataFrame]


def local_days(timestamps: pd.Series) -> pd.Series:
    """The calendar days of UTC timestamps in the project's time zone."""
    there = timestamps.dt.tz_localize("UTC").dt.tz_convert(project_variable("time_zone"))
    return there.dt.tz_localize(None).dt.normalize()


def to_cents(amounts: pd.Series) -> pd.Series:
    """Rounded to cents, halves away from zero."""
    return np.sign(amounts) * np.floor(amounts.abs() * 100 + 0.5 + 1e-6) / 100
