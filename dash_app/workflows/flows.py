"""Gather what the page of energy flows shows: the meters, what flowed between them, and the meters elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from dash_app.domain.errors import StaleData
from dash_app.domain.flow_parts import BALANCED as ON_CONNECTION
from dash_app.domain.flow_parts import FlowParts, flow_parts, sub_meters
from dash_app.domain.flows import Attributed, Edge, attribute, co2_rates, cost_rates, edges_of, price_difference
from dash_app.domain.frames import Price
from dash_app.domain.kpi import Kpis, kpis_of
from dash_app.domain.measurement import Published
from dash_app.domain.ports import Measurements, Session
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.tariff import known_prices, on_grid
from dash_app.domain.time import TimeGrid
from dash_app.domain.view import View
from dash_app.workflows.measured import Measured, Place, load_window

PARAMETER = "flow"
FINE = timedelta(minutes=5)
FINE_UP_TO = timedelta(days=31, hours=1)
"""Meters finer than FINE are loaded for ranges up to this long: a year of minutes is half a million values each."""
POWERS = (*ON_CONNECTION, Quantity.OTHER_KW)


class Unit(StrEnum):
    """What the flows are told in; the values are those of the address."""

    ENERGY = "energy"
    COST = "cost"
    CO2 = "co2"


class Why(StrEnum):
    """Why there are no flows to show."""

    NO_LOAD = "no_load"
    TOO_LONG = "too_long"
    NO_VALUES = "no_values"
    NO_PRICES = "no_prices"
    NO_CO2 = "no_co2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Flows in one unit: `edges` balance; `unpriced_h` hours were left out because no price or CO2 is known for them.

    `paid` and `earned` are the sums at the grid's meter, in money.
    """

    edges: tuple[Edge, ...]
    unpriced_h: float = 0.0
    paid: float | None = None
    earned: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsData(Measured):
    """Everything of one drawing of the page. `told` is None where nothing can be told, and `why` says why.

    `attributed` are the flows in kWh, whatever unit is shown; `given_unit` is what the address said if it is unknown.
    """

    unit: Unit
    given_unit: str
    attributed: Attributed | None
    told: Told | None
    why: Why | None

    @property
    def parts(self) -> FlowParts | None:
        """The steps and meters behind the flows."""
        return self.attributed.parts if self.attributed else None

    @property
    def has_battery(self) -> bool:
        """Whether a battery is measured on the connection."""
        return bool(self.place.of(Quantity.CHARGE_KW, Quantity.DISCHARGE_KW))

    def elsewhere(self) -> list[tuple[Measurand, Kpis]]:
        """Return what is measured but not on the site's connection: shown, never summed."""
        return [(m, self._part_kpis(m)) for m in elsewhere(self.place)]

    def _part_kpis(self, measurand: Measurand) -> Kpis:
        series = self.part(replace(measurand, on_connection=True))
        return kpis_of(series, measurand.resolution, self.view.until, self.view.zone)


def elsewhere(place: Place) -> list[Measurand]:
    """Return the measured powers that are not on the site's connection."""
    return [m for m in place.measurands if m.quantity in POWERS and not m.on_connection]


def unit_of(view: View) -> tuple[Unit, str]:
    """Return the unit that the address asks for; an unknown one is energy, with what was given."""
    given = dict(view.others).get(PARAMETER, Unit.ENERGY.value)
    try:
        return Unit(given), ""
    except ValueError:
        return Unit.ENERGY, given[:40]


def load_flows(session: Session, place: Place, view: View, *, opening: bool, measurements: Measurements) -> FlowsData:
    """Load the meters of a view and attribute what flowed between them, in the unit that the address asks for."""
    too_long = is_too_long(place, view)
    wanted = elsewhere(place) + ([] if too_long else [*place.of(*ON_CONNECTION), *sub_meters(place.measurands)])
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    unit, given_unit = unit_of(view)
    data = FlowsData(
        place=place,
        view=view,
        window=window,
        unit=unit,
        given_unit=given_unit,
        attributed=None,
        told=None,
        why=Why.TOO_LONG if too_long else Why.NO_LOAD,
    )
    if too_long or not place.of(Quantity.LOAD_KW):
        return data
    parts = flow_parts(window, place.measurands, data.balance_step, view.start, view.until)
    attributed = attribute(parts)
    if not parts.steps:
        return replace(data, attributed=attributed, why=Why.NO_VALUES)
    told, why = _told(session, data, attributed, measurements)
    return replace(data, attributed=attributed, told=told, why=why)


def is_too_long(place: Place, view: View) -> bool:
    """Return whether meters of this place are too fine to be loaded for the whole view."""
    return place.native(*ON_CONNECTION) < FINE and view.until - view.start > FINE_UP_TO


def _told(
    session: Session, data: FlowsData, attributed: Attributed, measurements: Measurements
) -> tuple[Told | None, Why | None]:
    project_id, view = data.place.project.project_id, data.view
    match data.unit:
        case Unit.ENERGY:
            return Told(edges=tuple(edges_of(attributed))), None
        case Unit.COST:
            prices = measurements.prices(session, project_id, view.start, view.until)
            return _in_money(data, attributed, prices)
        case Unit.CO2:
            has_co2 = data.place.site is None or data.place.site.has_co2
            co2 = measurements.co2(session, project_id, view.start, view.until) if has_co2 else None
            return _in_co2(data, attributed, co2)


def _in_money(data: FlowsData, attributed: Attributed, published: Published | None) -> tuple[Told | None, Why | None]:
    if data.place.site is None or published is None:
        return None, Why.NO_PRICES
    try:
        frame = known_prices(published, _grid(attributed.parts), data.place.site)
    except StaleData:
        return None, Why.NO_PRICES
    prices = frame.reindex(attributed.parts.totals.index)
    known = prices[[Price.IMPORT, Price.EXPORT]].notna().all(axis=1).to_numpy()
    if not known.any():
        return None, Why.NO_PRICES
    priced = attribute(attributed.parts.where(known))
    buy, sell = (prices.loc[known, column].to_numpy(dtype=float) for column in (Price.IMPORT, Price.EXPORT))
    edges = (*edges_of(priced, cost_rates(buy, sell)), price_difference(priced, buy, sell))
    hours = priced.parts.step_h
    return Told(
        edges=edges,
        unpriced_h=_left_out_h(known, hours),
        paid=float((priced.parts.total(Quantity.IMPORT_KW) * buy).sum() * hours),
        earned=float((priced.parts.total(Quantity.EXPORT_KW) * sell).sum() * hours),
    ), None


def _in_co2(data: FlowsData, attributed: Attributed, published: Published | None) -> tuple[Told | None, Why | None]:
    if published is None:
        return None, Why.NO_CO2
    carbon = on_grid(published.values, _grid(attributed.parts)).reindex(attributed.parts.totals.index)
    known = carbon.notna().to_numpy()
    if not known.any():
        return None, Why.NO_CO2
    counted = attribute(attributed.parts.where(known))
    edges = tuple(edges_of(counted, co2_rates(carbon[known].to_numpy(dtype=float))))
    return Told(edges=edges, unpriced_h=_left_out_h(known, counted.parts.step_h)), None


def _grid(parts: FlowParts) -> TimeGrid:
    """Return the grid from the first to the last step that counts."""
    index = pd.DatetimeIndex(parts.totals.index)
    steps = (index[-1] - index[0]) // parts.step + 1
    return TimeGrid(start=index[0].to_pydatetime(), step=parts.step, steps=int(steps))


def _left_out_h(known: np.ndarray, step_h: float) -> float:
    return float((~known).sum() * step_h)
