"""Gather what the battery's page shows: its powers and SoC in the view, the plan in force, prices, its last 30 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from dash_app.domain.battery_kpi import (
    BatteryEnergies,
    Flow,
    Throughput,
    battery_flows,
    energies_of,
    throughput_of,
)
from dash_app.domain.measurement import Window, total_of
from dash_app.domain.now import GRACE, LATE_STEPS
from dash_app.domain.ports import Measurements, Recommendations, Session
from dash_app.domain.recommendation import Recommendation
from dash_app.domain.site import Battery, Measurand, Quantity
from dash_app.domain.time import local_midnight
from dash_app.domain.view import View
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import Measured, Place, load_window
from dash_app.workflows.price_rows import prices_over

OF_BATTERY = (Quantity.CHARGE_KW, Quantity.DISCHARGE_KW, Quantity.SOC)
AROUND = (Quantity.PV_KW, Quantity.LOAD_KW)
RECORD_DAYS = 30
RECORD_FOR = timedelta(hours=1)
SPLIT_CODES = {
    "p_pv_ess": Flow.FROM_PV,
    "p_peg_ess": Flow.FROM_GRID,
    "p_ess_con": Flow.TO_LOAD,
    "p_ess_peg": Flow.TO_GRID,
}
"""Where a battery's sources and targets are measured themselves, by the API's code, those count."""
HEALTH_CODES = ("soh", "p_ess_soh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What went through a battery on the whole days `first` to `last`."""

    through: Throughput
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryData(Measured):
    """Everything of one drawing of the battery's page.

    `flows` are the columns of battery_kpi.Flow by `step`, `soc` is 0..1, both up to now; `prices` is frames.Price.
    `record` is None while its days are still to be read (`record_asked` False) and where nothing is known of them.
    """

    step: timedelta
    flows: pd.DataFrame
    soc: pd.Series | None
    plan: Recommendation | None
    prices: pd.DataFrame | None
    price_step: timedelta
    record: Record | None
    record_asked: bool

    @property
    def battery(self) -> Battery | None:
        """The battery as SITES_FILE says it, or None."""
        return self.place.site.battery if self.place.site else None

    @property
    def there(self) -> bool:
        """Whether there is anything of a battery here."""
        return bool(self.place.of(Quantity.CHARGE_KW, Quantity.DISCHARGE_KW))

    def power(self, flow: Flow) -> pd.Series:
        """Return one column of `flows`, kW."""
        return self.flows[flow].rename(None)

    def energies(self, start: datetime | None = None, end: datetime | None = None) -> BatteryEnergies:
        """Return the energies between two moments, of the view where none are given."""
        rows = self.flows
        if start is not None:
            rows = rows.loc[rows.index >= start]
        if end is not None:
            rows = rows.loc[rows.index < end]
        return energies_of(rows, self.step)

    def stored_change_kwh(self) -> float | None:
        """Return how much more is stored at the end of the view than at its start; None where that is not known.

        A value of SoC stands for the middle of its step: half a step is drawn out at either end.
        """
        known = None if self.soc is None else self.soc.dropna()
        if known is None or len(known) < 2 or self.battery is None:
            return None
        late = 2 * self.step
        if known.index[0] - self.flows.index[0] > late or self.flows.index[-1] - known.index[-1] > late:
            return None
        begin = 1.5 * known.iloc[0] - 0.5 * known.iloc[1]
        end = 1.5 * known.iloc[-1] - 0.5 * known.iloc[-2]
        return float(end - begin) * self.battery.capacity_kwh

    def newest(self) -> pd.Series | None:
        """Return the newest row of `flows` in which charge and discharge are known, named by its moment, or None."""
        known = self.flows.dropna(subset=[Flow.CHARGE, Flow.DISCHARGE])
        return None if known.empty else known.iloc[-1]

    @property
    def newest_end(self) -> datetime | None:
        """The end of the newest step in which charge and discharge are known."""
        newest = self.newest()
        return None if newest is None else pd.Timestamp(str(newest.name)).to_pydatetime() + self.step

    @property
    def stale_since(self) -> datetime | None:
        """The end of the newest step when that lies too far back for a range that holds now, else None."""
        end, late = self.newest_end, allowed_delay(self.step)
        return end if end is not None and self.view.holds_today and self.view.now - end > late else None

    def soc_now(self) -> float | None:
        """Return the newest state of charge of the view (0..1), or None."""
        known = None if self.soc is None else self.soc.dropna()
        return None if known is None or known.empty else float(known.iloc[-1])

    def health(self) -> tuple[Measurand, float] | None:
        """Return what the battery itself reports as its health, with its newest value, or None."""
        for measurand in self.place.measurands:
            if measurand.code.strip().lower() in HEALTH_CODES:
                known = self.window.series.get(measurand.measurand_id, pd.Series(dtype=float)).dropna()
                return None if known.empty else (measurand, float(known.iloc[-1]))
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryPorts:
    """What the page is gathered from."""

    measurements: Measurements
    recommendations: Recommendations
    records: Kept[Record | None]


