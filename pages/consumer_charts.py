"""The consumer page's charts: where the demand was met from, the demand itself, its field of days, its duration."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import no_update

from components.demand_marks import draw_limit, mark_peak
from components.duration_curve import duration_figure
from components.graph import drawn
from components.heat_map import heat_map_figure
from components.numbers import moment_words, number, percent, period_words, step_words, with_unit
from components.sankey import Link, Look, Node, SankeyData, equation_words, sankey_figure
from components.time_series import legend_chips, time_series_figure
from components.words import _
from dash_app.domain.export import ExportTable
from dash_app.domain.frames import Power
from dash_app.domain.load_profile import duration_curve
from dash_app.domain.site import Quantity
from dash_app.workflows.consumer import Consumer, history_days
from pages.consumer_cards import source_names
from pages.figure_words import at_least, coverage_words
from pages.overview_views import chart_series
from pages.range_tables import quantity_table

SANKEY_HEIGHT, SANKEY_PHONE_HEIGHT = 232, 200
DEMAND_HEIGHT, DEMAND_PHONE_HEIGHT = 236, 200
MAP_HEIGHT, MAP_PHONE_HEIGHT = 300, 260
CURVE_HEIGHT, CURVE_PHONE_HEIGHT = 230, 200
LOOKS = {Power.PV_KW: Look.PV, Power.BATTERY_KW: Look.DISCHARGE, Power.GRID_KW: Look.IMPORT}


def sankey_view(consumer: Consumer) -> dict[str, Any] | None:
    """Return what fills the Sankey from PV, battery and grid to the load; None where that cannot be told."""
    data = sankey_data(consumer)
    if data is None:
        return None
    figure = sankey_figure(data, height=SANKEY_HEIGHT, phone_height=SANKEY_PHONE_HEIGHT)
    return _filled(
        figure,
        SANKEY_HEIGHT,
        SANKEY_PHONE_HEIGHT,
        meta=_("kWh, PV first, then the battery, then the grid"),
        caption=equation_words(data),
    )


def sankey_data(consumer: Consumer) -> SankeyData | None:
    """Return the flows to the load, kWh; the site's sources without energy keep a hairline."""
    priced = consumer.priced()
    if not priced or not sum(source.energy_kwh for source in priced.values()):
        return None
    names = source_names(consumer)
    nodes = [Node(key=name.value, name=words, look=LOOKS[name]) for name, words in names.items()]
    links = [Link(source=name.value, target="load", amount=priced[name].energy_kwh) for name in names]
    load = Node(key="load", name=_("Load"), look=Look.LOAD)
    return SankeyData(nodes=(*nodes, load), links=tuple(links), unit="kWh")


def demand_view(consumer: Consumer) -> dict[str, Any] | None:
    """Return what fills the chart of the demand: measured, forecast and band, the limit of the import, the peak."""
    if not consumer.place.of(Quantity.LOAD_KW):
        return None
    series = chart_series(consumer, Quantity.LOAD_KW)
    figure = time_series_figure(series)
    known = consumer.kpis(Quantity.LOAD_KW)
    if known.peak_kw is not None and known.peak_at is not None:
        mark_peak(figure, known.peak_at, known.peak_kw, consumer.view.zone, series.measured.values)
    if consumer.place.site is not None:
        draw_limit(figure, consumer.place.site.grid.import_limit_kw)
    step = step_words(max(consumer.view.step, consumer.place.native(Quantity.LOAD_KW)))
    meta = _("kW, mean of %(step)s", step=step)
    share = f"{meta} · {coverage_words(known.coverage)}"
    return {
        **_filled(figure, DEMAND_HEIGHT, DEMAND_PHONE_HEIGHT, meta=share, caption=_demand_caption(consumer)),
        "legend": legend_chips(series),
    }


def demand_table(consumer: Consumer) -> ExportTable | None:
    """Return the demand at full resolution."""
    return quantity_table(consumer, Quantity.LOAD_KW, _("Demand"), consumer.forecast(Quantity.LOAD_KW))


def map_view(consumer: Consumer) -> dict[str, Any] | None:
    """Return what fills the field of the last 90 days; None without a load."""
    if not consumer.place.of(Quantity.LOAD_KW):
        return None
    grid = consumer.grid()
    first, last = history_days(consumer.view)
    if grid is None:
        return {"drawn": no_update, "meta": "", "legend": [], "caption": _("Loading 90 days of demand")}
    caption = _("One column for each day, one row for each hour of the site's clock. Hatched: no data.")
    if grid.missing.any():
        caption += " " + _("%(hours)s are missing.", hours=with_unit(float(grid.missing.sum()), "h", 0))
    meta = _("kW, mean of the hour, %(period)s", period=period_words(first, last))
    return _filled(heat_map_figure(grid), MAP_HEIGHT, MAP_PHONE_HEIGHT, meta=meta, caption=caption)


def curve_view(consumer: Consumer) -> dict[str, Any] | None:
    """Return what fills the load duration curve; None without a load."""
    if not consumer.place.of(Quantity.LOAD_KW):
        return None
    curve = duration_curve(consumer.load_kw)
    caption = _("No values in this range.")
    if len(curve):
        half, tenth = (float(curve[curve.index >= share].iloc[0]) for share in (0.5, 0.1))
        caption = _(
            "Half of the time at least %(half)s; the highest tenth of the time begins at %(tenth)s.",
            half=with_unit(half, "kW"),
            tenth=with_unit(tenth, "kW"),
        )
    figure = duration_figure(curve, consumer.base_kw())
    meta = _("kW that are reached or exceeded, by share of the time")
    return _filled(figure, CURVE_HEIGHT, CURVE_PHONE_HEIGHT, meta=meta, caption=caption)


def _demand_caption(consumer: Consumer) -> str:
    known, site = consumer.kpis(Quantity.LOAD_KW), consumer.place.site
    if known.total_kwh is None or known.peak_kw is None or known.peak_at is None:
        return _("No values in this range.")
    facts = {
        "low": number(known.lowest_kw),
        "high": with_unit(known.peak_kw, "kW"),
        "total": at_least(known, with_unit(known.total_kwh, "kWh")),
        "at": moment_words(known.peak_at, consumer.view.zone),
    }
    words = _("From %(low)s to %(high)s, %(total)s. Peak %(at)s.") % facts
    if site is not None and site.grid.import_limit_kw > 0:
        share = percent(known.peak_kw / site.grid.import_limit_kw)
        limit = with_unit(site.grid.import_limit_kw, "kW")
        words += " " + _("That is %(share)s of the import limit of %(limit)s.", share=share, limit=limit)
    return words


def _filled(figure: go.Figure, height: int, phone_height: int, *, meta: str, caption: str) -> dict[str, Any]:
    return {
        "drawn": drawn(figure, height=height, phone_height=phone_height),
        "meta": meta,
        "legend": [],
        "caption": caption,
    }
