"""Exchange rates: euro and sterling walk a little every working day; weekends have no rate."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sample_company.world import World

REPORTING_CURRENCY = "USD"
_START = {"EUR": 1.08, "GBP": 1.26}
# Bank holidays on which no rate is published, as (month, day).
_HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}


class Rates:
    """One unit of a currency in reporting currency, by day."""

    def __init__(self, world: World) -> None:
        """Walk the rates from three weeks before the world's first day to its last."""
        self._days: list[date] = []
        self._rates: dict[str, list[Decimal]] = {currency: [] for currency in _START}
        draws = world.rng("exchange_rates")
        levels = dict(_START)
        day = world.first_day - timedelta(days=21)
        while day <= world.last_day:
            if day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS:
                self._days.append(day)
                for currency, start in _START.items():
                    pull = 0.004 * (start - levels[currency])
                    levels[currency] += pull + float(draws.normal(0, 0.0042))
                    self._rates[currency].append(Decimal(f"{levels[currency]:.5f}"))
            day += timedelta(days=1)

    def on(self, currency: str, day: date) -> Decimal:
        """The newest rate on or before a day. Raises KeyError for a currency without rates."""
        if currency == REPORTING_CURRENCY:
            return Decimal(1)
        return self._rates[currency][bisect_right(self._days, day) - 1]

    def write(self, world: World) -> None:
        """Land every rate, the morning after its day."""
        for currency, rates in self._rates.items():
            for day, rate in zip(self._days, rates, strict=True):
                world.emit(
                    "billing",
                    "exchange_rates",
                    {
                        "rate_date": day,
                        "currency": currency,
                        "rate": rate,
                        "loaded_at": world.loaded_after(datetime.combine(day, time(17, 0))),
                    },
                )