def load_battery(session: Session, place: Place, view: View, *, opening: bool, ports: BatteryPorts) -> BatteryData:
    """Load the page; the 30 days of the record only when the page is already open, so that it opens at once."""
    wanted = _wanted(place)
    window = load_window(session, place, view, opening=opening, measurements=ports.measurements, wanted=wanted)
    step = place.native(Quantity.CHARGE_KW, Quantity.DISCHARGE_KW)
    plan = ports.recommendations.in_force(place.project.project_id) if place.of(Quantity.CHARGE_KW) else None
    key = (session.person.user_id, place.project.project_id, record_end(view))
    asked = not opening or ports.records.knows(key)
    prices, price_step = prices_over(session, place, view, plan, ports.measurements)
    return BatteryData(
        place=place,
        view=view,
        window=window,
        step=step,
        flows=_flows(place, view, window, step),
        soc=_soc(place, view, window),
        plan=plan,
        prices=prices,
        price_step=price_step,
        record=ports.records.of(key, lambda: _record(session, place, view, ports)) if asked else None,
        record_asked=asked,
    )


def _wanted(place: Place) -> list[Measurand]:
    codes = {*SPLIT_CODES, *HEALTH_CODES}
    by_code = [m for m in place.measurands if m.code.strip().lower() in codes]
    return [*place.of(*OF_BATTERY, *AROUND), *by_code]


def _flows(place: Place, view: View, window: Window, step: timedelta) -> pd.DataFrame:
    series = {quantity: total_of(window, place.measurands, quantity, step) for quantity in (*OF_BATTERY[:2], *AROUND)}
    pv = series[Quantity.PV_KW] if place.of(Quantity.PV_KW) else series[Quantity.PV_KW].fillna(0.0)
    charge, discharge = series[Quantity.CHARGE_KW], series[Quantity.DISCHARGE_KW]
    flows = battery_flows(charge, discharge, pv, series[Quantity.LOAD_KW])
    for measurand in place.measurands:
        column = SPLIT_CODES.get(measurand.code.strip().lower())
        if column is not None:
            flows[column] = total_of(window, (measurand,), measurand.quantity, step)
    return _so_far(flows, view, step)


def _soc(place: Place, view: View, window: Window) -> pd.Series | None:
    """Return the state of charge, the mean over several batteries where there are."""
    measurands = place.of(Quantity.SOC)
    if not measurands:
        return None
    step = place.native(Quantity.SOC)
    parts = [total_of(window, (measurand,), Quantity.SOC, step) for measurand in measurands]
    return _so_far(pd.concat(parts, axis=1).mean(axis=1, skipna=False).to_frame("soc"), view, step)["soc"]


def _so_far(frame: pd.DataFrame, view: View, step: timedelta) -> pd.DataFrame:
    """Return the rows of the view that are due: the newest may still be on their way, which is not a gap."""
    newest = frame[frame.columns[0]].last_valid_index()
    until = view.until
    if newest is not None:
        end = pd.Timestamp(str(newest)).to_pydatetime() + step
        until = end if until - end <= allowed_delay(step) else until
    return frame.loc[(frame.index >= view.start) & (frame.index <= until - step)]


def allowed_delay(step: timedelta) -> timedelta:
    """Return how long after its end a step of a battery that reports may arrive."""
    return (LATE_STEPS + 1) * step + GRACE


def record_end(view: View) -> date:
    """Return the last whole day of the record: that of the view, or yesterday."""
    return min(view.last, view.today - timedelta(days=1))


def _record(session: Session, place: Place, view: View, ports: BatteryPorts) -> Record | None:
    """Return the record of 30 whole days up to the view's end, None where nothing or no capacity is known."""
    battery = place.site.battery if place.site else None
    measurands = place.of(*OF_BATTERY)
    if battery is None or not place.of(Quantity.SOC):
        return None
    last = record_end(view)
    first = last - timedelta(days=RECORD_DAYS - 1)
    start, end = local_midnight(first, view.zone), local_midnight(last + timedelta(days=1), view.zone)
    ids = [m.measurand_id for m in measurands]
    window = ports.measurements.load_window(session, place.project, start, end, ids)
    step = place.native(Quantity.CHARGE_KW, Quantity.DISCHARGE_KW, Quantity.SOC)
    charge, discharge, soc = (total_of(window, measurands, quantity, step) for quantity in OF_BATTERY)
    through = throughput_of(charge, discharge, soc / len(place.of(Quantity.SOC)), step, battery.capacity_kwh)
    known = charge.dropna()
    if through is None or known.empty:
        return None
    began = known.index[0].tz_convert(view.zone).date()
    return Record(through=through, first=max(first, began), last=last)
