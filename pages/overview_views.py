"""What the overview shows of what was gathered: pure views, testable without Dash."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from components.cards import Figure
from components.graph import drawn
from components.numbers import (
    clock_time,
    day_words,
    moment_words,
    number,
    percent,
    period_words,
    step_words,
    with_unit,
)
from components.states import partial_badge, stale_words
from components.time_series import Line, TimeSeries, legend_chips, time_series_figure
from components.tokens import LIGHT
from components.words import _, ngettext
from dash_app.domain.frames import Band
from dash_app.domain.kpi import Kpis, average_on_local_days
from dash_app.domain.project import PV_FIRST
from dash_app.domain.site import Quantity
from dash_app.domain.view import View
from dash_app.workflows.measured import Place
from dash_app.workflows.overview import Overview
from pages.figure_words import at_least

HEIGHTS = {Quantity.PV_KW: (236, 200), Quantity.LOAD_KW: (196, 180)}
COLOURS = {Quantity.PV_KW: LIGHT.pv, Quantity.LOAD_KW: LIGHT.load}
LATE_STEPS = 2
FORECAST_UP_TO = timedelta(hours=1)
"""A forecast is drawn up to this step: means over longer ones would mix what is past with what is to come."""


def main_quantity(place: Place) -> Quantity:
    """Return what the home of a project begins with: PV or the demand, by the project's type and by what there is."""
    pv, load = place.of(Quantity.PV_KW), place.of(Quantity.LOAD_KW)
    return Quantity.PV_KW if pv and (not load or place.project.type in PV_FIRST) else Quantity.LOAD_KW


def key_figures(overview: Overview) -> list[Figure]:
    """Return current, total, average and peak of what the home begins with, in full precision beside the text."""
    quantity = main_quantity(overview.place)
    figures = overview.kpis(quantity)
    return [
        _current(overview, quantity, figures),
        _total(overview, quantity, figures),
        _average(quantity, figures),
        _peak(overview, quantity, figures),
    ]


def pv_view(overview: Overview) -> dict[str, Any] | None:
    """Return what fills the chart of PV production above the demand; None where it stands below, or without PV."""
    return chart_view(overview, Quantity.PV_KW) if main_quantity(overview.place) is Quantity.PV_KW else None


def second_pv_view(overview: Overview) -> dict[str, Any] | None:
    """Return what fills the chart of PV production below the demand; None where it stands above, or without PV."""
    below = overview.place.of(Quantity.PV_KW) and main_quantity(overview.place) is not Quantity.PV_KW
    return chart_view(overview, Quantity.PV_KW) if below else None


def load_view(overview: Overview) -> dict[str, Any]:
    """Return what fills the chart of the demand."""
    return chart_view(overview, Quantity.LOAD_KW)


def chart_view(overview: Overview, quantity: Quantity) -> dict[str, Any]:
    """Return what the chart card of a quantity is filled with: `drawn`, `meta`, `legend`, `caption`."""
    series = chart_series(overview, quantity)
    height, phone_height = HEIGHTS[quantity]
    figures = overview.kpis(quantity)
    return {
        "drawn": drawn(time_series_figure(series), height=height, phone_height=phone_height),
        "meta": _chart_meta(overview, quantity, figures),
        "legend": legend_chips(series),
        "caption": _chart_caption(overview, quantity, figures),
    }


def chart_series(overview: Overview, quantity: Quantity) -> TimeSeries:
    """Return the measured total, its parts and the forecast of a quantity, averaged to the view's step."""
    view, place = overview.view, overview.place
    parts = place.of(quantity)
    step = max(view.step, place.native(quantity))

    forecast = overview.forecast(quantity) if step <= FORECAST_UP_TO else None

    def averaged(values: Any) -> Any:
        return average_on_local_days(values, step, view.zone)

    return TimeSeries(
        start=view.start,
        end=view.end,
        now=view.now,
        zone=view.zone,
        measured=Line(key="measured", name=_("Measured"), values=averaged(overview.total(quantity))),
        colour=COLOURS[quantity],
        parts=tuple(Line(key=m.measurand_id, name=m.name, values=averaged(overview.part(m))) for m in parts)
        if len(parts) > 1
        else (),
        forecast=None if forecast is None else forecast.apply(averaged),
        gaps=overview.kpis(quantity).coverage.gaps,
        band_opacity=0.18 if quantity is Quantity.PV_KW else 0.12,
    )


def _current(overview: Overview, quantity: Quantity, figures: Kpis) -> Figure:
    view, step = overview.view, overview.place.native(quantity)
    now = _("Current power") if quantity is Quantity.PV_KW else _("Current demand")
    label = now if view.holds_today else _("Last power of the range")
    context, stale = "", ""
    if figures.current_at is not None:
        end = figures.current_at + step
        context = _("Mean of %(a)s–%(b)s", a=clock_time(figures.current_at, view.zone), b=clock_time(end, view.zone))
        context = _forecast_said(overview, quantity, figures.current_at) or context
        if view.holds_today and view.now - end > LATE_STEPS * step:
            stale = stale_words(_name(quantity), end, view.now)
    return Figure(
        key="current",
        label=label,
        text=number(figures.current_kw),
        unit="kW",
        context=context,
        value=figures.current_kw,
        stale=stale,
        formula=_("The newest measured step of the meters on the site's connection, added up: its mean power."),
    )


