"""The policy by tables of value: solved every hour, asked at every step on the measured net load."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import numpy as np

from dash_app.domain.value_table import ValueTable, power_by_value
from optimizer.schedule.checks import Array
from optimizer.simulate.loop import Moment
from optimizer.simulate.measured import Column, Measured
from optimizer.simulate.outlook import Outlook
from optimizer.simulate.past import PastForecasts
from optimizer.value.backward import Ahead, Worth, solve_worth
from optimizer.value.classes import Classes, classes_of, kinds_of, slots_of
from optimizer.value.constants import LEAD, POOL
from optimizer.value.peak import Held, short_per_kwh

DAY = timedelta(days=1)


class Holding(Protocol):
    """What is done about the price of a month's peak."""

    def held(self, moment: Moment) -> Held:
        """Return the peak to hold from a moment on and the energy to keep back for it."""


class ByValue:
    """Two models of the net load, weighed alike; classes are learned anew each day, from what was known by then."""

    def __init__(
        self, measured: Measured, outlook: Outlook, past: PastForecasts, holding: Holding | None = None
    ) -> None:
        self._measured, self._outlook, self._past, self._holding = measured, outlook, past, holding
        horizon = measured.times[measured.first :]
        self._slots = slots_of(horizon, measured.zone, measured.step)
        self._kinds = kinds_of(horizon, measured.zone)
        self._worth: Worth | None = None
        self._tables: list[ValueTable] = []
        self._from = 0
        self._classes: tuple[Classes, Classes] | None = None

    def plan(self, moment: Moment) -> Array | None:
        """Solve the worth of stored energy over two days and keep the tables of the coming hour."""
        measured, outlook = self._measured, self._outlook
        if self._classes is None or moment.step % (DAY // measured.step) == 0:
            self._classes = self._learned(measured.first + moment.step)
        row, steps = outlook.row(moment.step), outlook.load_kw.shape[1]
        at = slice(moment.step, moment.step + steps)
        errors, loads = self._classes
        forecast = outlook.load_kw[row] - outlook.pv_kw[row]
        outlooks = [
            errors.outlook(self._slots[at], forecast_kw=forecast),
            loads.outlook(self._slots[at], self._kinds[at]),
        ]
        self._worth = solve_worth(measured.battery, self._ahead(moment, row), outlooks, previous=self._worth)
        self._tables = [self._worth.table(step, computed_at=moment.at) for step in range(outlook.every)]
        self._from = moment.step
        return None

    def power_kw(self, moment: Moment) -> float:
        """Return the power that the table of the step finds best on the measured net load."""
        battery = self._measured.battery
        return power_by_value(
            self._tables[moment.step - self._from],
            net_load_kw=moment.net_kw,
            soc=min(max(moment.stored_kwh / battery.capacity_kwh, 0.0), 1.0),
            hours=self._measured.step_h,
            low_kw=-battery.charge_kw,
            high_kw=battery.discharge_kw,
            soc_min=battery.soc_floor,
            soc_max=battery.soc_max,
            at=moment.at,
        ).battery_kw

    def _ahead(self, moment: Moment, row: int) -> Ahead:
        price, step_h = self._outlook.import_price[row], self._measured.step_h
        ahead = Ahead(
            starts_at=moment.at,
            hours=np.full(len(price), step_h),
            import_price=price,
            export_price=self._outlook.export_price[row],
        )
        if self._holding is None:
            return ahead
        held = self._holding.held(moment)
        return replace(
            ahead,
            peak_price=self._measured.demand_price,
            peak_kw=held.peak_kw,
            reserve_kwh=held.reserve_after(self._slots[moment.step : moment.step + len(price)]),
            short_per_kwh=short_per_kwh(price, ahead.hours),
        )

    def _learned(self, now_row: int) -> tuple[Classes, Classes]:
        """Return the classes of forecast errors and of net loads from the 28 days before a row."""
        measured = self._measured
        a_day = DAY // measured.step
        errors, rows = self._past.errors(measured, now_row, POOL)
        # a gap between the runs, so that no class follows one of another day
        errors = np.concatenate((errors[:, : LEAD // measured.step], np.full((len(errors), 1), np.nan)), axis=1)
        stamps = rows[:, None] + np.arange(errors.shape[1])[None, :]
        index = measured.times
        slots = slots_of(index, measured.zone, measured.step)
        first = max(0, now_row - POOL // measured.step)
        known = measured.frame.iloc[first:now_row]
        net = (known[Column.LOAD_KW] - known[Column.PV_KW]).to_numpy(dtype=float)
        return (
            classes_of(errors.ravel(), slots[np.clip(stamps, 0, len(index) - 1)].ravel(), slots_per_day=a_day),
            classes_of(
                net, slots[first:now_row], slots_per_day=a_day, kinds=kinds_of(index[first:now_row], measured.zone)
            ),
        )
