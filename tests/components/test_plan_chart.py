"""The plan's chart: data, names, units and axes of its traces, not pixels."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from components.plan_chart import legend_chips, plan_figure
from components.plan_layers import area, stairs
from components.plan_picture import Past, PlanPicture
from components.time_axis import wall
from components.tokens import LIGHT, rgba
from dash_app.domain.frames import Power, Price
from tests.fakes.campus import NOW, ZONE
from tests.fakes.hand_plan import GRID_KW, LOAD_KW, PV_KW, QUARTER, START, hand_plan

BEFORE = timedelta(hours=1)


def past(**power: list[float]) -> Past:
    """Return an hour before the plan: PV 40, load 30, charging 5, exporting 5."""
    index = pd.date_range(START - BEFORE, periods=4, freq="15min", name="time")
    known = {
        Power.PV_KW: [40.0] * 4,
        Power.LOAD_KW: [30.0] * 4,
        Power.BATTERY_KW: [-5.0] * 4,
        Power.GRID_KW: [-5.0] * 4,
    }
    prices = pd.DataFrame({Price.IMPORT: 0.2, Price.EXPORT: 0.1, Price.ESTIMATED: 0.0}, index=index)
    frame = pd.DataFrame({**known, **power}, index=index)
    return Past(power=frame, soc=pd.Series(0.45, index=index), prices=prices)


def figure(before: Past | None = None, **changes: object) -> go.Figure:
    payload = hand_plan(**changes)
    picture = PlanPicture(
        payload=payload, start=START - BEFORE, end=payload.steps[-1].end, now=START, zone=ZONE, past=before
    )
    return plan_figure(picture)


def of(drawn: go.Figure, key: str, *, mode: str = "lines", planned: bool | None = None) -> list[go.Scatter]:
    found = [trace for trace in drawn.data if trace.meta == key and trace.mode == mode]
    if planned is None:
        return found
    edge = wall(START, ZONE)
    return [trace for trace in found if trace.x and (min(x for x in trace.x if x is not None) >= edge) == planned]


def values(drawn: go.Figure, key: str) -> list[str]:
    return [text for trace in of(drawn, key, mode="markers") for text in trace.customdata]


def test_every_series_says_its_values_with_the_unit_and_the_band_of_its_forecast() -> None:
    drawn = figure()
    assert values(drawn, "pv") == [f"{kw:.1f} kW ({kw / 2:.1f}–{2 * kw:.1f})" for kw in PV_KW]
    assert values(drawn, "load") == [f"{kw:.1f} kW (8.0–12.0)" for kw in LOAD_KW]
    assert values(drawn, "import") == [f"{max(kw, 0):.1f} kW" for kw in GRID_KW]
    assert values(drawn, "charge")[:2] == ["20.0 kW", "20.0 kW"]


def test_what_comes_in_stands_above_zero_and_what_goes_out_below() -> None:
    drawn = figure()
    for key in ("pv", "discharge", "import"):
        assert min(y for trace in of(drawn, key) for y in trace.y if y is not None) >= 0
    for key in ("charge", "export"):
        assert max(y for trace in of(drawn, key) for y in trace.y if y is not None) <= 0


def test_layers_stand_on_each_other_so_that_their_top_is_the_sum() -> None:
    (imported,) = of(figure(), "import", planned=True)
    second_step = [y for x, y in zip(imported.x, imported.y, strict=True) if x == wall(START + QUARTER, ZONE)]
    assert max(second_step) == 30.0  # 20 kW of PV below 10 kW of import
    assert min(second_step) == 20.0


def test_steps_are_held_until_their_own_end() -> None:
    load = next(trace for trace in of(figure(), "load") if trace.line.width == 2)
    assert load.line.shape == "hv"
    assert load.x[0] == wall(START, ZONE)
    assert load.x[-1] == wall(START + 8 * QUARTER, ZONE)
    assert (load.y[0], load.y[-1]) == (10.0, 10.0)


def test_measured_is_full_and_planned_is_pale_with_a_dashed_edge() -> None:
    drawn = figure(past())
    (measured,), (planned,) = of(drawn, "pv", planned=False), of(drawn, "pv", planned=True)
    assert measured.fillcolor == LIGHT.pv
    assert planned.fillcolor == rgba(LIGHT.pv, 0.55)
    assert (planned.line.color, planned.line.width) == (LIGHT.pv, 1.3)
    assert planned.line.dash not in (None, "solid")
    assert max(y for y in measured.y if y is not None) == 40.0
    widths = {(trace.line.dash, trace.line.width) for trace in of(drawn, "load")}
    assert ("solid", 2) in widths
    assert ("2px,3px", 2) in widths


def test_what_goes_out_has_a_pattern_as_a_second_cue() -> None:
    drawn = figure()
    shapes = {key: {trace.fillpattern.shape for trace in of(drawn, key, planned=True)} for key in ("charge", "export")}
    assert shapes == {"charge": {"/"}, "export": {"."}}


def test_the_plan_is_drawn_from_now_on_where_measurements_are_there_and_whole_where_not() -> None:
    payload, now = hand_plan(), START + 2 * QUARTER
    picture = PlanPicture(payload=payload, start=START, end=payload.steps[-1].end, now=now, zone=ZONE, past=past())
    (export,) = of(plan_figure(picture), "export")
    assert min(x for x in export.x if x is not None) >= wall(now, ZONE)
    whole = plan_figure(replace(picture, past=None))
    assert min(x for trace in of(whole, "pv") for x in trace.x if x is not None) == wall(START, ZONE)


def test_the_soc_is_in_percent_between_its_limits_on_a_row_of_its_own() -> None:
    drawn = figure(past())
    measured, planned = of(drawn, "soc")
    assert (measured.line.dash, planned.line.dash) == ("solid", "6px,3px")
    assert list(measured.y) == [45.0] * 4
    assert list(planned.y) == pytest.approx([50, 60, 70, 70, 65, 55, 55, 55, 55])
    assert {trace.yaxis for trace in (measured, planned)} == {"y2"}
    texts = [note.text for note in drawn.layout.annotations]
    assert "min 10\xa0%" in texts
    assert "max 95\xa0%" in texts
    lines = [shape.y0 for shape in drawn.layout.shapes if shape.type == "line" and shape.yref == "y2"]
    assert sorted(lines) == [10.0, 95.0]


def test_estimated_prices_are_dotted_and_published_ones_solid() -> None:
    drawn = figure(past())
    prices = [(trace.name, trace.line.dash, trace.line.width) for trace in of(drawn, "price")]
    assert prices.count(("Buy", "solid", 1.8)) == 2  # before now and after
    assert ("Buy, estimated", "2px,3px", 1.8) in prices
    assert ("Sell, estimated", "2px,3px", 1.0) in prices
    guessed = next(trace for trace in of(drawn, "price") if trace.name == "Buy, estimated")
    assert guessed.x[0] == wall(START + 6 * QUARTER, ZONE)
    assert list(guessed.y) == [0.4, 0.4, 0.4]


def test_a_negative_price_is_hatched() -> None:
    payload = hand_plan()
    cheap = figure(plan={**payload.plan, "import_per_kwh": [-0.05] + [0.2] * 7})
    (hatched,) = [trace for trace in of(cheap, "price") if trace.name == "Negative price"]
    assert hatched.fillpattern.shape == "/"
    assert min(y for y in hatched.y if y is not None) == -0.05


def test_three_rows_share_one_time_axis_and_name_their_units() -> None:
    layout = figure(past()).layout
    assert [tuple(axis.domain) for axis in (layout.yaxis, layout.yaxis2, layout.yaxis3)] == [
        (0.5, 1.0),
        (0.27, 0.42),
        (0.0, 0.19),
    ]
    assert layout.xaxis.anchor == "y3"
    texts = [note.text for note in layout.annotations]
    for unit in ("Power, kW", "State of charge, %", "Price, AUD per kWh", "in", "out", "measured", "planned"):
        assert unit in texts
    assert "Now 13:30" in texts
    assert all(not text.startswith(("-", "−")) for text in layout.yaxis.ticktext)


def test_a_gap_of_the_meters_is_shaded_and_not_drawn_as_zero() -> None:
    nan = float("nan")
    drawn = figure(past(**{Power.LOAD_KW: [30.0, nan, nan, 30.0], Power.GRID_KW: [-5.0, nan, nan, -5.0]}))
    gaps = [shape for shape in drawn.layout.shapes if shape.type == "rect" and shape.yref == "y domain"]
    assert [(gap.x0, gap.x1) for gap in gaps] == [(wall(START - 3 * QUARTER, ZONE), wall(START - QUARTER, ZONE))]
    load = next(trace for trace in of(drawn, "load", planned=False) if trace.line.width == 2)
    assert None in load.y


def test_phones_name_the_days_only() -> None:
    payload = hand_plan()
    picture = PlanPicture(
        payload=payload, start=NOW - timedelta(hours=10), end=NOW + timedelta(hours=48), now=NOW, zone=ZONE
    )
    texts = plan_figure(picture).layout.meta["phone_ticks"]["ticktext"]
    assert [text for text in texts if text] == [text for text in texts if text.startswith("<b>")] != []


def test_each_chip_has_a_trace_to_switch() -> None:
    keys = {chip.to_plotly_json()["props"]["data-trace"] for chip in legend_chips()}
    assert keys == {"pv", "discharge", "import", "charge", "export", "load"}
    assert keys <= {trace.meta for trace in figure().data}


def test_an_area_is_closed_and_broken_where_there_is_nothing() -> None:
    starts, ends = [START, START + QUARTER, START + 2 * QUARTER], [START + n * QUARTER for n in (1, 2, 3)]
    x, y = area(starts, ends, np.zeros(3), np.array([1.0, 0.0, 2.0]))
    assert y == [1.0, 1.0, 0.0, 0.0, 1.0, None, 2.0, 2.0, 0.0, 0.0, 2.0]
    assert x[0] == x[4] == START


def test_stairs_without_a_value_are_no_line() -> None:
    assert stairs([START], [START + QUARTER], np.array([float("nan")])) == ([], [])
