"""What Measurements and Forecasts shows of what was gathered: pure views, testable without Dash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.cards import card
from components.graph import downsampled, drawn
from components.list_table import list_table, row_name
from components.numbers import duration, number, percent, period_words, step_words, with_unit
from components.states import empty, not_set_up
from components.time_axis import wall_clock
from components.time_series import Line, TimeSeries, legend_chips, time_series_figure
from components.tokens import LIGHT, css_name
from components.words import _, ngettext
from dash_app.domain.export import ExportTable, Track, time_table
from dash_app.domain.forecast_error import ForecastError
from dash_app.domain.frames import Band
from dash_app.domain.kpi import average_on_local_days
from dash_app.domain.site import Quantity
from dash_app.workflows.measured_forecast import Forecast, MeasuredForecast, Source
from pages.range_tables import forecast_tracks, measured_track

HEIGHT, PHONE_HEIGHT = 260, 210
FORECAST_UP_TO = timedelta(hours=1)
"""A forecast is drawn up to this step: means over longer ones would mix what is past with what is to come."""
FEW = 8
"""Below so many steps a figure says little, and the page says so."""
LOOKS = {Quantity.PV_KW: "pv", Quantity.LOAD_KW: "load"}
SERVER = "server"
"""Key of the server's line where our own forecast is drawn too."""


def pv_view(loaded: MeasuredForecast) -> dict[str, Any] | None:
    """Return what the chart of PV production is filled with; None hides it where there is no PV."""
    return chart_view(loaded, Quantity.PV_KW) if loaded.place.of(Quantity.PV_KW) else None


def load_view(loaded: MeasuredForecast) -> dict[str, Any] | None:
    """Return what the chart of the demand is filled with; None hides it where none is measured."""
    return chart_view(loaded, Quantity.LOAD_KW) if loaded.place.of(Quantity.LOAD_KW) else None


