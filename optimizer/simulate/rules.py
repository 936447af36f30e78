"""Policies without a forecast: what many batteries do today."""

from __future__ import annotations

import numpy as np

from optimizer.schedule.checks import Array
from optimizer.simulate.loop import Moment
from optimizer.simulate.measured import Column, Measured

CHEAP_SHARE = 1 / 6
"""The rule by price charges from the grid in the cheapest four hours of a day."""


class NoBattery:
    """The battery stays at 0."""

    def plan(self, moment: Moment) -> Array | None:
        """There is no plan."""
        return None

    def power_kw(self, moment: Moment) -> float:
        """Return 0."""
        return 0.0


class SelfConsumption:
    """Take every surplus, cover every deficit."""

    def plan(self, moment: Moment) -> Array | None:
        """There is no plan."""
        return None

    def power_kw(self, moment: Moment) -> float:
        """Return the net load."""
        return moment.net_kw


class TimeOfUse:
    """Take every surplus; cover deficits where the price is above the day's mean; a site that has no PV charges at
    full power in the day's cheapest four hours, where the dearest four pay for the losses and the wear of it.

    The prices of the whole local day are known to it.
    """

    def __init__(self, measured: Measured) -> None:
        price = measured.of(Column.IMPORT_PRICE)
        days = measured.index.tz_convert(measured.zone).normalize()
        self._battery = measured.battery
        self._dear, self._cheap = np.zeros(measured.steps, dtype=bool), np.zeros(measured.steps, dtype=bool)
        from_grid = not measured.of(Column.PV_KW).any()
        for day in days.unique():
            at = np.flatnonzero(days == day)
            self._dear[at] = price[at] > price[at].mean()
            if from_grid:
                self._cheap[at] = self._worth_charging(price[at])

    def plan(self, moment: Moment) -> Array | None:
        """There is no plan."""
        return None

    def power_kw(self, moment: Moment) -> float:
        """Return what the rule says for this step."""
        if self._cheap[moment.step]:
            return -self._battery.charge_kw
        if moment.net_kw < 0 or self._dear[moment.step]:
            return moment.net_kw
        return 0.0

    def _worth_charging(self, price: Array) -> Array:
        hours = max(1, round(CHEAP_SHARE * len(price)))
        ordered = np.sort(price)
        round_trip = self._battery.charge_efficiency * self._battery.discharge_efficiency
        pays = ordered[-hours:].mean() > ordered[:hours].mean() / round_trip + self._battery.wear_per_kwh
        cheap = np.zeros(len(price), dtype=bool)
        cheap[np.argsort(price, kind="stable")[:hours]] = pays
        return cheap
