"""The gallery's charts over a range beside the plain time series: battery, surplus, weather, explorer, the map."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from dash import html

from components import battery_chart
from components.badges import Tone
from components.battery_picture import BatteryPicture
from components.battery_rows import price_figure, soc_figure
from components.explorer_chart import ChartRow, ExplorerPicture, SeriesLine, explorer_figure, series_chips
from components.graph import drawn_id
from components.icons import Icon
from components.list_table import list_table, row_name
from components.map_pins import Spot, pins_of
from components.site_map import HEIGHT, credit, credit_id, map_drawing, offline_style, pin_links, pins_id, site_map
from components.surplus_chart import SurplusPicture, surplus_chips, surplus_figure
from components.weather_chart import WeatherData, weather_figure
from dash_app.domain.weather import Weather
from pages.gallery_data import (
    BATTERY,
    END,
    GAP,
    HOSTILE_NAME,
    HOUR,
    LONG_NAME,
    NOW,
    QUARTER,
    START,
    ZONE,
    battery_kw,
    load_kw,
    plan_steps,
    prices,
    pv_kw,
    quarters,
    soc,
    with_gap,
)
from pages.gallery_entry import ChartExample, Entry, Example

MAP = "gallery-map"


def entries() -> tuple[Entry, ...]:
    """Return the entries in their order on the page."""
    return (
        Entry(title="Battery: power, state of charge, price", examples=_batteries()),
        Entry(title="Surplus and deficit", examples=(_surplus(),)),
        Entry(title="Weather", examples=(_weather(),)),
        Entry(title="Explorer: any unit", examples=_explorers()),
        Entry(title="Figures by row", examples=(Example(state="a list on phones", draw=_figures),)),
        Entry(title="Map of projects", examples=(Example(state="pins of every shape, without land", draw=_map),)),
    )


def _figures() -> html.Table:
    rows = [
        [row_name(LONG_NAME, "kW, every 15 min"), "98.4 kW", "0", "36.2 kW, 12 s ago"],
        [row_name(HOSTILE_NAME, "%, every 1 min, sparse"), "–", "39, up to 1 h", "no value known"],
    ]
    return list_table("Figures", ["Measurand", "Mean", "Gaps", "Newest value"], rows)


def _batteries() -> tuple[ChartExample, ...]:
    index = quarters(NOW)
    power = battery_kw(index)
    picture = BatteryPicture(
        start=START, end=END, now=NOW, zone=ZONE, step=QUARTER, charge=(-power).clip(lower=0),
        discharge=power.clip(lower=0), soc=soc(index), battery=BATTERY, plan=plan_steps(), prices=prices(quarters()),
        price_step=HOUR, currency="EUR",
    )  # fmt: skip
    gap = replace(picture, charge=with_gap(picture.charge), discharge=with_gap(picture.discharge), gaps=(GAP,))
    bare = replace(picture, soc=None, prices=None, plan=(), battery=None)
    states = {"measured and planned": picture, "gap": gap, "power only": bare}
    rows = {"state of charge": soc_figure, "price": price_figure}
    charts = [
        ChartExample(
            state=state,
            key=f"battery-{place}",
            figure=partial(battery_chart.battery_figure, given),
            legend=partial(battery_chart.battery_chips, given),
            height=battery_chart.HEIGHT,
            phone_height=battery_chart.PHONE_HEIGHT,
        )
        for place, (state, given) in enumerate(states.items())
    ]
    alone = [
        ChartExample(state=f"{name}, alone", key=f"battery-row-{place}", figure=partial(draw, picture))
        for place, (name, draw) in enumerate(rows.items())
    ]
    return (*charts, *alone)


def _surplus() -> ChartExample:
    index = quarters(NOW)
    picture = SurplusPicture(
        start=START, end=END, now=NOW, zone=ZONE, step=QUARTER, pv=with_gap(pv_kw(index)),
        load=with_gap(load_kw(index)), gaps=(GAP,),
    )  # fmt: skip
    figure = partial(surplus_figure, picture)
    return ChartExample(state="both, with a gap", key="surplus", figure=figure, legend=surplus_chips)


def _weather() -> ChartExample:
    hours = pd.date_range(START, NOW, freq=HOUR, inclusive="left", name="time")
    turn = np.arange(len(hours)) / 24 * 2 * np.pi
    values = pd.DataFrame(
        {
            Weather.TEMPERATURE_C: 14 - 8 * np.cos(turn),
            Weather.HUMIDITY: 0.6 + 0.25 * np.cos(turn),
            Weather.IRRADIANCE_W_M2: np.clip(-700 * np.cos(turn), 0, None),
        },
        index=hours,
    )
    figure = partial(weather_figure, WeatherData(start=START, end=END, now=NOW, zone=ZONE, values=values))
    return ChartExample(state="three rows", key="weather", figure=figure, height=400, phone_height=380)


def _explorers() -> tuple[ChartExample, ...]:
    index = quarters(NOW)
    power = SeriesLine(key="pv", name=LONG_NAME, look="pv", values=pv_kw(index))
    hostile = SeriesLine(key="load", name=HOSTILE_NAME, look="load", values=load_kw(index))
    level = SeriesLine(key="soc", name="State of charge", look="neutral", values=100 * soc(index))
    rows = (
        ChartRow(title="kW", unit="kW", lines=(power, hostile)),
        ChartRow(title="%", unit="%", lines=(replace(level, values=with_gap(level.values)),), gaps=(GAP,)),
    )
    picture = ExplorerPicture(rows=rows, start=START, end=END, now=NOW, zone=ZONE)
    return (
        ChartExample(
            state="two units, a gap",
            key="explorer",
            figure=partial(explorer_figure, picture),
            legend=partial(series_chips, picture),
            height=400,
            phone_height=300,
        ),
    )


def _map() -> Any:
    kept = {"kind": "PV with battery", "now": "Importing 12 kW, 8 s ago", "href": "#"}
    spots = [
        Spot(project_id="a", name=LONG_NAME, state="Live", tone=Tone.OK, symbol=Icon.CHECK, latitude=52.2,
             longitude=0.1, **kept),
        Spot(project_id="b", name=HOSTILE_NAME, state="Silent", tone=Tone.DANGER, symbol=Icon.EXCLAMATION_TRIANGLE,
             latitude=47.7, longitude=9.2, **kept),
        Spot(project_id="c", name="Two here", state="Stale", tone=Tone.WARNING, symbol=Icon.CLOCK, latitude=34.1,
             longitude=-117.4, **kept),
        Spot(project_id="d", name="The other", state="Live", tone=Tone.OK, symbol=Icon.CHECK, latitude=34.1,
             longitude=-117.4, **kept),
    ]  # fmt: skip
    drawing, pins = site_map(MAP), pins_of(spots)
    drawing[drawn_id(MAP)].data = map_drawing(pins, _sea_only())
    drawing[pins_id(MAP)].children = pin_links(pins)
    drawing[credit_id(MAP)].children = credit()
    return html.Div(drawing, className="sb-card sb-where", style={"minHeight": f"{HEIGHT}px"})


def _sea_only() -> dict[str, Any]:
    """Return the style of the map without its file of outlines."""
    style = offline_style("")
    style["sources"]["outlines"]["data"] = {"type": "FeatureCollection", "features": []}
    return style
