"""Findings put together: what explains what, order, completeness, the balance, and how long a year takes."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.quality import Rule, Severity, Signal, signal_of
from dash_app.domain.quality_check import check_signal, presence_of, stretches
from dash_app.domain.quality_site import balance_of, find_residual
from dash_app.domain.quality_sun import step_elevation
from dash_app.domain.site import Quantity

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def hourly(values: list[float] | np.ndarray, quantity: Quantity = Quantity.LOAD_KW, sparse: bool = False) -> Signal:
    index = pd.date_range("2020-09-21", periods=len(values), freq="h", tz="UTC", name="time")
    return signal_of("m", quantity, pd.Series(values, index=index, dtype=float), HOUR, sparse=sparse)


def daily_load(days: int) -> np.ndarray:
    hours = np.arange(24 * days)
    return 50 + 20 * np.sin(hours / 24 * 2 * np.pi) + (hours * 7 % 13) * 0.31


def test_a_clean_signal_has_no_findings() -> None:
    assert check_signal(hourly(daily_load(28))) == ()


def test_the_worst_comes_first() -> None:
    values = daily_load(28)
    values[100:103] = np.nan
    values[200] = 2000.0
    found = check_signal(hourly(values))
    assert [(one.rule, one.severity) for one in found] == [
        (Rule.SPIKE, Severity.SERIOUS),
        (Rule.GAP, Severity.WARNING),
    ]


def test_short_gaps_are_counted_together_and_long_ones_stand_alone() -> None:
    values = daily_load(28)
    for first, after in ((10, 11), (50, 52), (100, 103), (300, 330)):
        values[first:after] = np.nan
    found = {one.rule: one for one in check_signal(hourly(values)) if one.rule is not Rule.GAP}
    assert (found[Rule.SHORT_GAPS].count, found[Rule.SHORT_GAPS].evidence["gaps"]) == (3, 2.0)
    gaps = [one for one in check_signal(hourly(values)) if one.rule is Rule.GAP]
    assert [(one.count, one.severity) for one in gaps] == [(30, Severity.SERIOUS), (3, Severity.WARNING)]


def test_all_gaps_of_a_sparse_signal_are_one_note() -> None:
    values = daily_load(28)
    values[::3] = np.nan
    values[100:300] = np.nan
    (found,) = [one for one in check_signal(hourly(values, sparse=True)) if one.rule in {Rule.GAP, Rule.SHORT_GAPS}]
    assert (found.rule, found.severity) == (Rule.SHORT_GAPS, Severity.NOTE)
    assert found.count == int(np.isnan(values).sum())


def test_gaps_before_the_range_do_not_count() -> None:
    values = daily_load(28)
    values[0:30] = np.nan
    values[500:505] = np.nan
    signal = hourly(values)
    found = check_signal(signal, gaps_since=signal.start_of(100))
    assert [one.count for one in found] == [5]


def test_a_signal_without_any_value_is_one_gap() -> None:
    (found,) = check_signal(hourly([float("nan")] * 48))
    assert (found.rule, found.count) == (Rule.GAP, 48)


def test_an_empty_signal_and_one_of_a_single_step_have_no_findings() -> None:
    assert check_signal(hourly([])) == ()
    assert check_signal(hourly([4.0])) == ()


def test_absurd_values_do_not_stop_the_rules() -> None:
    values = daily_load(28)
    values[300] = 1e300
    values[310] = -1e300
    rules = {one.rule for one in check_signal(hourly(values))}
    assert {Rule.SPIKE, Rule.NEGATIVE} <= rules


def test_a_load_of_zeros_alone_is_not_a_run_of_wrong_zeros() -> None:
    assert check_signal(hourly(np.zeros(24 * 28))) == ()


def test_a_year_of_quarter_hours_of_twelve_signals_takes_less_than_a_second() -> None:
    index = pd.date_range("2020-01-01", "2020-12-31 23:45", freq="15min", tz="UTC", name="time")
    sun = step_elevation(index, QUARTER, -37.9, 145.1)
    random = np.random.default_rng(1)
    pv = np.clip(np.sin(np.radians(sun.mean(axis=0))), 0, None) * random.uniform(5, 50, len(index))
    load = 40 + 20 * np.sin(np.arange(len(index)) / 96 * 2 * np.pi) + random.normal(0, 3, len(index))
    began = time.process_time()
    for number in range(12):
        kind = Quantity.PV_KW if number < 6 else Quantity.LOAD_KW
        values = pd.Series(np.round(pv if number < 6 else load, 2), index=index)
        elevation = step_elevation(index, QUARTER, -37.9, 145.1) if number == 0 else sun
        check_signal(signal_of(str(number), kind, values, QUARTER, elevation=elevation))
    assert time.process_time() - began < 1.0


def test_completeness_counts_what_is_due_on_days_of_23_and_25_hours() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, end = datetime(2020, 3, 27, 23, tzinfo=UTC), datetime(2020, 3, 29, 22, tzinfo=UTC)
    index = pd.date_range(start, end, freq="h", inclusive="left", name="time")
    values = pd.Series(1.0, index=index)
    values.iloc[[3, 30]] = np.nan
    signal = signal_of("m", Quantity.LOAD_KW, values, HOUR)
    columns = stretches(date(2020, 3, 28), date(2020, 3, 29))
    cells = presence_of(signal, columns, zone, start, end)
    assert [(cell.there, cell.due) for cell in cells] == [(23, 24), (22, 23)]


def test_nothing_is_due_on_days_to_come_and_a_short_lag_is_no_gap() -> None:
    zone = ZoneInfo("UTC")
    start = datetime(2020, 9, 28, tzinfo=UTC)
    index = pd.date_range(start, periods=10, freq="h", name="time")
    signal = signal_of("m", Quantity.LOAD_KW, pd.Series([1.0] * 9 + [np.nan], index=index), HOUR)
    cells = presence_of(signal, stretches(date(2020, 9, 28), date(2020, 9, 29)), zone, start, start + 10 * HOUR)
    assert [(cell.there, cell.due) for cell in cells] == [(9, 9), (0, 0)]
    assert cells[1].share is None


def balanced(missing_kw: float) -> list[Signal]:
    load, pv = daily_load(4), np.full(96, 10.0)
    return [
        hourly(load),
        hourly(pv, Quantity.PV_KW),
        hourly(load - pv - missing_kw, Quantity.IMPORT_KW),
    ]


def test_a_balance_that_closes_has_no_residual() -> None:
    sides = balance_of(balanced(0.0), HOUR)
    assert sides is not None
    assert sides.residual == pytest.approx(0.0, abs=1e-12)
    assert find_residual(sides) == ()


def test_a_balance_with_a_meter_missing_says_how_much() -> None:
    sides = balance_of(balanced(5.0), HOUR)
    assert sides is not None
    assert sides.residual_kwh == pytest.approx(5.0 * 96)
    assert sides.residual == pytest.approx(5.0 * 96 / daily_load(4).sum())
    (found,) = find_residual(sides)
    assert (found.count, found.severity) == (96, Severity.WARNING)
    assert found.evidence["energy_kwh"] == pytest.approx(480.0)


def test_a_surplus_does_not_make_up_for_a_lack() -> None:
    sides = balance_of(balanced(0.0), HOUR)
    assert sides is not None
    shaken = sides.in_kw + np.where(np.arange(96) % 2, 6.0, -6.0)
    off = type(sides)(in_kw=shaken, out_kw=sides.out_kw, step=HOUR)
    assert off.residual_kwh == pytest.approx(6.0 * 96)


def test_without_a_meter_of_the_grid_there_is_no_balance() -> None:
    assert balance_of(balanced(0.0)[:2], HOUR) is None


def test_minutes_of_the_grid_are_averaged_and_a_broken_quarter_hour_is_left_out() -> None:
    index = pd.date_range("2020-09-21", periods=60, freq="min", tz="UTC", name="time")
    minutes = pd.Series(8.0, index=index)
    minutes.iloc[20] = np.nan
    grid = signal_of("g", Quantity.IMPORT_KW, minutes, timedelta(minutes=1))
    quarter = pd.Series(8.0, index=pd.date_range(index[0], periods=4, freq="15min", name="time"))
    sides = balance_of([grid, signal_of("l", Quantity.LOAD_KW, quarter, QUARTER)], QUARTER)
    assert sides is not None
    assert sides.known.tolist() == [True, False, True, True]
    assert sides.residual == 0.0
