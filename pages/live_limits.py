"""The card of limits and heartbeat: how far the battery is from what it may do, and whether everybody answers."""

from __future__ import annotations

from typing import Any

from dash import html

from components.aria import aria
from components.badges import Tone, badge
from components.cards import card
from components.chain import battery_words
from components.numbers import duration, percent, with_unit
from components.states import empty, stale_words
from components.words import _, mark
from dash_app.domain.dispatch import Mode, Telemetry
from dash_app.domain.site import Battery, Site
from dash_app.workflows.live import Live
from pages.live_views import battery_name

AT_THE_LIMIT = 0.99
MODES = {
    Mode.REMOTE: mark("Remote: follows our orders"),
    Mode.LOCAL: mark("Local: its own rules"),
    Mode.FALLBACK: mark("Fallback: its watchdog took over"),
    Mode.UNKNOWN: mark("Unknown"),
}


def limits_card(live: Live) -> html.Section:
    """Return the card; values of a stale reading are muted and say their age."""
    title = _("Limits and heartbeat")
    meta: Any = _("Checked before every command")
    site, reading = live.place.site, live.reading
    if site is None or site.battery is None:
        return card(title, empty(_("No battery in this project.")), meta=meta)
    if reading is None:
        return card(title, [empty(_("The battery has not reported yet.")), _beats(live)], meta=meta)
    stale = live.reading_is_stale
    if stale:
        meta = badge(stale_words(battery_name(live.place), reading.at, live.now), Tone.WARNING)
    else:
        meta = _("%(battery)s, read %(age)s ago", battery=battery_name(live.place), age=_age(live))
    gauges = [_soc(site.battery, reading), _power(site.battery, reading), *_grid(site, reading)]
    return card(
        title,
        [html.Ul(gauges, className="sb-gauges"), _beats(live)],
        meta=meta,
        class_name="sb-limits sb-stale" if stale else "sb-limits",
    )


def _soc(battery: Battery, reading: Telemetry) -> html.Li:
    low, high = percent(battery.soc_floor).replace("\xa0%", ""), percent(battery.soc_max)
    name = _("State of charge, %(low)s to %(high)s", low=low, high=high)
    inside = reading.soc is None or battery.soc_floor <= reading.soc <= battery.soc_max
    warning = "" if inside else _("Outside its limits")
    return _gauge(name, percent(reading.soc), reading.soc, warning, ticks=(battery.soc_floor, battery.soc_max))


def _power(battery: Battery, reading: Telemetry) -> html.Li:
    power = reading.battery_kw
    discharging = power is not None and power > 0
    rated = battery.discharge_kw if discharging else battery.charge_kw
    device = reading.max_discharge_kw if discharging else reading.max_charge_kw
    limit = rated if device is None else min(rated, device)
    words = _("Discharging, at most %(limit)s") if discharging else _("Charging, at most %(limit)s")
    return _limited(words % {"limit": _limit_words(limit)}, None if power is None else abs(power), limit)


def _grid(site: Site, reading: Telemetry) -> list[html.Li]:
    power = reading.grid_kw
    if power is None:
        return []
    limit = site.grid.import_limit_kw if power >= 0 else site.grid.export_limit_kw
    words = _("Import, at most %(limit)s") if power >= 0 else _("Export, at most %(limit)s")
    return [_limited(words % {"limit": _limit_words(limit)}, abs(power), limit)]


def _limit_words(limit_kw: float) -> str:
    return with_unit(limit_kw, "kW", 0 if limit_kw == round(limit_kw) else None)


def _limited(name: str, power_kw: float | None, limit_kw: float) -> html.Li:
    share = None if power_kw is None else power_kw / limit_kw if limit_kw > 0 else 1.0 if power_kw > 0 else 0.0
    warning = _("At the limit") if share is not None and share >= AT_THE_LIMIT and power_kw else ""
    return _gauge(name, with_unit(power_kw, "kW"), share, warning)


def _gauge(name: str, text: str, share: float | None, warning: str, ticks: tuple[float, ...] = ()) -> html.Li:
    """Return one line with its bar, filled to `share` (0..1); `ticks` are limits on the bar."""
    filled = 0.0 if share is None else min(max(share, 0.0), 1.0)
    marks = [html.Span(className="sb-gauge-tick", style={"left": f"{100 * tick:.4g}%"}) for tick in ticks]
    fill = html.Span(className="sb-track-fill sb-fill-neutral", style={"width": f"{100 * filled:.4g}%"})
    track = html.Div([html.Div(fill, className="sb-track sb-gauge-track"), *marks], className="sb-gauge")
    amount = [badge(warning, Tone.WARNING)] if warning else []
    line = html.Div(
        [html.Span(name, className="sb-gauge-name"), *amount, html.B(text, className="sb-kpi-number")],
        className="sb-gauge-line",
    )
    return html.Li([line, html.Div(track, **aria(hidden="true"))])


def _beats(live: Live) -> html.Dl:
    reading, silent = live.reading, live.dispatcher_age
    facts: list[tuple[str, Any]] = [
        (_("Device answered"), _("%(age)s ago", age=_age(live)) if reading else _("Not yet")),
        (_("Device mode"), _(MODES[reading.mode]) if reading else _("Unknown")),
        (_("Set-point held"), _told(live)),
        (_("Device watchdog"), _watchdog(live)),
        (_("Dispatcher"), _("reported %(age)s ago", age=duration(silent)) if silent is not None else _("Not seen")),
        (_("Open alarms"), str(len(live.held.alarms)) if live.held.alarms else _("None")),
    ]
    return html.Dl([part for name, value in facts for part in (html.Dt(name), html.Dd(value))], className="sb-facts")


def _watchdog(live: Live) -> str:
    if live.rules is None:
        return _("Not known here")
    facts = {"after": with_unit(live.rules.watchdog_s, "s", 0), "every": with_unit(live.rules.refresh_s, "s", 0)}
    return _("%(after)s, refreshed every %(every)s") % facts


def _told(live: Live) -> str:
    if live.reading is None or live.reading.mode is not Mode.REMOTE:
        return _("None")
    return battery_words(live.reading.setpoint_kw)


def _age(live: Live) -> str:
    return duration(live.reading_age) if live.reading_age is not None else ""