def _total(overview: Overview, quantity: Quantity, figures: Kpis) -> Figure:
    return Figure(
        key="total",
        label=_("Total energy") if quantity is Quantity.PV_KW else _("Total demand"),
        text=at_least(figures, number(figures.total_kwh)),
        unit="kWh",
        context=_total_context(overview.view, figures),
        value=figures.total_kwh,
        formula=_(
            "Mean power of each step × its length, added up at the meters' own resolution. Missing steps count as "
            "nothing, then the total is marked ≥."
        ),
    )


def _average(quantity: Quantity, figures: Kpis) -> Figure:
    hours = with_unit(figures.covered_h, "h")
    words = _("Over %(hours)s, nights included") if quantity is Quantity.PV_KW else _("Over %(hours)s")
    return Figure(
        key="average",
        label=_("Average power") if quantity is Quantity.PV_KW else _("Average demand"),
        text=number(figures.average_kw),
        unit="kW",
        context=words % {"hours": hours},
        value=figures.average_kw,
        formula=_("Total energy / hours that were measured."),
    )


def _peak(overview: Overview, quantity: Quantity, figures: Kpis) -> Figure:
    at = moment_words(figures.peak_at, overview.view.zone) if figures.peak_at else ""
    context = _("%(at)s, mean of %(step)s", at=at, step=step_words(overview.place.native(quantity))) if at else ""
    return Figure(
        key="peak",
        label=_("Peak power") if quantity is Quantity.PV_KW else _("Peak demand"),
        text=number(figures.peak_kw),
        unit="kW",
        context=context,
        value=figures.peak_kw,
        formula=_("The highest mean power of one measured step of the range."),
    )


def _total_context(view: View, figures: Kpis) -> str:
    if not figures.coverage.complete:
        gaps = ngettext("%(num)d gap", "%(num)d gaps", len(figures.coverage.gaps))
        return _("%(share)s of values, %(gaps)s", share=percent(figures.coverage.fraction), gaps=gaps)
    if not 1 <= len(figures.days) <= 2:
        return period_words(view.first, view.last, year=False)
    texts = []
    for day in figures.days:
        kwh = number(day.energy_kwh)
        today = day.day == view.today
        texts.append(_("today %(kwh)s so far", kwh=kwh) if today else f"{day_words(day.day)} {kwh}")
    return ", ".join(texts)


def _forecast_said(overview: Overview, quantity: Quantity, moment: datetime) -> str:
    forecast = overview.forecast(quantity)
    if forecast is None or moment not in forecast.index:
        return ""
    return _("Forecast said %(power)s", power=with_unit(float(forecast[Band.P50][moment]), "kW"))


def _chart_meta(overview: Overview, quantity: Quantity, figures: Kpis) -> list[Any]:
    step = step_words(max(overview.view.step, overview.place.native(quantity)))
    count = len(overview.place.of(quantity))
    if quantity is Quantity.PV_KW:
        what = ngettext("%(num)d array", "%(num)d arrays", count)
    else:
        what = ngettext("%(num)d meter", "%(num)d meters", count)
    words = _("%(what)s · kW, mean of %(step)s", what=what, step=step)
    if not figures.coverage.complete:
        return [words, " ", partial_badge(percent(figures.coverage.fraction), len(figures.coverage.gaps))]
    return [_("%(words)s · %(share)s of values", words=words, share=percent(figures.coverage.fraction))]


def _chart_caption(overview: Overview, quantity: Quantity, figures: Kpis) -> str:
    if figures.total_kwh is None:
        return _("No values between %(a)s and %(b)s.", a=_edge(overview, 0), b=_edge(overview, 1))
    facts = {
        "low": number(figures.lowest_kw),
        "high": with_unit(figures.peak_kw, "kW"),
        "total": at_least(figures, with_unit(figures.total_kwh, "kWh")),
    }
    so_far = overview.view.holds_today
    text = _("From %(low)s to %(high)s, %(total)s so far.") if so_far else _("From %(low)s to %(high)s, %(total)s.")
    return " ".join([text % facts, _expected_words(overview, quantity)]).strip()


def _edge(overview: Overview, which: int) -> str:
    moment = overview.view.start if which == 0 else overview.view.until
    return moment_words(moment, overview.view.zone)


def _expected_words(overview: Overview, quantity: Quantity) -> str:
    forecast, view = overview.forecast(quantity), overview.view
    if forecast is None or not view.holds_today:
        return ""
    step = (forecast.index[1] - forecast.index[0]).to_pytimedelta() if len(forecast) > 1 else timedelta(minutes=15)
    ahead = forecast.loc[forecast.index >= view.now - step, Band.P50]
    if ahead.empty or ahead.index[-1] + step < view.end or ahead.isna().any():
        return ""
    kwh = float(ahead.sum() * (step / timedelta(hours=1)))
    words = {
        Quantity.PV_KW: _("The rest of today is expected to bring %(kwh)s."),
        Quantity.LOAD_KW: _("The rest of today is expected to take %(kwh)s."),
    }
    return words[quantity] % {"kwh": with_unit(kwh, "kWh")}


def _name(quantity: Quantity) -> str:
    return _("PV") if quantity is Quantity.PV_KW else _("Load meter")
