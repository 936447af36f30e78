"""How much of its own energy a site uses, and how much its arrays bring: shares and the specific yield.

Every share is worked out step by step from the balance at native resolution. Inside a step PV and load are netted, so
the longer the step, the higher the shares: an hourly meter cannot tell a cloud from a kettle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from dash_app.domain.frames import Power
from dash_app.domain.kpi import load_sources
from dash_app.domain.site import Measurand, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a whole, both in kWh; the `missing_h` hours with a missing value are in neither."""

    part_kwh: float
    whole_kwh: float
    missing_h: float

    @property
    def fraction(self) -> float | None:
        """The part of the whole, 0..1; None where there was no whole."""
        return self.part_kwh / self.whole_kwh if self.whole_kwh > 0 else None


def self_sufficiency(balance: pd.DataFrame, step: timedelta) -> Share:
    """Return the share of the load that did not come from the grid.

    self-sufficiency = (PV used directly + battery used by the load) / load, with the load's energy taken from PV first,
    then from the battery (see `kpi.load_sources`). The battery counts as the site's own whatever it was charged from.

    >>> index = pd.date_range("2020-09-28", periods=2, freq="h", tz="UTC")
    >>> balance = pd.DataFrame({"pv_kw": [10.0, 0.0], "load_kw": [6.0, 4.0], "battery_kw": [-3.0, 1.0],
    ...                         "grid_kw": [-1.0, 3.0]}, index=index)
    >>> self_sufficiency(balance, timedelta(hours=1)).fraction
    0.7
    """
    sources = load_sources(balance, step)
    own_kwh = sources.pv_kwh + sources.battery_kwh
    return Share(part_kwh=own_kwh, whole_kwh=sources.total_kwh, missing_h=sources.missing_h)


def self_consumption(balance: pd.DataFrame, step: timedelta) -> Share:
    """Return the share of the PV energy that was used on site, into the battery included.

    self-consumption = (PV used directly + PV into the battery) / PV, with PV supplying the load first, then the
    charging battery; the rest was exported.

    >>> index = pd.date_range("2020-09-28", periods=2, freq="h", tz="UTC")
    >>> balance = pd.DataFrame({"pv_kw": [10.0, 0.0], "load_kw": [6.0, 4.0], "battery_kw": [-3.0, 1.0],
    ...                         "grid_kw": [-1.0, 3.0]}, index=index)
    >>> self_consumption(balance, timedelta(hours=1)).fraction
    0.9
    """
    known = balance.dropna()
    step_h = step / timedelta(hours=1)
    pv = known[Power.PV_KW]
    to_load = pv.clip(upper=known[Power.LOAD_KW])
    to_battery = (-known[Power.BATTERY_KW]).clip(lower=0.0).clip(upper=pv - to_load)
    return Share(
        part_kwh=float((to_load + to_battery).sum() * step_h),
        whole_kwh=float(pv.sum() * step_h),
        missing_h=(len(balance) - len(known)) * step_h,
    )


def specific_yield(energy_kwh: float, kwp: float) -> float | None:
    """Return kWh per kWp: energy / nameplate; None without a nameplate.

    >>> specific_yield(410.0, 100.0)
    4.1
    """
    return energy_kwh / kwp if kwp > 0 else None


def nameplate_kwp(site: Site | None, measurands: Iterable[Measurand]) -> float:
    """Return the nameplate of these PV measurands together; 0 as soon as one of them is not known."""
    known = {array.measurand_id: array.kwp for array in site.arrays} if site else {}
    sizes = [known.get(measurand.measurand_id, 0.0) for measurand in measurands]
    return sum(sizes) if sizes and min(sizes) > 0 else 0.0
