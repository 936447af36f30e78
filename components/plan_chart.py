"""The chart of a plan: power, state of charge and price in three rows over one time axis; measured, then planned.

Traces carry their key in `meta`, so that the legend's buttons (HTML, outside the plot) can find them.
"""

from __future__ import annotations

from datetime import datetime

import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.icons import Icon, icon
from components.plan_axes import draw_axes, draw_ground, draw_limits, draw_price_names, draw_words
from components.plan_data import Column
from components.plan_layers import axis_ticks
from components.plan_picture import PlanPicture
from components.plan_power import DOWN, UP, draw_power, extent_of, names, parts_of
from components.plan_rows import draw_prices, draw_soc
from components.time_axis import draw_gaps, draw_now, draw_time_axis
from components.words import _
from dash_app.domain.frames import Power

HEIGHT, PHONE_HEIGHT = 510, 470


def plan_figure(picture: PlanPicture) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template."""
    figure, parts = go.Figure(), parts_of(picture)
    places, texts = axis_ticks(*extent_of(parts))
    draw_ground(figure, picture.planned_from, picture.end, (places[0], places[-1]), picture.zone)
    draw_power(figure, parts, picture.payload)
    draw_soc(figure, picture)
    draw_prices(figure, picture)
    draw_axes(figure, places, texts)
    draw_time_axis(figure, picture.start, picture.end, picture.zone, anchor="y3")
    _shorten_phone_ticks(figure)
    if picture.start < picture.now < picture.end:
        draw_now(figure, picture.now, picture.zone)
        if picture.now - picture.start < (picture.end - picture.start) / 4:
            figure.layout.annotations[-1].update(xanchor="left")
    draw_limits(figure, picture.payload, picture.zone)
    draw_words(figure, picture, (places[0], places[-1]))
    draw_price_names(figure, picture.payload, picture.zone)
    _draw_gaps(figure, picture)
    figure.update_layout(
        uirevision=f"{picture.payload.digest}/{picture.start.isoformat()}", dragmode="zoom", hoversubplots="axis"
    )
    return figure


def legend_chips() -> list[html.Button]:
    """Return the legend: one toggle button for each series of the power row."""
    looks = {column: f"sb-swatch sb-fill-{column.value}" for column in (*UP, *DOWN)}
    looks[Column.LOAD] = "sb-chip-mark sb-chip-load"
    return [
        html.Button(
            [html.Span(className=looks[column]), name],
            type="button",
            className="sb-chip",
            **aria(pressed="true"),
            **data(trace=column.value),
        )
        for column, name in names().items()
    ]


def plan_menu(name: str, title: str) -> html.Details:
    """Return the chart's menu; the table and the file have a tab of their own."""
    entries = (
        ("reset", _("Reset zoom"), Icon.ARROW_COUNTERCLOCKWISE),
        ("png", _("Download PNG"), Icon.DOWNLOAD),
        ("svg", _("Download SVG"), Icon.DOWNLOAD),
        ("link", _("Copy link"), Icon.LINK),
    )
    buttons = [
        html.Button(
            [icon(symbol), words], type="button", className="sb-menu-item", **data(chart_action=action, chart=name)
        )
        for action, words, symbol in entries
    ]
    summary = html.Summary(icon(Icon.DOTS), className="sb-menu-button", **aria(label=_("Menu: %(t)s", t=title)))
    return html.Details([summary, html.Div(buttons, className="sb-menu-sheet sb-menu-right")], className="sb-menu")


def _shorten_phone_ticks(figure: go.Figure) -> None:
    """Name only the days on phones: more does not fit under more than two of them."""
    ticks = figure.layout.meta["phone_ticks"]
    texts = [text if text.startswith("<b>") else "" for text in ticks["ticktext"]]
    figure.update_layout(meta={"phone_ticks": {**ticks, "ticktext": texts}})


def _draw_gaps(figure: go.Figure, picture: PlanPicture) -> None:
    if picture.past is None:
        return
    load, step = picture.past.power[Power.LOAD_KW], picture.past.step
    missing = load[load.isna() & (load.index >= picture.start) & (load.index <= picture.planned_from - step)]
    gaps: list[tuple[datetime, datetime]] = []
    for moment in missing.index:
        begin = moment.to_pydatetime()
        if gaps and gaps[-1][1] == begin:
            gaps[-1] = (gaps[-1][0], begin + step)
        else:
            gaps.append((begin, begin + step))
    draw_gaps(figure, tuple(gaps), picture.end - picture.start, picture.zone)
