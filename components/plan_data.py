"""A plan as a frame, and the figures that follow from it by arithmetic alone: what cards, chart and table share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from dash_app.domain.frames import Plan
from dash_app.domain.recommendation import Payload

NOTHING_KW = 0.05
"""Below this power the battery is said to rest."""
NOTHING_KWH = 0.01
"""Below this energy there is no price of storage."""


class Column(StrEnum):
    """Columns of `plan_frame`: kW without sign, prices per kWh, SoC 0..1 at the END of the step."""

    PV = "pv"
    DISCHARGE = "discharge"
    IMPORT = "import"
    CHARGE = "charge"
    EXPORT = "export"
    LOAD = "load"
    SOC_END = "soc_end"
    BUY = "buy"
    SELL = "sell"
    ESTIMATED = "estimated"


BANDS = {Column.PV: ("pv_p10", "pv_p90"), Column.LOAD: ("load_p10", "load_p90")}
"""Where a payload keeps the 80 % band of a forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Steps in a row in which the battery does the same: `charging` or not, its highest power and its energy."""

    start: datetime
    end: datetime
    charging: bool
    highest_kw: float
    energy_kwh: float


def plan_frame(payload: Payload) -> pd.DataFrame:
    """Return the plan by the start of its steps (UTC), columns as in Column; NaN where the payload says nothing."""
    steps = payload.steps
    index = pd.DatetimeIndex([step.start for step in steps], tz="UTC", name="time")
    curtailed = _column(payload, Plan.CURTAILED_KW, 0.0)
    return pd.DataFrame(
        {
            Column.PV: _column(payload, Plan.PV_KW) - curtailed,
            Column.DISCHARGE: [max(step.battery_kw, 0.0) for step in steps],
            Column.IMPORT: [max(step.grid_kw, 0.0) for step in steps],
            Column.CHARGE: [max(-step.battery_kw, 0.0) for step in steps],
            Column.EXPORT: [max(-step.grid_kw, 0.0) for step in steps],
            Column.LOAD: _column(payload, Plan.LOAD_KW),
            Column.SOC_END: [step.soc_end for step in steps],
            Column.BUY: _column(payload, Plan.IMPORT_PRICE),
            Column.SELL: _column(payload, Plan.EXPORT_PRICE),
            Column.ESTIMATED: _column(payload, "price_estimated", 0.0),
        }
    ).set_index(index)


def band_of(payload: Payload, column: Column) -> tuple[pd.Series, pd.Series] | None:
    """Return the lower and the upper end of a forecast's 80 % band, kW, or None where the payload has none."""
    low, high = (_column(payload, name) for name in BANDS[column])
    return None if low.isna().all() or high.isna().all() else (low, high)


def hours_of(payload: Payload) -> list[float]:
    """Return how many hours each step counts: of a slot that was running when the plan was computed, the rest."""
    known = payload.plan.get(Plan.HOURS)
    return [(step.end - step.start) / timedelta(hours=1) for step in payload.steps] if known is None else known


def runs_of(payload: Payload) -> tuple[Run, ...]:
    """Return what the battery does one after the other, rests left out."""
    runs: list[Run] = []
    for step, hours in zip(payload.steps, hours_of(payload), strict=True):
        if abs(step.battery_kw) < NOTHING_KW:
            continue
        charging, power_kw = step.battery_kw < 0, abs(step.battery_kw)
        new = Run(
            start=step.start,
            end=step.end,
            charging=charging,
            highest_kw=power_kw,
            energy_kwh=power_kw * hours,
        )
        if runs and runs[-1].end == step.start and runs[-1].charging == charging:
            runs[-1] = _joined(runs[-1], new)
        else:
            runs.append(new)
    return tuple(runs)


def saving(payload: Payload) -> float:
    """Return what the plan saves against doing nothing, in the project's currency; negative when it costs more."""
    return payload.without_battery.cost - payload.expected.cost


def co2_change_kg(payload: Payload) -> float | None:
    """Return how much more CO2 (kg) the plan means than doing nothing, or None where CO2 is not known."""
    with_plan, without = payload.expected.co2_kg, payload.without_battery.co2_kg
    return None if with_plan is None or without is None else with_plan - without


def stored_price(payload: Payload) -> float | None:
    """Return what one kWh taken into the battery costs on average.

    What comes from the grid costs the buying price; what comes from surplus PV could have been sold.
    """
    frame = plan_frame(payload)
    from_grid = frame[[Column.CHARGE, Column.IMPORT]].min(axis=1)
    return _mean_price(payload, Column.CHARGE, from_grid, Column.BUY, Column.SELL)


def returned_price(payload: Payload) -> float | None:
    """Return what one kWh out of the battery is worth on average: sold, or not bought."""
    frame = plan_frame(payload)
    sold = frame[[Column.DISCHARGE, Column.EXPORT]].min(axis=1)
    return _mean_price(payload, Column.DISCHARGE, sold, Column.SELL, Column.BUY)


def differing_steps(payload: Payload, other: Payload, now: datetime) -> tuple[int, int]:
    """Return in how many of the steps to come that both have the battery power differs, and how many those are."""
    theirs = {step.start: step.battery_kw for step in other.steps}
    both = [step for step in payload.steps if step.end > now and step.start in theirs]
    return sum(abs(step.battery_kw - theirs[step.start]) >= NOTHING_KW for step in both), len(both)


def _mean_price(
    payload: Payload, power: Column, part_kw: pd.Series, part_price: Column, rest_price: Column
) -> float | None:
    frame, hours = plan_frame(payload), np.array(hours_of(payload))
    moved_kwh = float((hours * frame[power]).sum())
    if moved_kwh < NOTHING_KWH or frame[[part_price, rest_price]].isna().any(axis=None):
        return None
    per_hour = part_kw * frame[part_price] + (frame[power] - part_kw) * frame[rest_price]
    return float((hours * per_hour).sum()) / moved_kwh


def _joined(first: Run, second: Run) -> Run:
    return Run(
        start=first.start,
        end=second.end,
        charging=first.charging,
        highest_kw=max(first.highest_kw, second.highest_kw),
        energy_kwh=first.energy_kwh + second.energy_kwh,
    )


def _column(payload: Payload, name: str, missing: float = float("nan")) -> pd.Series:
    values = payload.plan.get(name)
    return pd.Series([missing] * len(payload.steps) if values is None else values, dtype=float)
