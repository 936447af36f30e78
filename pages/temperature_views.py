"""The temperature page's parts: key figures of the weather, its chart, the demand beside it, energy against it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from dash import html, no_update

from components.cards import Figure, card
from components.energy_scatter import ScatterData, energy_scatter_figure
from components.numbers import moment_words, number, step_words
from components.states import empty, not_set_up
from components.weather_chart import WeatherData, weather_figure
from components.words import _
from dash_app.domain.export import ExportTable, Track, time_table
from dash_app.domain.kpi import average_on_local_days
from dash_app.domain.site import Quantity
from dash_app.domain.weather import DegreeDays, Signature, Weather, signature_of, working_days
from dash_app.workflows.temperature import Temperature
from pages.efficiency_charts import filled, scatter_caption
from pages.efficiency_fit import fit_caption, fit_meta, signature_list
from pages.overview_views import load_view

WEATHER_HEIGHT, WEATHER_PHONE_HEIGHT = 400, 360
SCATTER_HEIGHT, SCATTER_PHONE_HEIGHT = 260, 220
LINE_POINTS = 40


def figures(page: Temperature) -> list[Figure]:
    """Return mean, lowest and highest temperature, and the mean humidity of the range."""
    degrees, humidity = page.column(Weather.TEMPERATURE_C).dropna(), page.column(Weather.HUMIDITY).dropna()
    nothing = "" if len(degrees) else why_none(page)
    low, high = (None, None) if degrees.empty else (int(degrees.argmin()), int(degrees.argmax()))

    def extreme(key: str, label: str, place: int | None) -> Figure:
        if place is None:
            return _figure(key, label, None, nothing)
        at = pd.DatetimeIndex(degrees.index)[place].to_pydatetime()
        return _figure(key, label, float(degrees.iloc[place]), moment_words(at, page.view.zone))

    return [
        _figure("mean", _("Mean temperature"), _mean(degrees), nothing or _readings(degrees)),
        extreme("low", _("Lowest temperature"), low),
        extreme("high", _("Highest temperature"), high),
        Figure(
            key="humidity",
            label=_("Mean humidity"),
            text=number(None if humidity.empty else 100 * float(humidity.mean()), 0),
            unit="%",
            context=nothing or _("Relative, outdoors"),
            value=None if humidity.empty else float(humidity.mean()),
            formula=_("Mean of the relative humidity of all observed steps of the range."),
        ),
    ]


def why_none(page: Temperature) -> str:
    """Say why there is no weather to show."""
    if page.place.site is None or not page.place.site.has_weather:
        return _("No weather is measured for this project.")
    if page.unreached:
        return _("The weather cannot be reached now.")
    return _("No weather was observed in this range.")


def missing_card(page: Temperature) -> html.Section | None:
    """Return why there is no weather, in the place of the charts; None where there is some."""
    if len(page.column(Weather.TEMPERATURE_C).dropna()):
        return None
    return card(_("Weather"), not_set_up(why_none(page)))


def weather_view(page: Temperature) -> dict[str, Any] | None:
    """Return what fills the chart of the weather; None where none was observed."""
    if page.column(Weather.TEMPERATURE_C).dropna().empty:
        return None
    step = max(page.view.step, weather_step(page))
    columns = {column.value: average_on_local_days(page.column(column), step, page.view.zone) for column in Weather}
    data = WeatherData(
        start=page.view.start,
        end=page.view.end,
        now=page.view.now,
        zone=page.view.zone,
        values=pd.DataFrame(columns),
    )
    degrees = page.column(Weather.TEMPERATURE_C).dropna()
    caption = _("From %(low)s to %(high)s °C.", low=number(float(degrees.min())), high=number(float(degrees.max())))
    meta = _("Observed, mean of %(step)s", step=step_words(step))
    return filled(weather_figure(data), WEATHER_HEIGHT, WEATHER_PHONE_HEIGHT, meta=meta, caption=caption)


def weather_table(page: Temperature) -> ExportTable | None:
    """Return the weather at its own resolution."""
    if page.observed is None:
        return None
    units = {Weather.TEMPERATURE_C: "°C", Weather.HUMIDITY: "%", Weather.IRRADIANCE_W_M2: "W/m²"}
    names = {
        Weather.TEMPERATURE_C: _("Outdoor temperature"),
        Weather.HUMIDITY: _("Relative humidity"),
        Weather.IRRADIANCE_W_M2: _("Global irradiance"),
    }
    tracks = [
        Track(
            name=names[column],
            unit=units[column],
            values=page.column(column) * (100.0 if column is Weather.HUMIDITY else 1.0),
        )
        for column in Weather
    ]
    return time_table(_("Weather"), tracks)


def demand_view(page: Temperature) -> dict[str, Any] | None:
    """Return what fills the chart of the demand; None where none is measured."""
    return load_view(page) if page.place.of(Quantity.LOAD_KW) else None


def scatter_view(page: Temperature) -> dict[str, Any] | None:
    """Return what fills the scatter of energy against the day's mean temperature; None without weather or load."""
    if page.place.site is None or not page.place.site.has_weather or not page.place.of(Quantity.LOAD_KW):
        return None
    if page.opening:
        return {"drawn": no_update, "meta": "", "legend": [], "caption": _("Loading 60 days of demand and weather")}
    table, fit = page.degree_days(), page.signature()
    data = temperature_scatter(table, fit)
    meta = _("One point for each whole day of the last 60 days")
    figure = energy_scatter_figure(data)
    return filled(figure, SCATTER_HEIGHT, SCATTER_PHONE_HEIGHT, meta=meta, caption=scatter_caption(fit))


