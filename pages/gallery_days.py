"""The gallery's charts of days and distributions: bars, heat-map, duration curve, scatter, completeness."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import numpy as np
import pandas as pd

from components.completeness import Cell, Row, completeness_calendar
from components.day_bars import DayBar, day_bars_figure
from components.duration_curve import duration_figure
from components.energy_scatter import ScatterData, energy_scatter_figure
from components.heat_map import heat_map_figure
from components.pair_bars import pair_bars_figure
from components.yield_bars import YieldBar, yield_bars_figure, yield_chips
from dash_app.domain.load_profile import base_load, day_grid, duration_curve
from dash_app.domain.quality_check import Stretch
from dash_app.domain.surplus import Span
from pages.gallery_data import HOSTILE_NAME, HOUR, LONG_NAME, NOW, START, ZONE, load_kw, with_gap
from pages.gallery_entry import ChartExample, Entry, Example

ONE_DAY = timedelta(days=1)
FIRST = date(2026, 5, 28)
DAYS = tuple(FIRST + place * ONE_DAY for place in range(14))


def entries() -> tuple[Entry, ...]:
    """Return the entries in their order on the page."""
    return (
        Entry(title="Expected against actual yield", examples=(_yields(),)),
        Entry(title="Days against the week before", examples=(_days(),)),
        Entry(title="Production and demand by day", examples=(_pairs(),)),
        Entry(title="Heat-map", examples=(_heat_map(),)),
        Entry(title="Duration curve", examples=_durations()),
        Entry(title="Energy against temperature", examples=_scatters()),
        Entry(title="Completeness calendar", examples=(Example(state="whole, partial, none, due", draw=_calendar),)),
    )


def _yields() -> ChartExample:
    bars = [
        YieldBar(day=day, actual_kwh=600 + 40 * (place % 5), expected_kwh=650, low_kwh=520, high_kwh=720)
        for place, day in enumerate(DAYS[:11])
    ]
    bars.append(YieldBar(day=DAYS[11], actual_kwh=120, expected_kwh=650, low_kwh=520, high_kwh=720))
    bars.append(YieldBar(day=DAYS[12], actual_kwh=None))
    bars.append(YieldBar(day=DAYS[13], actual_kwh=300, expected_kwh=650, low_kwh=520, high_kwh=720, whole=False))
    figure = partial(yield_bars_figure, bars)
    return ChartExample(state="inside, below, missing, not over", key="yield", figure=figure, legend=yield_chips)


def _days() -> ChartExample:
    bars = [
        DayBar(
            day=day,
            energy_kwh=None if place == 4 else 900.0 + 30 * place,
            before_kwh=None if place < 2 else 950.0,
            whole=place < 13,
        )
        for place, day in enumerate(DAYS)
    ]
    figure = partial(day_bars_figure, bars, now_name="Demand", before_name="A week before")
    return ChartExample(state="whole days, one missing, one not over", key="days", figure=figure)


def _pairs() -> ChartExample:
    spans = [
        Span(first=day, last=day, production_kwh=600.0 + 20 * place, demand_kwh=900.0 - 25 * place, whole=place != 13)
        for place, day in enumerate(DAYS)
    ]
    return ChartExample(state="both", key="pairs", figure=partial(pair_bars_figure, spans, "kWh per day"))


def _heat_map() -> ChartExample:
    first = START - 12 * ONE_DAY
    index = pd.date_range(first, NOW, freq=HOUR, inclusive="left", name="time")
    grid = day_grid(with_gap(load_kw(index)), first.astimezone(ZONE).date(), NOW.astimezone(ZONE).date(), ZONE, NOW)
    return ChartExample(
        state="two weeks, a gap hatched",
        key="heat",
        figure=partial(heat_map_figure, grid),
        height=300,
        phone_height=260,
    )


def _durations() -> tuple[ChartExample, ...]:
    power = load_kw(pd.date_range(START - 12 * ONE_DAY, NOW, freq=HOUR, inclusive="left", name="time"))
    curve = duration_curve(power)
    return (
        ChartExample(state="with base load", key="duration", figure=partial(duration_figure, curve, base_load(power))),
        ChartExample(state="no values", key="duration-none", figure=partial(duration_figure, curve[:0], None)),
    )


def _scatters() -> tuple[ChartExample, ...]:
    means = np.linspace(-4, 18, len(DAYS))
    energy = (1400 - 40 * means + 30 * np.sin(np.arange(len(DAYS)))).tolist()
    line = ((-4.0, 1560.0), (18.0, 680.0))
    given = ScatterData(
        x=means.tolist(), energy_kwh=energy, days=DAYS, line=line, x_title="Mean temperature", x_unit="°C"
    )
    few = ScatterData(x=[3.0], energy_kwh=[1200.0], days=DAYS[:1], line=(), x_title="Mean temperature", x_unit="°C")
    states = {"days and their line": given, "too few for a line": few}
    return tuple(
        ChartExample(state=state, key=f"scatter-{place}", figure=partial(energy_scatter_figure, data))
        for place, (state, data) in enumerate(states.items())
    )


def _calendar() -> object:
    columns = [Stretch(first=day, last=day) for day in DAYS]
    shares = [1.0, 1.0, 0.5, 0.0, 1.0, 0.97, 1.0, 1.0, 1.0, 0.2, 1.0, 1.0, 1.0, None]
    cells = tuple(Cell(share=share, findings=int(place in {1, 9})) for place, share in enumerate(shares))
    rows = [Row(name=name, about="15 min", share=0.82, cells=cells) for name in ("PV", LONG_NAME, HOSTILE_NAME)]
    return completeness_calendar("Completeness of the made-up series", columns, rows)
