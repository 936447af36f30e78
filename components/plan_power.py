"""The power row of the plan's chart: what comes in above zero, what goes out below, the load as a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.numbers import number
from components.plan_data import Column, band_of, plan_frame
from components.plan_layers import Floats, area, stacked, stairs
from components.plan_picture import PlanPicture, walls
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.frames import Power
from dash_app.domain.recommendation import Payload

PLANNED_FILL = 0.55
UP, DOWN = (Column.PV, Column.DISCHARGE, Column.IMPORT), (Column.CHARGE, Column.EXPORT)
COLOURS = {
    Column.PV: LIGHT.pv,
    Column.DISCHARGE: LIGHT.discharge,
    Column.IMPORT: LIGHT.grid_import,
    Column.CHARGE: LIGHT.charge,
    Column.EXPORT: LIGHT.grid_export,
}
PATTERNS = {Column.CHARGE: "/", Column.EXPORT: "."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Steps of one kind on the wall clock: their powers (columns of Column, kW) and whether they are planned."""

    starts: list[datetime]
    ends: list[datetime]
    frame: pd.DataFrame
    planned: bool


def names() -> dict[Column, str]:
    """Return the word for each series of the power row."""
    return {
        Column.PV: _("PV"),
        Column.DISCHARGE: _("Discharge"),
        Column.IMPORT: _("Import"),
        Column.CHARGE: _("Charge"),
        Column.EXPORT: _("Export"),
        Column.LOAD: _("Load"),
    }


def parts_of(picture: PlanPicture) -> list[Part]:
    """Return what was measured and what is planned, each where there is any."""
    return [part for part in (_measured(picture), _planned(picture)) if part is not None]


def extent_of(parts: list[Part]) -> tuple[float, float]:
    """Return the lowest and the highest edge of all areas and lines, kW; 0 lies between them."""
    edges = [top for part in parts for _column, _base, top in _layers(part)]
    edges += [part.frame[Column.LOAD].to_numpy(dtype=float) for part in parts]
    known = np.concatenate([np.zeros(1), *edges])
    return float(np.nanmin(known)), float(np.nanmax(known))


def draw_power(figure: go.Figure, parts: list[Part], payload: Payload) -> None:
    """Draw the areas, the load above them, and the values for the pointer."""
    for part in parts:
        _draw_areas(figure, part)
    for part in parts:
        _draw_load(figure, part)
    for part in parts:
        _draw_values(figure, part, payload)


def _measured(picture: PlanPicture) -> Part | None:
    if picture.past is None:
        return None
    power, step = picture.past.power, picture.past.step
    known = power[(power.index >= picture.start) & (power.index < picture.planned_from)].dropna(how="all")
    if known.empty:
        return None
    battery, grid = known[Power.BATTERY_KW], known[Power.GRID_KW]
    frame = pd.DataFrame(
        {
            Column.PV: known[Power.PV_KW],
            Column.DISCHARGE: battery.clip(lower=0),
            Column.IMPORT: grid.clip(lower=0),
            Column.CHARGE: (-battery).clip(lower=0),
            Column.EXPORT: (-grid).clip(lower=0),
            Column.LOAD: known[Power.LOAD_KW],
        }
    )
    starts = [moment.to_pydatetime() for moment in pd.DatetimeIndex(known.index)]
    ends = [min(moment + step, picture.planned_from) for moment in starts]
    return Part(starts=walls(starts, picture.zone), ends=walls(ends, picture.zone), frame=frame, planned=False)


def _planned(picture: PlanPicture) -> Part | None:
    ahead = [place for place, step in enumerate(picture.payload.steps) if step.end > picture.planned_from]
    if not ahead:
        return None
    steps = [picture.payload.steps[place] for place in ahead]
    starts = [max(step.start, picture.planned_from) for step in steps]
    ends = [step.end for step in steps]
    frame = plan_frame(picture.payload).iloc[ahead]
    return Part(starts=walls(starts, picture.zone), ends=walls(ends, picture.zone), frame=frame, planned=True)


def _layers(part: Part) -> list[tuple[Column, Floats, Floats]]:
    found: list[tuple[Column, Floats, Floats]] = []
    for columns, sign in ((UP, 1), (DOWN, -1)):
        values = [part.frame[column].to_numpy(dtype=float) for column in columns]
        edges = stacked(values, sign)
        found += [(column, base, top) for column, (base, top) in zip(columns, edges, strict=True)]
    return found


def _draw_areas(figure: go.Figure, part: Part) -> None:
    for column, base, top in _layers(part):
        x, y = area(part.starts, part.ends, base, top)
        figure.add_scatter(
            x=x,
            y=y,
            name=names()[column],
            meta=column.value,
            mode="lines",
            fill="toself",
            hoverinfo="skip",
            **fill_of(column, planned=part.planned),
        )


def fill_of(column: Column, *, planned: bool) -> dict[str, Any]:
    """Return how the area of a series is filled: in full colour, or pale with a dashed edge where it is planned."""
    colour = COLOURS[column]
    fill = rgba(colour, PLANNED_FILL) if planned else colour
    edge = {"color": colour, "width": 1.3, "dash": "3px,2px"} if planned else {"color": LIGHT.surface, "width": 0.5}
    if column not in PATTERNS:
        return {"fillcolor": fill, "line": edge}
    pattern = {"shape": PATTERNS[column], "size": 6, "solidity": 0.2, "fgcolor": rgba(LIGHT.surface, 0.75)}
    return {"fillcolor": fill, "fillpattern": {**pattern, "bgcolor": fill}, "line": edge}


def _draw_load(figure: go.Figure, part: Part) -> None:
    x, y = stairs(part.starts, part.ends, part.frame[Column.LOAD].to_numpy(dtype=float))
    line = {"color": LIGHT.load, "width": 2, "dash": "2px,3px" if part.planned else "solid", "shape": "hv"}
    casing = {"color": LIGHT.surface, "width": 3.5, "shape": "hv"}
    for style in (casing, line):
        figure.add_scatter(
            x=x, y=y, name=names()[Column.LOAD], meta=Column.LOAD.value, mode="lines", line=style, hoverinfo="skip"
        )


def _draw_values(figure: go.Figure, part: Part, payload: Payload) -> None:
    """Draw nothing to be seen: points that say the values of each step, those at zero left out."""
    levels = {column: top for column, _base, top in _layers(part)}
    levels[Column.LOAD] = part.frame[Column.LOAD].to_numpy(dtype=float)
    for column, name in names().items():
        values = part.frame[column].to_numpy(dtype=float)
        figure.add_scatter(
            x=part.starts,
            y=np.where(values > 0, levels[column], np.nan).tolist(),
            customdata=_texts(part, column, payload),
            name=name,
            meta=column.value,
            mode="markers",
            marker={"opacity": 0, "size": 6, "color": COLOURS.get(column, LIGHT.load)},
            hovertemplate="%{customdata}",
        )


def _texts(part: Part, column: Column, payload: Payload) -> list[str]:
    values = [f"{number(value, 1)} kW" for value in part.frame[column]]
    band = band_of(payload, column) if part.planned and column in (Column.PV, Column.LOAD) else None
    if band is None:
        return values
    low, high = (end.to_numpy()[-len(values) :] for end in band)
    return [f"{text} ({number(a, 1)}–{number(b, 1)})" for text, a, b in zip(values, low, high, strict=True)]
