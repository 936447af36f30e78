"""The battery's charts as files: powers, state of charge and prices at their own resolutions."""

from __future__ import annotations

from components.numbers import step_words
from components.words import _
from dash_app.domain.battery_kpi import Flow
from dash_app.domain.export import ExportTable, Track, time_table
from dash_app.domain.frames import Price
from dash_app.workflows.battery import BatteryData
from pages.range_tables import measured_track


def battery_table(data: BatteryData) -> ExportTable | None:
    """Return everything of the battery over the view; None where there is none."""
    if not data.there:
        return None
    return time_table(_("Battery: power, state of charge and price"), [*_powers(data), *_stored(data), *_prices(data)])


def _powers(data: BatteryData) -> list[Track]:
    names = {
        Flow.CHARGE: _("Charge"),
        Flow.FROM_PV: _("Charge from PV"),
        Flow.FROM_GRID: _("Charge from the grid"),
        Flow.DISCHARGE: _("Discharge"),
        Flow.TO_LOAD: _("Discharge to the load"),
        Flow.TO_GRID: _("Discharge to the grid"),
    }
    notes = [_("simulated")] if data.place.simulated else []
    return [
        measured_track(data, name, data.power(flow), "kW", data.step, notes=notes)
        for flow, name in names.items()
        if flow in data.flows.columns
    ]


def _stored(data: BatteryData) -> list[Track]:
    if data.soc is None:
        return []
    level = Track(name=_("State of charge"), unit="%", values=100.0 * data.soc)
    if data.battery is None:
        return [level]
    stored = Track(name=_("Energy stored"), unit="kWh", values=data.soc * data.battery.capacity_kwh)
    return [level, stored]


def _prices(data: BatteryData) -> list[Track]:
    if data.prices is None or data.place.site is None:
        return []
    unit = _("%(currency)s per kWh", currency=data.place.site.currency)
    detail = _("Every %(step)s", step=step_words(data.price_step))
    names = {Price.IMPORT: _("Price of import"), Price.EXPORT: _("Price of export")}
    return [
        Track(name=name, unit=unit, values=data.within(data.prices[column]), detail=detail)
        for column, name in names.items()
    ]
