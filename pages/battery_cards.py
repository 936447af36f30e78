"""The battery's key figures, and the sentence above them that says what it does now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dash import html

from components.badges import Tone, badge
from components.cards import Figure, card
from components.icons import Icon
from components.numbers import NO_VALUE, day_words, number, percent, period_words, since_words, with_unit
from components.states import not_set_up, stale_words
from components.words import _, ngettext
from dash_app.domain.battery_kpi import (
    NOTHING_KW,
    BatteryEnergies,
    Direction,
    Flow,
    direction_of,
    full_cycles,
    round_trip_efficiency,
)
from dash_app.domain.time import local_midnight
from dash_app.workflows.battery import RECORD_DAYS, BatteryData


def missing_card(data: BatteryData) -> html.Section | None:
    """Return the note of a project without a battery; None where there is one."""
    return None if data.there else card(_("Battery"), not_set_up(_("No battery in this project.")))


def sentence(data: BatteryData) -> html.Div | None:
    """Return what the battery does, in one sentence: direction, power, state of charge, what is stored."""
    if not data.there:
        return None
    soc = data.soc_now()
    words = [html.Span(_now_words(data), className="sb-emphasis")]
    if soc is not None and data.battery is not None:
        kwh = data.battery.capacity_kwh
        stored = _("%(stored)s of %(capacity)s stored", stored=number(soc * kwh), capacity=with_unit(kwh, "kWh"))
        words += [_soc_track(data, soc), html.Span(stored, className="sb-muted")]
    tags = [badge(_("Simulated battery"), symbol=Icon.INFO)] if data.place.simulated else []
    if data.stale_since is not None:
        tags.append(badge(stale_words(_("Battery"), data.stale_since, data.view.now), Tone.WARNING, Icon.CLOCK))
    return html.Div([*words, *tags], className="sb-battery-now")


def figures(data: BatteryData) -> list[Figure] | None:
    """Return the five key figures, in full precision beside the text; None without a battery."""
    if not data.there:
        return None
    return [_power(data), _energy(data), _efficiency(data), _cycles(data), _health(data)]


def direction_words(direction: Direction, power_kw: float) -> str:
    """Say what a battery does: never a bare sign.

    >>> direction_words(Direction.CHARGING, 12.0)
    'Charging 12.0\\xa0kW'
    """
    words = {Direction.CHARGING: _("Charging %(power)s"), Direction.DISCHARGING: _("Discharging %(power)s")}
    return words[direction] % {"power": with_unit(power_kw, "kW")} if direction in words else _("At rest")


def _now_words(data: BatteryData) -> str:
    newest, soc = data.newest(), data.soc_now()
    if newest is None:
        return _("No value of the battery in this range.")
    words = direction_words(*direction_of(newest[Flow.CHARGE], newest[Flow.DISCHARGE]))
    if soc is not None:
        words = _("%(words)s, SoC %(soc)s", words=words, soc=percent(soc))
    if not data.view.holds_today:
        return _("At the end of %(day)s: %(words)s", day=day_words(data.view.last), words=words)
    return words


def _soc_track(data: BatteryData, soc: float) -> html.Span:
    """Return the state of charge as a thin bar with marks at the limits; its words stand beside it."""
    limits = (data.battery.soc_min, data.battery.soc_max) if data.battery else ()
    marks = [html.Span(className="sb-soc-limit", style={"left": f"{100 * limit:.4g}%"}) for limit in limits]
    fill = html.Span(className="sb-track-fill sb-fill-discharge", style={"width": f"{100 * min(max(soc, 0), 1):.4g}%"})
    return html.Span([html.Span(fill, className="sb-track"), *marks], className="sb-soc-track")


def _power(data: BatteryData) -> Figure:
    newest = data.newest()
    if newest is None:
        return Figure(key="power", label=_("Power"), text=NO_VALUE, unit="kW", context=_("Not measured"), value=None)
    direction, power_kw = direction_of(newest[Flow.CHARGE], newest[Flow.DISCHARGE])
    labels = {
        Direction.CHARGING: _("Charging"),
        Direction.DISCHARGING: _("Discharging"),
        Direction.RESTING: _("At rest"),
    }
    stale = ""
    if data.stale_since is not None:
        stale = stale_words(_("Battery"), data.stale_since, data.view.now)
    return Figure(
        key="power",
        label=labels[direction],
        text=number(power_kw),
        unit="kW",
        context=_partner(newest, direction) or _newest_words(data),
        value=float(newest[Flow.DISCHARGE] - newest[Flow.CHARGE]),
        stale=stale,
        formula=_("Discharge − charge of the newest measured step, at the battery's meter."),
    )


def _partner(newest: Any, direction: Direction) -> str:
    """Say where the power comes from or goes to at this moment; '' where nothing is known or nothing flows."""
    names = {
        Flow.FROM_PV: _("PV surplus"),
        Flow.FROM_GRID: _("Grid"),
        Flow.TO_LOAD: _("Load"),
        Flow.TO_GRID: _("Grid"),
    }
    shown = {
        Direction.CHARGING: ((Flow.FROM_PV, Flow.FROM_GRID), _("From: %(parts)s")),
        Direction.DISCHARGING: ((Flow.TO_LOAD, Flow.TO_GRID), _("To: %(parts)s")),
    }
    if direction not in shown:
        return ""
    columns, words = shown[direction]
    parts = [names[column] for column in columns if newest[column] > NOTHING_KW]
    return words % {"parts": ", ".join(parts)} if parts else ""


def _newest_words(data: BatteryData) -> str:
    end = data.newest_end
    return _("Measured until %(time)s", time=since_words(end, data.view.now, data.view.zone)) if end else ""


def _energy(data: BatteryData) -> Figure:
    view = data.view
    midnight = local_midnight(view.today, view.zone)
    if view.start <= midnight < view.end:
        label, energies = _("Energy today"), data.energies(midnight)
        context = _yesterday_words(data, midnight)
    else:
        label, energies = _("Energy of the range"), data.energies()
        context = period_words(view.first, view.last, year=False)
    mark = "≥ " if energies.missing_h else ""
    return Figure(
        key="energy",
        label=label,
        text=f"{mark}{number(energies.charged_kwh)}",
        unit=_("in · %(out)s out kWh", out=f"{mark}{number(energies.discharged_kwh)}"),
        context=_missing_words(energies) or context,
        value=energies.charged_kwh,
        formula=_("Charge and discharge power × length of each measured step, added up at the meter's own resolution."),
    )


def _yesterday_words(data: BatteryData, midnight: datetime) -> str:
    view = data.view
    before = local_midnight(view.today - timedelta(days=1), view.zone)
    if before < view.start:
        return _("Since midnight")
    energies = data.energies(before, midnight)
    facts = {"into": number(energies.charged_kwh), "out": number(energies.discharged_kwh)}
    return _("Yesterday %(into)s in, %(out)s out") % facts


def _missing_words(energies: BatteryEnergies) -> str:
    return _("%(hours)s not measured", hours=with_unit(energies.missing_h, "h", 1)) if energies.missing_h else ""


def _efficiency(data: BatteryData) -> Figure:
    record, battery = data.record, data.battery
    value, context = None, _record_words(data)
    if record is not None and battery is not None:
        value = round_trip_efficiency(record.through, battery.capacity_kwh)
        if value is None:
            cycles = full_cycles(record.through.discharged_kwh, battery.capacity_kwh)
            context = _("Cannot tell yet: %(cycles)s cycles, 2 are needed", cycles=number(cycles, 1))
        else:
            context = _("%(period)s, SoC corrected", period=period_words(record.first, record.last, year=False))
    return Figure(
        key="efficiency",
        label=_("Round-trip efficiency"),
        text=number(None if value is None else 100 * value, 1),
        unit="%" if value is not None else "",
        context=context,
        value=value,
        formula=_(
            "x², with the same efficiency x each way: change of stored energy = charged × x − discharged / x. Whole "
            "days, only while power and SoC were both measured, and only from 2 full cycles on."
        ),
    )


def _cycles(data: BatteryData) -> Figure:
    record, battery = data.record, data.battery
    value, unit, context = None, "", _record_words(data)
    if record is not None and battery is not None:
        value = full_cycles(record.through.discharged_kwh, battery.capacity_kwh)
        unit = ngettext("in %(num)d day", "in %(num)d days", record.days)
        context = _("Equivalent full, %(rate)s a day", rate=number(value / record.days, 2))
    return Figure(
        key="cycles",
        label=_("Cycles"),
        text=number(value, 1),
        unit=unit,
        context=context,
        value=value,
        formula=_("Discharged energy / capacity: equivalent full cycles."),
    )


def _record_words(data: BatteryData) -> str:
    """Say why nothing is known of the last 30 days."""
    if data.battery is None:
        return _("The capacity is not set up")
    if not data.record_asked:
        return _("Reading the last %(days)d days", days=RECORD_DAYS)
    return _("Cannot tell: power and SoC are needed")


def _health(data: BatteryData) -> Figure:
    reported = data.health()
    value = None if reported is None else reported[1]
    return Figure(
        key="health",
        label=_("Health"),
        text=_("not measured") if value is None else number(value, 1),
        unit="" if reported is None else reported[0].unit,
        context=_("The battery does not report it") if value is None else _("As the battery reports it"),
        value=value,
    )
