"""The chart of set-point against measured: dashed steps, measured in its direction's colour, no signs."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from components.setpoint_chart import setpoint_figure, setpoint_legend
from components.tokens import LIGHT
from dash_app.domain.tracking import Tracking
from tests.components.test_parts import words
from tests.fakes.payloads import NOON

ZONE = ZoneInfo("Australia/Melbourne")
MINUTE = timedelta(minutes=1)
NAN = float("nan")


def series(*values: float, first_min: float = 0, every: timedelta = MINUTE) -> pd.Series:
    index = pd.date_range(NOON + first_min * MINUTE, periods=len(values), freq=every, name="time")
    return pd.Series(values, index=index, dtype=float)


def a_tracking(
    told: pd.Series, measured: pd.Series, ahead: pd.Series | None = None, tolerance_kw: float | None = 1.5
) -> Tracking:
    return Tracking(
        start=NOON - timedelta(hours=2), end=NOON + timedelta(minutes=30), now=NOON + 4 * MINUTE, told=told,
        measured=measured, step=MINUTE, ahead=series() if ahead is None else ahead, tolerance_kw=tolerance_kw,
    )  # fmt: skip


def traces(tracking: Tracking, key: str) -> list[Any]:
    return [trace for trace in setpoint_figure(tracking, ZONE).data if trace.meta == key]


BOTH = a_tracking(series(-10, -10, 5, 5), series(-9, 0, NAN, 4))


def test_the_setpoint_is_dashed_in_steps_and_the_measured_solid_in_steps() -> None:
    (told,) = traces(BOTH, "told")
    assert (told["line"]["dash"], told["line"]["shape"]) == ("6px,3px", "hv")
    assert list(told["y"]) == [-10, -10, 5, 5]
    assert all(trace["line"]["dash"] is None and trace["line"]["shape"] == "hv" for trace in traces(BOTH, "measured"))


def test_measured_has_the_colour_of_its_direction_and_gaps_stay_gaps() -> None:
    charging, discharging = traces(BOTH, "measured")
    assert (charging["line"]["color"], discharging["line"]["color"]) == (LIGHT.charge, LIGHT.discharge)
    assert list(charging["y"])[:2] == [-9, 0]
    assert pd.isna(list(charging["y"])[2]) and pd.isna(list(discharging["y"])[2])
    assert list(discharging["y"])[3] == 4
    assert charging["connectgaps"] is False


def test_the_two_directions_meet_at_zero() -> None:
    charging, discharging = traces(a_tracking(series(), series(-9, -9, 4, 4)), "measured")
    assert list(charging["y"])[:3] == [-9, -9, 0]
    assert list(discharging["y"])[1:] == [0, 4, 4]


def test_the_allowed_deviation_is_a_band_only_where_it_is_known() -> None:
    lower, upper = traces(BOTH, "allowed")
    assert (lower["y"][0], upper["y"][0]) == (-11.5, -8.5)
    assert not traces(a_tracking(series(-10), series(), tolerance_kw=None), "allowed")


def test_the_axis_prints_no_signs_and_names_its_ends() -> None:
    layout = setpoint_figure(BOTH, ZONE).to_dict()["layout"]
    texts = [note["text"] for note in layout["annotations"]]
    assert {"kW", "Charging", "Discharging"} <= set(texts)
    assert not any(text.startswith(("-", "−")) for text in layout["yaxis"]["ticktext"])
    low, high = layout["yaxis"]["range"]
    assert low < -10 and high > 5


def test_what_is_planned_is_fainter_and_the_line_of_now_is_there() -> None:
    found = a_tracking(series(-10), series(-10), series(-10, -75, first_min=4, every=11 * MINUTE))
    (ahead,) = traces(found, "ahead")
    assert ahead["opacity"] < 1
    notes = [note["text"] for note in setpoint_figure(found, ZONE).to_dict()["layout"]["annotations"]]
    assert "Now 23:04" in notes


def test_a_phone_gets_a_tick_an_hour() -> None:
    phone = setpoint_figure(BOTH, ZONE).to_dict()["layout"]["meta"]["phone_ticks"]
    assert phone["ticktext"] == ["22:00", "23:00"]


def test_nothing_at_all_is_axes_without_lines() -> None:
    figure = setpoint_figure(a_tracking(series(), series()), ZONE).to_dict()
    assert not figure["data"]
    assert list(figure["layout"]["yaxis"]["range"]) == [pytest.approx(-1.05), pytest.approx(1.05)]


def test_the_legend_names_what_is_drawn() -> None:
    assert [words(chip).strip() for chip in setpoint_legend(BOTH)] == ["Set-point", "Measured", "Allowed deviation"]
    assert len(setpoint_legend(a_tracking(series(), series(), tolerance_kw=None))) == 2
