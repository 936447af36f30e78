"""What is measured on a site's connection, step by step: the meters that energy flows are worked out from.

Powers in kW, means over the step, on one regular UTC index. A step counts when every meter that the balance needs has a
value; the others are left out and counted. Sub-meters are not needed: what one of them does not say is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.frames import Power
from dash_app.domain.kpi import expected_until
from dash_app.domain.measurement import Window, total_of
from dash_app.domain.site import Measurand, Quantity

IMPLAUSIBLE_KW = 1e7
"""A power beyond this is no reading of a site: it counts as missing."""
FLOW_CODES = ("p_ess_", "p_peg_", "p_pv_")
"""Codes of measured flows between two parts of a site: they are not sub-meters of its load."""
BALANCED = (
    Quantity.PV_KW,
    Quantity.LOAD_KW,
    Quantity.CHARGE_KW,
    Quantity.DISCHARGE_KW,
    Quantity.IMPORT_KW,
    Quantity.EXPORT_KW,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowParts:
    """The steps that count: `pv`, `load` and `subs` have one column for each measurand, all others are totals, kW.

    Nothing but `subs` is missing anywhere, nothing is below zero. `left_out` steps were not counted because a value
    was missing; `negative` readings were below zero and count as 0. Import and export that are not measured close the
    balance (`grid_measured` False).
    """

    step: timedelta
    pv: pd.DataFrame
    load: pd.DataFrame
    subs: pd.DataFrame
    totals: pd.DataFrame
    left_out: int
    negative: int
    grid_measured: bool

    @property
    def step_h(self) -> float:
        """The length of one step in hours."""
        return self.step / timedelta(hours=1)

    @property
    def steps(self) -> int:
        """How many steps count."""
        return len(self.totals)

    @property
    def left_out_h(self) -> float:
        """How many hours were left out."""
        return self.left_out * self.step_h

    def total(self, quantity: Quantity) -> np.ndarray:
        """Return the powers of a quantity, kW."""
        return self.totals[quantity.value].to_numpy(dtype=float)

    def balance(self) -> pd.DataFrame:
        """Return the steps as frames.Power, as the site's shares are worked out from it."""
        load, pv = self.totals[Quantity.LOAD_KW.value], self.totals[Quantity.PV_KW.value]
        battery = self.totals[Quantity.DISCHARGE_KW.value] - self.totals[Quantity.CHARGE_KW.value]
        return pd.DataFrame(
            {Power.PV_KW: pv, Power.LOAD_KW: load, Power.BATTERY_KW: battery, Power.GRID_KW: load - pv - battery}
        )

    def where(self, kept: np.ndarray) -> FlowParts:
        """Return only the steps that `kept` is true for; the others count as left out."""
        return replace(
            self,
            pv=self.pv.loc[kept],
            load=self.load.loc[kept],
            subs=self.subs.loc[kept],
            totals=self.totals.loc[kept],
            left_out=self.left_out + int((~kept).sum()),
        )


def sub_meters(measurands: Sequence[Measurand]) -> tuple[Measurand, ...]:
    """Return the meters behind the load's meter; measured flows between two parts of the site are not among them."""
    return tuple(
        m
        for m in measurands
        if m.quantity is Quantity.OTHER_KW and m.on_connection and not m.code.lower().startswith(FLOW_CODES)
        if m.code.strip().lower() != "con"
    )


def flow_parts(
    window: Window, measurands: tuple[Measurand, ...], step: timedelta, start: datetime, until: datetime
) -> FlowParts:
    """Return what was measured in the steps between `start` and `until` that are over."""
    counted = {q: [m for m in measurands if m.quantity is q and m.on_connection] for q in BALANCED}
    frames = {quantity: _frame(parts, window, step) for quantity, parts in counted.items()}
    frames[Quantity.OTHER_KW] = _frame(sub_meters(measurands), window, step)
    index = total_of(window, (), Quantity.LOAD_KW, step).index
    index = index[(index >= start) & (index <= until - step)]
    frames = {quantity: frame.reindex(index) for quantity, frame in frames.items()}
    known = np.ones(len(index), dtype=bool)
    for quantity in BALANCED:
        known &= frames[quantity].notna().all(axis=1).to_numpy()
    due = pd.Series(np.where(known, 0.0, np.nan), index=index)
    steps_due = int((index <= expected_until(due, step, until) - step).sum())
    return _kept(frames, known, step=step, left_out=steps_due - int(known.sum()))


def _frame(parts: Sequence[Measurand], window: Window, step: timedelta) -> pd.DataFrame:
    """Return one column for each measurand, kW; what no site can draw is missing."""
    columns = {m.measurand_id: total_of(window, (m,), m.quantity, step) for m in parts}
    index = total_of(window, (), Quantity.LOAD_KW, step).index
    frame = pd.DataFrame(columns, index=index, dtype=float)
    return frame.where(frame.abs() <= IMPLAUSIBLE_KW)


def _kept(frames: dict[Quantity, pd.DataFrame], known: np.ndarray, *, step: timedelta, left_out: int) -> FlowParts:
    rows = {quantity: frame.loc[known] for quantity, frame in frames.items()}
    negative = sum(int((frame < 0).to_numpy().sum()) for frame in rows.values())
    rows = {quantity: frame.clip(lower=0.0) for quantity, frame in rows.items()}
    totals = pd.DataFrame({quantity.value: rows[quantity].sum(axis=1) for quantity in BALANCED})
    measured = [quantity for quantity in (Quantity.IMPORT_KW, Quantity.EXPORT_KW) if rows[quantity].shape[1]]
    return FlowParts(
        step=step,
        pv=rows[Quantity.PV_KW],
        load=rows[Quantity.LOAD_KW],
        subs=rows[Quantity.OTHER_KW],
        totals=_closed(totals, measured),
        left_out=left_out,
        negative=negative,
        grid_measured=len(measured) == 2,
    )


def _closed(totals: pd.DataFrame, measured: list[Quantity]) -> pd.DataFrame:
    """Return the totals with what closes the balance in the place of import and export that are not measured."""
    closing = totals[Quantity.LOAD_KW.value] + totals[Quantity.CHARGE_KW.value]
    closing = closing - totals[Quantity.PV_KW.value] - totals[Quantity.DISCHARGE_KW.value]
    closed = totals.copy()
    if Quantity.IMPORT_KW not in measured:
        closed[Quantity.IMPORT_KW.value] = (closing + totals[Quantity.EXPORT_KW.value]).clip(lower=0.0)
    if Quantity.EXPORT_KW not in measured:
        closed[Quantity.EXPORT_KW.value] = (closed[Quantity.IMPORT_KW.value] - closing).clip(lower=0.0)
    return closed
