"""Where the projects are: a map without tiles whose pins are links, each with a note; the list beside it has them all.

The discs and rings are drawn by the map (their shape tells fine from not fine); over each lies a link of plain HTML
that assets/map/map.js keeps in its place. So the keyboard reaches it, and what others named is never read as markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, html

from components.aria import aria, data
from components.badges import Tone, badge
from components.graph import CONFIG, THEMES_STORE, drawn, drawn_id, graph, graph_id
from components.icons import Icon, icon
from components.map_pins import DIGITS, Pin, Spot, view_of
from components.tokens import LIGHT
from components.words import _, ngettext

HEIGHT, PHONE_HEIGHT = 320, 240
SURFACE_RING, RING_HOLE = 2.0, 0.45

COLOURS: dict[Tone, str] = {
    Tone.DANGER: LIGHT.danger,
    Tone.WARNING: LIGHT.warning,
    Tone.NEUTRAL: LIGHT.neutral,
    Tone.INFO: LIGHT.primary,
    Tone.OK: LIGHT.success,
}


def site_map(name: str) -> html.Div:
    """Return the empty map: the drawing, the pins over it, buttons, the legend, and what is said where it cannot be."""
    label = _("Map of the projects; the list has the same")
    drawing = graph(name, label, HEIGHT, PHONE_HEIGHT)
    drawing.children[1].config = {**CONFIG, "scrollZoom": False}
    failed = html.P(
        [icon(Icon.INFO), _("This browser cannot draw the map (no WebGL). The list has every project.")],
        className="sb-map-off",
        role="status",
    )
    frame = html.Div(
        [drawing, html.Ul(id=pins_id(name), className="sb-pins", **aria(label=label)), _zoom_buttons(name), failed],
        className="sb-map-frame",
    )
    return html.Div([frame, _legend(name)], className="sb-map", **data(map=name))


def pins_id(name: str) -> str:
    """Return the id of the list that the server fills with `pin_links(...)`."""
    return f"{name}-pins"


def credit_id(name: str) -> str:
    """Return the id of the place for `credit()`; a style of one's own brings its credits with it."""
    return f"{name}-credit"


def credit() -> str:
    """Return whose outlines these are."""
    return _("Natural Earth outlines, no tiles")


def register_map(app: Dash, name: str) -> None:
    """Let the browser draw the map whenever its store is filled, if it can."""
    app.clientside_callback(  # type: ignore[no-untyped-call, unused-ignore]
        ClientsideFunction(namespace="map", function_name="draw"),
        Output(graph_id(name), "figure"),
        Input(drawn_id(name), "data"),
        State(THEMES_STORE, "data"),
        State(graph_id(name), "id"),
    )


