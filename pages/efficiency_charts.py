"""The efficiency page's charts: energy per day against the same weekday before, and against degree days."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import no_update

from components.day_bars import DayBar, day_bars_figure
from components.energy_scatter import ScatterData, energy_scatter_figure
from components.graph import drawn
from components.numbers import number, percent, period_words, with_unit
from components.words import _, ngettext
from dash_app.domain.site import Quantity
from dash_app.domain.weather import DegreeDays, Signature
from dash_app.workflows.efficiency import Efficiency, days_shown

BARS_HEIGHT, BARS_PHONE_HEIGHT = 230, 200
SCATTER_HEIGHT, SCATTER_PHONE_HEIGHT = 260, 220


def days_view(page: Efficiency) -> dict[str, Any] | None:
    """Return what fills the chart of days; None without a load."""
    if not page.place.of(Quantity.LOAD_KW):
        return None
    first, last = days_shown(page.view)
    meta = _("kWh, %(period)s", period=period_words(first, last))
    if page.opening:
        return {"drawn": no_update, "meta": meta, "legend": [], "caption": _("Loading the days and the week before")}
    bars = day_bars(page)
    figure = day_bars_figure(bars, now_name=_("Energy"), before_name=_("Same weekday a week before"))
    return filled(figure, BARS_HEIGHT, BARS_PHONE_HEIGHT, meta=meta, caption=_days_caption(bars))


def day_bars(page: Efficiency) -> list[DayBar]:
    """Return the days shown with the energy of the same weekday before."""
    return [
        DayBar(
            day=day.day,
            energy_kwh=day.energy_kwh,
            before_kwh=before.energy_kwh if before else None,
            whole=day.complete and day.day != page.view.today,
        )
        for day, before in page.days()
    ]


def weather_view(page: Efficiency) -> dict[str, Any] | None:
    """Return what fills the scatter of energy against degree days; None without weather."""
    if page.place.site is None or not page.place.site.has_weather or not page.place.of(Quantity.LOAD_KW):
        return None
    if page.opening:
        return {"drawn": no_update, "meta": "", "legend": [], "caption": _("Loading 60 days of demand and weather")}
    table, fit = page.degree_days(), page.signature()
    data = degree_scatter(table, fit)
    heating = data.x_title == _("Heating degree days")
    meta = _("One point for each whole day, heating") if heating else _("One point for each whole day, cooling")
    figure = energy_scatter_figure(data)
    return filled(figure, SCATTER_HEIGHT, SCATTER_PHONE_HEIGHT, meta=meta, caption=scatter_caption(fit))


def degree_scatter(table: pd.DataFrame | None, fit: Signature | None) -> ScatterData:
    """Return the days by the kind of degree days that there are more of, with the fitted line for that kind."""
    if table is None:
        table = pd.DataFrame({column.value: pd.Series(dtype=float) for column in DegreeDays})
    kind = DegreeDays.HEATING
    if float(table[DegreeDays.COOLING].sum()) > float(table[DegreeDays.HEATING].sum()):
        kind = DegreeDays.COOLING
    line: list[tuple[float, float]] = []
    if fit is not None:
        slope = fit.per_hdd if kind is DegreeDays.HEATING else fit.per_cdd
        ends = (0.0, float(table[kind].max()))
        line = [(x, fit.base_kwh + slope * x) for x in ends]
    titles = {DegreeDays.HEATING: _("Heating degree days"), DegreeDays.COOLING: _("Cooling degree days")}
    return ScatterData(
        x=table[kind].tolist(),
        energy_kwh=table[DegreeDays.ENERGY_KWH].tolist(),
        days=list(table.index),
        line=line,
        x_title=titles[kind],
        x_unit=_("Kd"),
    )


def scatter_caption(fit: Signature | None) -> str:
    """Say what the fitted line says."""
    if fit is None:
        return _("Too few days with both energy and weather for a line.")
    strength = percent(max(0.0, fit.r2))
    text = _("%(days)s days; the weather explains %(share)s of the variation. Hollow: Saturdays and Sundays.")
    return text % {"days": fit.days, "share": strength}


def filled(figure: go.Figure, height: int, phone_height: int, *, meta: str, caption: str) -> dict[str, Any]:
    """Return the parts of a chart without a legend."""
    return {
        "drawn": drawn(figure, height=height, phone_height=phone_height),
        "meta": meta,
        "legend": [],
        "caption": caption,
    }


def _days_caption(bars: list[DayBar]) -> str:
    pairs = [(bar.energy_kwh, bar.before_kwh) for bar in bars if bar.whole and bar.energy_kwh and bar.before_kwh]
    tick = _("The tick is the same weekday a week before.")
    if not pairs:
        return tick
    now, before = (sum(side) for side in zip(*pairs, strict=True))
    change = now / before - 1
    words = _("more than") if change >= 0 else _("less than")
    text = ngettext(
        "%(num)d whole day: %(now)s, %(change)s %(words)s the same weekday a week before.",
        "%(num)d whole days: %(now)s, %(change)s %(words)s the same weekdays a week before.",
        len(pairs),
        now=with_unit(now, "kWh"),
        change=f"{number(abs(100 * change), 1)}\u00a0%",
        words=words,
    )
    return f"{text} {tick}"
