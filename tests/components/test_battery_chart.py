"""The battery's chart: data, names, units and axes of its traces, not pixels."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from components.battery_chart import battery_chips, battery_figure, table_rows
from components.battery_picture import BatteryPicture
from components.battery_rows import price_figure, soc_figure
from components.graph import MAX_POINTS
from components.step_rows import MOST_STEPS
from components.time_axis import wall
from components.tokens import LIGHT, rgba
from dash_app.domain.frames import Price
from tests.fakes.battery_campus import battery_site
from tests.fakes.campus import ZONE
from tests.fakes.hand_plan import QUARTER, START, hand_plan

NAN = float("nan")
CHARGE, DISCHARGE = [0.0, 20.0, 20.0, NAN], [15.0, 0.0, 0.0, NAN]
BEFORE = START - 4 * QUARTER


def picture(**changes: object) -> BatteryPicture:
    """Return the hour before the plan (15 kW out, 20 kW in twice, a gap) and the two hours of the plan."""
    index = pd.date_range(BEFORE, periods=4, freq="15min", name="time")
    prices = pd.date_range(BEFORE, periods=6, freq="30min", name="time")
    known: dict[str, object] = {
        "start": BEFORE,
        "end": START + 8 * QUARTER,
        "now": START,
        "zone": ZONE,
        "step": QUARTER,
        "charge": pd.Series(CHARGE, index=index),
        "discharge": pd.Series(DISCHARGE, index=index),
        "soc": pd.Series([0.5, 0.45, 0.5, 0.55], index=index),
        "battery": battery_site().battery,
        "plan": hand_plan().steps,
        "prices": pd.DataFrame(
            {Price.IMPORT: [0.2, -0.1, 0.3, 0.3, 0.4, 0.4], Price.EXPORT: 0.05, Price.ESTIMATED: [0, 0, 0, 0, 1, 1]},
            index=prices,
        ),
        "price_step": 2 * QUARTER,
        "currency": "AUD",
        "gaps": ((START - QUARTER, START),),
    }
    return BatteryPicture(**{**known, **changes})  # type: ignore[arg-type]


def of(figure: go.Figure, key: str, mode: str = "lines") -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.meta == key and trace.mode == mode]


def heights(trace: go.Scatter) -> list[float]:
    return [y for y in trace.y if y is not None]


def notes(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_discharging_stands_above_zero_and_charging_below() -> None:
    figure = battery_figure(picture())
    (discharge,), (charge,) = of(figure, "discharge"), of(figure, "charge")
    assert (min(heights(discharge)), max(heights(discharge))) == (0.0, 15.0)
    assert (min(heights(charge)), max(heights(charge))) == (-20.0, 0.0)
    assert (discharge.fillcolor, charge.fillpattern.shape) == (LIGHT.discharge, "/")
    assert {"Discharging", "Charging"} <= set(notes(figure))
    assert all(not text.startswith(("-", "−")) for text in figure.layout.yaxis.ticktext)


def test_the_pointer_is_told_powers_without_a_sign_and_nothing_where_nothing_was_measured() -> None:
    (values,) = of(battery_figure(picture()), "charge", "markers")
    assert list(values.customdata)[1:3] == ["20.0 kW", "20.0 kW"]
    assert np.isnan(values.y[0])
    assert np.isnan(values.y[3])


def test_the_plan_is_pale_and_dashed_after_now_and_a_dashed_line_before() -> None:
    now = START + 2 * QUARTER
    lines = of(battery_figure(picture(now=now)), "plan")
    before = next(trace for trace in lines if trace.fill is None)
    pale = [trace for trace in lines if trace.fill == "toself"]
    assert (before.line.dash, list(before.y)) == ("6px,3px", [-20.0, -20.0, -20.0])
    assert {trace.fillcolor for trace in pale} == {rgba(LIGHT.discharge, 0.55)}  # what is left only discharges
    assert max(heights(pale[0])) == 20.0
    assert min(x for x in pale[0].x if x is not None) == wall(START + 3 * QUARTER, ZONE)
    assert all(trace.line.dash not in (None, "solid") for trace in pale)


def test_the_plan_says_its_direction_in_words() -> None:
    told = [text for trace in of(battery_figure(picture()), "plan", "markers") for text in trace.customdata]
    assert told[:4] == ["charge 20.0 kW", "charge 20.0 kW", "at rest", "discharge 10.0 kW"]


def test_without_a_plan_nothing_is_called_planned() -> None:
    figure = battery_figure(picture(plan=()))
    assert of(figure, "plan") == of(figure, "ground") == []
    assert "planned" not in notes(figure)


def test_the_soc_is_solid_then_dashed_between_labelled_limits() -> None:
    figure = battery_figure(picture())
    measured, planned = of(figure, "soc")
    assert (measured.yaxis, measured.line.dash, planned.line.dash) == ("y2", "solid", "6px,3px")
    assert list(measured.y) == pytest.approx([50, 45, 50, 55])
    assert list(planned.y) == pytest.approx([55, 60, 70, 70, 65, 55, 55, 55, 55])
    levels = [shape.y0 for shape in figure.layout.shapes if shape.type == "line" and shape.yref == "y2"]
    assert sorted(levels) == [10.0, 20.0, 95.0]
    assert {"min 10\xa0%", "max 95\xa0%", "reserve 20\xa0%"} <= set(notes(figure))
    assert tuple(figure.layout.yaxis2.range) == (0, 104)


def test_prices_are_solid_where_published_dotted_where_guessed_and_hatched_below_zero() -> None:
    prices = {trace.name: trace for trace in of(battery_figure(picture()), "price")}
    assert {"Buy", "Sell", "Buy, estimated", "Sell, estimated", "Negative price"} == set(prices)
    assert prices["Buy"].line.dash == "solid"
    assert prices["Buy, estimated"].line.dash == "2px,3px"
    assert (prices["Buy"].line.width, prices["Sell"].line.width) == (1.8, 1.0)
    assert min(heights(prices["Negative price"])) == -0.1


def test_three_rows_share_one_axis_and_what_is_unknown_is_said() -> None:
    layout = battery_figure(picture(soc=None, plan=(), prices=None, battery=None)).layout
    assert [tuple(axis.domain) for axis in (layout.yaxis, layout.yaxis2, layout.yaxis3)] == [
        (0.56, 1.0), (0.28, 0.48), (0.0, 0.2),
    ]  # fmt: skip
    assert layout.xaxis.anchor == "y3"
    texts = [note.text for note in layout.annotations]
    assert {"not measured", "no price is published", "Power, kW", "State of charge, %"} <= set(texts)


def test_a_battery_that_never_moved_has_the_axis_of_what_it_can() -> None:
    still = pd.Series(0.0, index=picture().charge.index)
    axis = battery_figure(picture(charge=still, discharge=still, plan=())).layout.yaxis
    assert axis.range[0] <= -75
    assert axis.range[1] >= 75


def test_a_year_of_minutes_stays_within_the_points_of_a_trace_and_keeps_its_extremes() -> None:
    index = pd.date_range(BEFORE, periods=100_000, freq="5min", name="time")
    wave = pd.Series(10 * np.sin(np.arange(len(index)) / 30.0), index=index)
    charge, discharge = (-wave).clip(lower=0), wave.clip(lower=0)
    charge.iloc[12_345], discharge.iloc[54_321], discharge.iloc[70_000:71_000] = 63.0, 71.0, np.nan
    prices = pd.DataFrame({Price.IMPORT: 0.2, Price.EXPORT: 0.1, Price.ESTIMATED: 0.0}, index=index[::6])
    end = index[-1].to_pydatetime()
    figure = battery_figure(
        picture(charge=charge, discharge=discharge, soc=wave / 20 + 0.5, prices=prices, end=end, now=end, plan=())
    )
    assert max(len(trace.x) for trace in figure.data) <= MAX_POINTS
    assert min(heights(of(figure, "charge")[0])) == -63.0
    assert max(heights(of(figure, "discharge")[0])) == 71.0
    assert len(table_rows(picture(charge=charge, discharge=discharge, soc=None))) <= MOST_STEPS + 1


def test_chips_switch_what_is_there() -> None:
    def keys(shown: BatteryPicture) -> set[str]:
        return {chip.to_plotly_json()["props"]["data-trace"] for chip in battery_chips(shown)}

    assert keys(picture()) == {"charge", "discharge", "plan", "soc", "price"}
    assert keys(picture(plan=(), soc=None, prices=None)) == {"charge", "discharge"}
    assert keys(picture()) <= {trace.meta for trace in battery_figure(picture()).data}


def test_the_table_says_what_was_measured_on_the_sites_clock() -> None:
    head, *rows = table_rows(picture())
    assert head == ["Time", "Charge [kW]", "Discharge [kW]", "State of charge, %"]
    assert rows[1] == [f"{wall(BEFORE + QUARTER, ZONE):%Y-%m-%d %H:%M}", "20.000", "0.000", "45.000"]
    assert rows[3][1:3] == ["", ""]


def test_the_rows_also_stand_alone() -> None:
    soc, price = soc_figure(picture()), price_figure(picture())
    assert {trace.meta for trace in soc.data} == {"soc"}
    assert {trace.meta for trace in price.data} == {"price"}
    assert tuple(soc.layout.yaxis2.domain) == tuple(price.layout.yaxis3.domain) == (0.0, 1.0)
    assert "Now 13:30" in notes(soc)
    assert "Price, AUD per kWh" in notes(price)


def test_a_gap_is_shaded() -> None:
    figure = battery_figure(replace(picture(), end=START + timedelta(hours=2)))
    gaps = [shape for shape in figure.layout.shapes if shape.type == "rect" and shape.yref == "y domain"]
    assert [(gap.x0, gap.x1) for gap in gaps] == [(wall(START - QUARTER, ZONE), wall(START, ZONE))]