def map_drawing(pins: Sequence[Pin], style: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes into the map's store."""
    figure = map_figure(pins, style)
    made = drawn(figure, height=HEIGHT, phone_height=PHONE_HEIGHT)
    return {**made, "phone": {"height": PHONE_HEIGHT, "margin": dict.fromkeys("lrtb", 0)}}


def map_figure(pins: Sequence[Pin], style: str | Mapping[str, Any]) -> go.Figure:
    """Return the map: of each pin a ring of surface and a disc, and where attention is needed a hole in the disc."""
    rings = [pin for pin in pins if pin.tone is not Tone.OK]
    figure = go.Figure(
        [
            _discs(pins, LIGHT.surface, grown_px=SURFACE_RING),
            *(_discs([pin for pin in pins if pin.tone is tone], colour) for tone, colour in COLOURS.items()),
            _discs(rings, LIGHT.surface, share=RING_HOLE),
        ]
    )
    centre, zoom = view_of(pins)
    seen = json.dumps([[pin.latitude, pin.longitude] for pin in pins])
    figure.update_layout(
        map={"style": style, "center": centre, "zoom": zoom, "fitbounds": False, "uirevision": seen},
        margin=dict.fromkeys("lrtb", 0),
        uirevision=seen,
        hovermode=False,
        showlegend=False,
    )
    return figure


def offline_style(outlines: str) -> dict[str, Any]:
    """Return a MapLibre style of three layers, all from the GeoJSON file at the address `outlines`."""

    def layer(name: str, kind: str, paint: dict[str, Any]) -> dict[str, Any]:
        only = ["==", ["get", "kind"], name]
        return {"id": name, "type": kind, "source": "outlines", "filter": only, "paint": paint}

    sea = {"id": "sea", "type": "background", "paint": {"background-color": LIGHT.sea}}
    land = layer("land", "fill", {"fill-color": LIGHT.land, "fill-antialias": True})
    border = layer("border", "line", {"line-color": LIGHT.sea, "line-width": 0.6})
    source = {"type": "geojson", "data": outlines, "tolerance": 0.2}
    return {"version": 8, "sources": {"outlines": source}, "layers": [sea, land, border]}


def pin_links(pins: Sequence[Pin]) -> list[html.Li]:
    """Return the pins as a list: of one project a link to it, of several a button; each with its note."""
    return [_pin_link(pin, place) for place, pin in enumerate(pins)]


def _pin_link(pin: Pin, place: int) -> html.Li:
    note_id = f"map-note-{place}"
    if len(pin.spots) == 1:
        spot = pin.spots[0]
        label = f"{spot.name}: {spot.state}"
        control: Any = html.A(href=spot.href, className="sb-pin", **aria(label=label, describedby=note_id))
        note = html.Div(_note_lines(spot, spot.name), id=note_id, className="sb-pin-note")
    else:
        label = ngettext("%(num)d project here", "%(num)d projects here", len(pin.spots))
        names = ", ".join(spot.name for spot in pin.spots)
        control = html.Button(type="button", className="sb-pin", **aria(label=f"{label}: {names}", describedby=note_id))
        each = [html.Div(_note_lines(spot, html.A(spot.name, href=spot.href))) for spot in pin.spots]
        note = html.Div([html.P(label, className="sb-pin-count"), *each], id=note_id, className="sb-pin-note")
    ids = json.dumps([spot.project_id for spot in pin.spots])
    where = {"lon": f"{pin.longitude:.{DIGITS}f}", "lat": f"{pin.latitude:.{DIGITS}f}"}
    return html.Li([control, note], className="sb-pin-place", **data(projects=ids, **where))


def _note_lines(spot: Spot, title: Any) -> list[Any]:
    """Return name, type, what happens now and since when, and the state in a word."""
    return [
        html.Strong(title),
        html.Span(spot.kind, className="sb-pin-kind"),
        html.Span(spot.now, className="sb-pin-now"),
        badge(spot.state, spot.tone, spot.symbol),
    ]


def _discs(pins: Sequence[Pin], colour: str, *, grown_px: float = 0.0, share: float = 1.0) -> go.Scattermap:
    return go.Scattermap(
        lat=[pin.latitude for pin in pins],
        lon=[pin.longitude for pin in pins],
        mode="markers",
        marker={"size": [2 * (pin.radius_px * share + grown_px) for pin in pins], "color": colour, "opacity": 1},
        hoverinfo="skip",
    )


def _zoom_buttons(name: str) -> html.Div:
    def button(words: str, sign: str, step: str) -> html.Button:
        return html.Button(
            html.Span(sign, **aria(hidden="true")), type="button", **aria(label=words), **data(map_zoom=step, map=name)
        )

    return html.Div([button(_("Zoom in"), "+", "1"), button(_("Zoom out"), "−", "-1")], className="sb-map-zoom")


def _legend(name: str) -> html.Div:
    entries = [
        (_("All live"), "sb-key-ok"),
        (_("Needs attention"), "sb-key-danger"),
        (_("Stale or incomplete"), "sb-key-warning"),
    ]
    keys = [html.Span([html.Span(className=f"sb-key {kind}", **aria(hidden="true")), words]) for words, kind in entries]
    return html.Div([*keys, html.Span(id=credit_id(name), className="sb-map-credit")], className="sb-map-legend")