def temperature_scatter(table: pd.DataFrame | None, fit: Signature | None) -> ScatterData:
    """Return the days by their mean temperature, with the fitted energy over the temperatures that there were."""
    if table is None:
        table = pd.DataFrame({column.value: pd.Series(dtype=float) for column in DegreeDays})
    mean_c = table[DegreeDays.MEAN_C]
    line: list[tuple[float, float]] = []
    if fit is not None:
        places = np.linspace(float(mean_c.min()), float(mean_c.max()), LINE_POINTS)
        line = [(float(celsius), fit.at(float(celsius))) for celsius in places]
    return ScatterData(
        x=mean_c.tolist(),
        energy_kwh=table[DegreeDays.ENERGY_KWH].tolist(),
        days=list(table.index),
        line=line,
        x_title=_("Mean temperature"),
        x_unit="°C",
    )


def fit_card(page: Temperature) -> html.Section | None:
    """Return what the temperature explains of the energy; None where there is no weather or load."""
    if page.place.site is None or not page.place.site.has_weather or not page.place.of(Quantity.LOAD_KW):
        return None
    title = _("What the weather explains")
    if page.opening:
        return card(title, empty(_("Loading 60 days of demand and weather")))
    table, fit = page.degree_days(), page.signature()
    if table is None or fit is None:
        return card(title, empty(_("Too few days with both energy and weather for a line.")))
    body = signature_list(fit, signature_of(working_days(table)))
    return card(title, body, meta=fit_meta(fit), caption=fit_caption(fit), class_name="sb-fit-card")


def weather_step(page: Temperature) -> timedelta:
    """Return the step of the observations; the view's own where there are too few to tell."""
    index = pd.DatetimeIndex(page.column(Weather.TEMPERATURE_C).index)
    return (index[1] - index[0]).to_pytimedelta() if len(index) > 1 else page.view.step


def _figure(key: str, label: str, value: float | None, context: str) -> Figure:
    formulas = {
        "mean": _("Mean of the outdoor temperature of all observed steps of the range."),
        "low": _("The lowest outdoor temperature of one observed step of the range."),
        "high": _("The highest outdoor temperature of one observed step of the range."),
    }
    text = number(value, 1)
    return Figure(key=key, label=label, text=text, unit="°C", context=context, value=value, formula=formulas[key])


def _mean(values: pd.Series) -> float | None:
    return None if values.empty else float(values.mean())


def _readings(values: pd.Series) -> str:
    return _("%(count)s readings", count=number(float(len(values)), 0))
