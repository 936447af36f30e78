"""Rules between measurands: sub-meters above the total, and a balance that does not close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from dash_app.domain.quality import Finding, Rule, Severity, Signal, runs_of
from dash_app.domain.site import Quantity

SITE = ""
"""The measurand id of findings about the site as a whole."""
INTO = (Quantity.PV_KW, Quantity.DISCHARGE_KW, Quantity.IMPORT_KW)
OUT_OF = (Quantity.LOAD_KW, Quantity.CHARGE_KW, Quantity.EXPORT_KW)


@dataclass(frozen=True, slots=True, kw_only=True)
class AboveTotal:
    """Sub-meters together exceed the load by more than `tolerance_kw` and `tolerance` of it."""

    tolerance: float = 0.0
    tolerance_kw: float = 0.05
    serious_share: float = 0.05


def find_above_total(
    load_kw: pd.Series,
    parts_kw: Sequence[pd.Series],
    step: timedelta,
    rule: AboveTotal = AboveTotal(),
) -> tuple[Finding, ...]:
    """Return one finding for the steps in which the sub-meters that are known exceed the load they are part of."""
    if not parts_kw or load_kw.empty:
        return ()
    parts = pd.concat([part.reindex(load_kw.index) for part in parts_kw], axis=1)
    total = parts.sum(axis=1, min_count=1)
    excess = total - load_kw
    above = (excess > rule.tolerance_kw + rule.tolerance * load_kw).to_numpy()
    places = np.flatnonzero(above)
    if not len(places):
        return ()
    both = int((total.notna() & load_kw.notna()).sum())
    share = len(places) / both
    step_h = step / timedelta(hours=1)
    evidence = {
        "excess_kwh": float(excess[above].sum()) * step_h,
        "highest_kw": float(excess[above].max()),
        "share": share,
    }
    severity = Severity.SERIOUS if share > rule.serious_share else Severity.WARNING
    return (_on_site(Rule.ABOVE_TOTAL, severity, load_kw, step, places, evidence),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """On a day more than `share` of what comes in or goes out is not accounted for, and `least_kwh` of energy."""

    share: float = 0.03
    least_kwh: float = 0.5
    serious_share: float = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What came in and what went out of the site where both are fully measured, kW means over `step`."""

    in_kw: pd.Series
    out_kw: pd.Series
    step: timedelta

    @property
    def known(self) -> pd.Series:
        """Whether both sides are known, by step."""
        return self.in_kw.notna() & self.out_kw.notna()

    @property
    def larger(self) -> pd.Series:
        """The larger one of both sides, by step."""
        return pd.concat([self.in_kw, self.out_kw], axis=1).max(axis=1)

    @property
    def residual(self) -> float | None:
        """The share (0..1) of the larger side that the other does not account for, over all known steps; or None."""
        known = self.known
        gross = float(self.larger[known].sum())
        return float((self.in_kw - self.out_kw)[known].abs().sum()) / gross if gross > 0 else None

    @property
    def residual_kwh(self) -> float:
        """The energy that is not accounted for, without letting a surplus make up for a lack."""
        return float((self.in_kw - self.out_kw)[self.known].abs().sum()) * (self.step / timedelta(hours=1))


def find_residual(balance: Balance, rule: Residual = Residual()) -> tuple[Finding, ...]:
    """Return the days (UTC), joined, on which the balance does not close."""
    known = balance.known
    step_h = balance.step / timedelta(hours=1)
    gap = (balance.in_kw - balance.out_kw).abs().where(known)
    gross = balance.larger.where(known)
    days = pd.DataFrame({"gap": gap, "gross": gross}).resample("D").sum() * step_h
    bad = ((days["gap"] > rule.share * days["gross"]) & (days["gap"] > rule.least_kwh)).to_numpy()
    found = []
    for first, after in runs_of(bad):
        part = days.iloc[first:after]
        share = float(part["gap"].sum() / part["gross"].sum())
        end = days.index[after - 1] + timedelta(days=1)
        inside = (gap.index >= days.index[first]) & (gap.index < end)
        places = np.flatnonzero(inside & (gap > 0).to_numpy())
        severity = Severity.SERIOUS if share > rule.serious_share else Severity.WARNING
        evidence = {"share": share, "energy_kwh": float(part["gap"].sum())}
        found.append(_on_site(Rule.RESIDUAL, severity, gap, balance.step, places, evidence))
    return tuple(found)


def balance_of(signals: Sequence[Signal], step: timedelta) -> Balance | None:
    """Return the measured balance of the signals on the connection; None where the grid or the load has no meter."""
    there = {signal.quantity for signal in signals}
    if not {Quantity.LOAD_KW, Quantity.IMPORT_KW} <= there:
        return None
    sides = [_side(signals, quantities, step) for quantities in (INTO, OUT_OF)]
    index = sides[0].index.union(sides[1].index)
    return Balance(in_kw=sides[0].reindex(index), out_kw=sides[1].reindex(index), step=step)


def _side(signals: Sequence[Signal], quantities: tuple[Quantity, ...], step: timedelta) -> pd.Series:
    parts = [_over(signal, step) for signal in signals if signal.quantity in quantities]
    return pd.concat(parts, axis=1, sort=True).sum(axis=1, skipna=False)


def _over(signal: Signal, step: timedelta) -> pd.Series:
    """Return the means over a coarser step, missing where any value is; a finer step is held."""
    if signal.step == step or signal.values.empty:
        return signal.values
    if signal.step > step:
        end = signal.values.index[-1] + signal.step
        fine = pd.date_range(signal.values.index[0], end, freq=step, inclusive="left")
        return signal.values.reindex(
            fine, method="ffill", tolerance=pd.Timedelta(signal.step - timedelta(microseconds=1))
        )
    binned = signal.values.resample(step)
    return binned.mean().where(binned.count() == round(step / signal.step))


def _on_site(
    rule: Rule, severity: Severity, series: pd.Series, step: timedelta, places: np.ndarray, evidence: dict[str, float]
) -> Finding:
    first, last = series.index[int(places[0])], series.index[int(places[-1])]
    return Finding(
        rule=rule,
        measurand_id=SITE,
        start=first.to_pydatetime(),
        end=last.to_pydatetime() + step,
        count=len(places),
        severity=severity,
        evidence=evidence,
    )
