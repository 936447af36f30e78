"""The site balance built from measurands: a partial sum is never a total, missing stays missing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.frames import Power
from dash_app.domain.measurement import Window, power_frame, resample_mean, total_of
from dash_app.domain.site import Measurand, Quantity

START = datetime(2020, 9, 28, tzinfo=UTC)
HALF = timedelta(minutes=30)
HOUR = timedelta(hours=1)
NAN = float("nan")


def measurand(name: str, quantity: Quantity, resolution: timedelta = HALF, on_connection: bool = True) -> Measurand:
    return Measurand(
        measurand_id=name,
        code=name,
        name=name,
        quantity=quantity,
        resolution=resolution,
        on_connection=on_connection,
    )


def series(values: list[float], step: timedelta = HALF) -> pd.Series:
    return pd.Series(values, index=pd.date_range(START, periods=len(values), freq=step, name="time"))


def window(parts: dict[str, pd.Series], length: timedelta = timedelta(hours=2)) -> Window:
    return Window(start=START, end=START + length, series=parts, fetched_at=START, data_until=None)


def test_a_total_adds_all_parts_on_the_connection() -> None:
    measurands = (
        measurand("a", Quantity.PV_KW),
        measurand("b", Quantity.PV_KW),
        measurand("c", Quantity.PV_KW, on_connection=False),
    )
    parts = {"a": series([1, 2, 3, 4]), "b": series([10, 20, 30, 40]), "c": series([99, 99, 99, 99])}
    assert total_of(window(parts), measurands, Quantity.PV_KW, HALF).tolist() == [11, 22, 33, 44]


def test_a_step_with_a_missing_part_is_missing() -> None:
    measurands = (measurand("a", Quantity.PV_KW), measurand("b", Quantity.PV_KW))
    parts = {"a": series([1, NAN, 3, 4]), "b": series([10, 20, 30, 40])}
    total = total_of(window(parts), measurands, Quantity.PV_KW, HALF)
    assert total.isna().tolist() == [False, True, False, False]


def test_a_part_that_the_window_lacks_makes_the_whole_total_missing() -> None:
    measurands = (measurand("a", Quantity.PV_KW), measurand("b", Quantity.PV_KW))
    total = total_of(window({"a": series([1, 2, 3, 4])}), measurands, Quantity.PV_KW, HALF)
    assert total.isna().all()
    assert len(total) == 4


def test_a_coarser_part_is_held_inside_its_step() -> None:
    measurands = (measurand("a", Quantity.LOAD_KW), measurand("b", Quantity.LOAD_KW, HOUR))
    parts = {"a": series([1, 2, 3, 4]), "b": series([10, 20], HOUR)}
    assert total_of(window(parts), measurands, Quantity.LOAD_KW, HALF).tolist() == [11, 12, 23, 24]


def test_means_over_a_coarser_step_keep_the_energy() -> None:
    coarse = resample_mean(series([1, 3, 5, 7]), HALF, HOUR)
    assert coarse.tolist() == [2, 6]


def test_a_held_value_does_not_reach_over_a_gap() -> None:
    fine = resample_mean(series([10, NAN, 30], HOUR), HOUR, HALF)
    assert np.isnan(fine.to_numpy()).tolist() == [False, False, True, True, False, False]


def test_the_grid_closes_the_balance() -> None:
    measurands = (
        measurand("l", Quantity.LOAD_KW),
        measurand("p", Quantity.PV_KW),
        measurand("c", Quantity.CHARGE_KW),
        measurand("d", Quantity.DISCHARGE_KW),
    )
    parts = {
        "l": series([50, 50, 50, 50]),
        "p": series([80, 20, 0, 0]),
        "c": series([10, 0, 0, 0]),
        "d": series([0, 5, 50, 0]),
    }
    frame = power_frame(window(parts), measurands, HALF)
    assert frame[Power.BATTERY_KW].tolist() == [-10, 5, 50, 0]
    assert frame[Power.GRID_KW].tolist() == [-20, 25, 0, 50]
    balance = frame[Power.PV_KW] + frame[Power.BATTERY_KW] + frame[Power.GRID_KW]
    assert balance.tolist() == frame[Power.LOAD_KW].tolist()


def test_a_site_without_pv_has_none_and_not_nothing() -> None:
    frame = power_frame(window({"l": series([50, 50, 50, 50])}), (measurand("l", Quantity.LOAD_KW),), HALF)
    assert frame[Power.PV_KW].tolist() == [0, 0, 0, 0]
    assert frame[Power.GRID_KW].tolist() == [50, 50, 50, 50]


def test_a_site_with_silent_pv_has_no_grid_power() -> None:
    measurands = (measurand("l", Quantity.LOAD_KW), measurand("p", Quantity.PV_KW))
    frame = power_frame(window({"l": series([50, 50, 50, 50])}), measurands, HALF)
    assert frame[Power.PV_KW].isna().all()
    assert frame[Power.GRID_KW].isna().all()