def chart_view(loaded: MeasuredForecast, quantity: Quantity) -> dict[str, Any]:
    """Return what the chart of a quantity is filled with: measured, forecasts, band."""
    step = max(loaded.view.step, loaded.place.native(quantity))
    forecasts = loaded.forecasts(quantity) if step <= FORECAST_UP_TO else ()
    series = _series(loaded, quantity, step, forecasts[:1])
    figure, legend = time_series_figure(series), legend_chips(series)
    for other in forecasts[1:]:
        _draw_other(figure, loaded, other, step)
        legend.append(_other_chip())
    return {
        "drawn": drawn(figure, height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": _("kW, mean of %(step)s", step=step_words(step)),
        "legend": legend,
        "caption": _caption(loaded, quantity, step),
    }


def errors_card(loaded: MeasuredForecast) -> html.Section:
    """Return how far the forecasts of the range were off, by quantity and by who made them."""
    title = _("How good the forecasts were")
    meta = _("Forecast minus measured, %(period)s", period=period_words(loaded.view.first, loaded.view.last))
    found = [(q, f) for q in LOOKS if loaded.place.of(q) for f in loaded.forecasts(q)]
    if not found:
        return card(title, not_set_up(why_none(loaded)), meta=meta)
    compared = [(quantity, forecast, loaded.error(quantity, forecast)) for quantity, forecast in found]
    rows = [_row(quantity, forecast, error) for quantity, forecast, error in compared if error is not None]
    if not rows:
        return card(title, empty(_("Nothing to compare yet: no forecast step of this range is over.")), meta=meta)
    head = [
        _("Forecast"),
        _("Mean error"),
        _("Of the mean"),
        _("Bias"),
        _("Within the 80 % band"),
        _("Steps compared"),
        _("Made before"),
    ]
    body = list_table(title, head, rows, words=0)
    return card(title, body, meta=meta, caption=_method(compared))


def why_none(loaded: MeasuredForecast) -> str:
    """Return why there is no forecast to compare with."""
    site = loaded.place.site
    if loaded.plans:
        return _("No forecast reaches into this range. Our forecasts are kept with the plans of the last days.")
    if site is not None and site.controllable:
        return _("No forecast yet: one is made with every plan of the battery.")
    return _("Nothing is forecast here: the server sends no forecasts, and there is no battery to plan for.")


def pv_table(loaded: MeasuredForecast) -> ExportTable | None:
    """Return the chart of PV production at full resolution."""
    return _table(loaded, Quantity.PV_KW, _("PV production, measured and forecast"))


def load_table(loaded: MeasuredForecast) -> ExportTable | None:
    """Return the chart of the demand at full resolution."""
    return _table(loaded, Quantity.LOAD_KW, _("Electricity demand, measured and forecast"))


def _series(
    loaded: MeasuredForecast, quantity: Quantity, step: timedelta, forecasts: tuple[Forecast, ...]
) -> TimeSeries:
    view = loaded.view

    def averaged(values: Any) -> Any:
        return average_on_local_days(values, step, view.zone)

    return TimeSeries(
        start=view.start,
        end=view.end,
        now=view.now,
        zone=view.zone,
        measured=Line(key="measured", name=_("Measured"), values=averaged(loaded.total(quantity))),
        colour=getattr(LIGHT, LOOKS[quantity]),
        forecast=forecasts[0].frame.apply(averaged) if forecasts else None,
        gaps=loaded.kpis(quantity).coverage.gaps,
        band_opacity=0.18 if quantity is Quantity.PV_KW else 0.12,
    )


def _draw_other(figure: go.Figure, loaded: MeasuredForecast, forecast: Forecast, step: timedelta) -> None:
    """Draw the server's forecast beside our own: dotted as every forecast, in the grey of what is compared with."""
    line = downsampled(average_on_local_days(forecast.frame[Band.P50], step, loaded.view.zone))
    figure.add_scatter(
        x=wall_clock(pd.DatetimeIndex(line.index), loaded.view.zone),
        y=line.to_numpy(),
        name=_("Forecast of the server"),
        meta=SERVER,
        mode="lines",
        line={"color": LIGHT.neutral, "width": 1.6, "dash": "2px,3px"},
        connectgaps=False,
        hovertemplate="%{y:.1f} kW",
    )


def _other_chip() -> html.Button:
    mark = html.Span(className="sb-chip-mark sb-chip-dotted", style={"color": f"var({css_name('neutral')})"})
    return html.Button(
        [mark, _("Forecast of the server")],
        type="button",
        className="sb-chip",
        **aria(pressed="true"),
        **data(trace=SERVER),
    )


def _caption(loaded: MeasuredForecast, quantity: Quantity, step: timedelta) -> str:
    forecasts = loaded.forecasts(quantity)
    if not forecasts:
        return _("No forecast for this range.")
    if step > FORECAST_UP_TO:
        return _("Forecasts are drawn up to steps of %(step)s.", step=step_words(FORECAST_UP_TO))
    error = loaded.error(quantity, forecasts[0])
    if error is None:
        return _("%(source)s: none of its steps is over yet.", source=source_words(forecasts[0].source))
    facts = {
        "source": source_words(forecasts[0].source),
        "mae": with_unit(error.mae_kw, "kW"),
        "bias": bias_words(error),
        "count": ngettext("%(num)d step", "%(num)d steps", error.count),
    }
    return _("%(source)s: off by %(mae)s on average, %(bias)s, over %(count)s.", **facts)


def source_words(source: Source) -> str:
    """Return who made a forecast."""
    return _("Our forecast") if source is Source.OURS else _("Forecast of the server")


def bias_words(error: ForecastError) -> str:
    """Return the bias in words: too high or too low.

    >>> bias_words(ForecastError(count=9, step=timedelta(hours=1), mae_kw=3, bias_kw=-2.0, measured_kw=9, inside=None))
    '2.0\\xa0kW too low'
    """
    size = with_unit(abs(error.bias_kw), "kW")
    if number(abs(error.bias_kw)) == number(0.0):
        return _("neither too high nor too low")
    return _("%(size)s too high", size=size) if error.bias_kw > 0 else _("%(size)s too low", size=size)


def _row(quantity: Quantity, forecast: Forecast, error: ForecastError) -> list[Any]:
    name = _("PV production") if quantity is Quantity.PV_KW else _("Electricity demand")
    first = row_name(name, source_words(forecast.source))
    few = error.count < FEW
    inside = percent(error.inside) if error.inside is not None else _("no band")
    inside, relative = (_("too few"), _("too few")) if few else (inside, percent(error.relative))
    count = _("%(count)s of %(step)s", count=number(error.count, 0), step=step_words(error.step))
    lead = duration(forecast.lead) if forecast.lead is not None else _("not known")
    return [first, with_unit(error.mae_kw, "kW"), relative, bias_words(error), inside, count, lead]


def _method(compared: list[tuple[Quantity, Forecast, ForecastError | None]]) -> str:
    words = _("Of each moment the newest forecast counts that was made before it; steps with a missing value do not.")
    if any(error is not None and error.count < FEW for _quantity, _forecast, error in compared):
        words += " " + _("Fewer than %(few)d steps say little.", few=FEW)
    return words


def _table(loaded: MeasuredForecast, quantity: Quantity, title: str) -> ExportTable | None:
    if not loaded.place.of(quantity):
        return None
    step = loaded.place.native(quantity)
    tracks: list[Track] = [measured_track(loaded, _("Measured"), loaded.total(quantity), "kW", step)]
    for forecast in loaded.forecasts(quantity):
        if forecast.source is Source.OURS:
            tracks += forecast_tracks(forecast.frame)
        else:
            detail = _("Mean of %(step)s", step=step_words(forecast.step))
            name = source_words(forecast.source)
            tracks.append(Track(name=name, unit="kW", values=forecast.frame[Band.P50], detail=detail))
    return time_table(title, tracks)
