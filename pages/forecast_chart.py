"""The chart of the Forecast page: what was expected with its band, what came, and from when on it was known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from components.forecast_moment import draw_issue
from components.graph import drawn
from components.numbers import moment_words, number, step_words, with_unit
from components.time_series import Line, TimeSeries, legend_chips, time_series_figure
from components.tokens import LIGHT
from components.words import _
from dash_app.domain.export import ExportTable, time_table
from dash_app.domain.forecast_scores import newest_of_each, score
from dash_app.domain.kpi import average_on_local_days
from dash_app.domain.site import Quantity
from dash_app.workflows.forecast_page import ForecastPage
from pages.forecast_words import basis_words, quantity_name
from pages.range_tables import forecast_tracks, measured_track

HEIGHT, PHONE_HEIGHT = 300, 230
FORECAST_UP_TO = timedelta(hours=1)
"""A forecast is drawn up to this step: means over longer ones would mix what is past with what is to come."""
COLOURS = {Quantity.PV_KW: LIGHT.pv, Quantity.LOAD_KW: LIGHT.load}


def band_view(page: ForecastPage) -> dict[str, Any] | None:
    """Return what the chart is filled with; None hides it where the quantity is not measured."""
    quantity = page.choice.quantity
    if not page.place.of(quantity):
        return None
    step = max(page.view.step, page.place.native(quantity))
    series = _series(page, step)
    figure = time_series_figure(series)
    if page.shown is not None:
        draw_issue(figure, page.shown.issued_at, page.view.zone)
    return {
        "drawn": drawn(figure, height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": _("%(what)s, kW, mean of %(step)s", what=quantity_name(quantity), step=step_words(step)),
        "legend": legend_chips(series),
        "caption": caption(page, step),
    }


def band_table(page: ForecastPage) -> ExportTable | None:
    """Return the chart at full resolution."""
    quantity = page.choice.quantity
    if not page.place.of(quantity):
        return None
    measured = measured_track(page, _("Measured"), page.total(quantity), "kW", page.place.native(quantity))
    return time_table(quantity_name(quantity), [measured, *forecast_tracks(page.forecast())])


def caption(page: ForecastPage, step: timedelta) -> str:
    """Return which forecast is drawn, and how far it was off."""
    if page.newest is None:
        return _("No forecast is shown.") if page.ledger.damaged else _("No forecast yet.")
    if step > FORECAST_UP_TO:
        return _("Forecasts are drawn up to steps of %(step)s.", step=step_words(FORECAST_UP_TO))
    if page.choice.known is None:
        return f"{_newest_words(page)} {_off_words(newest_of_each(page.rows))}"
    if page.shown is None:
        known = moment_words(page.choice.known, page.view.zone)
        return _("Nothing had been forecast yet at %(time)s.", time=known)
    facts = {
        "time": moment_words(page.shown.issued_at, page.view.zone),
        "basis": basis_words(page.shown, page.view.zone),
    }
    return _("Issued %(time)s: %(basis)s.", **facts) + " " + _off_words(page.shown_rows)


def _newest_words(page: ForecastPage) -> str:
    if page.every:
        every = step_words(page.every)
        return _("Of each moment the newest forecast made before it, of one in each %(every)s.", every=every)
    return _("Of each moment the newest forecast that was made before it.")


def _off_words(rows: pd.DataFrame) -> str:
    found = score(rows)
    if found is None:
        return _("None of its steps is over yet.")
    facts = {"mae": with_unit(found.mae_kw, "kW"), "count": number(found.count, 0)}
    return _("Off by %(mae)s on average over %(count)s steps.", **facts)


def _series(page: ForecastPage, step: timedelta) -> TimeSeries:
    view, quantity = page.view, page.choice.quantity
    forecast = page.forecast() if step <= FORECAST_UP_TO else None

    def averaged(values: Any) -> Any:
        return average_on_local_days(values, step, view.zone)

    return TimeSeries(
        start=view.start,
        end=_end(page, forecast),
        now=view.now,
        zone=view.zone,
        measured=Line(key="measured", name=_("Measured"), values=averaged(page.total(quantity))),
        colour=COLOURS[quantity],
        forecast=forecast.apply(averaged) if forecast is not None and len(forecast) else None,
        gaps=page.kpis(quantity).coverage.gaps,
        band_opacity=0.18 if quantity is Quantity.PV_KW else 0.12,
    )


def _end(page: ForecastPage, forecast: pd.DataFrame | None) -> datetime:
    """Return the end of the axis: a range that holds today shows the forecast to its end."""
    if forecast is None or forecast.empty or not page.view.holds_today:
        return page.view.end
    newest: datetime = forecast.index[-1].to_pydatetime()
    return max(page.view.end, newest + page.step)
