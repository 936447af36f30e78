"""The cases: what they cost without a battery is what the raw files say, and nothing was chosen on their own days."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.cases import BATTERY_H, SIZED_ON, load_case, names
from benchmarks.closed_loop_report import HEAT_WAVE
from dash_app.domain.errors import InvalidProblem
from optimizer.simulate.figures import figures_of
from optimizer.simulate.loop import simulate
from optimizer.simulate.measured import Column, short_gaps_closed
from optimizer.simulate.rules import NoBattery
from tests.raw import column


def test_a_home_without_a_battery_costs_what_the_raw_files_say() -> None:
    case = load_case("fontana_1", "test")
    start = datetime(2017, 5, 20, 7, tzinfo=UTC)
    site = column("us_fontana/us_fon_home01", "demand_kwh", "pv_wh_per_kwp")
    price, co2 = (
        column("us_fontana/price_us_tou", "tariff_usd_per_kwh"),
        column("us_fontana/co2_us_ca", "co2_kg_per_kwh"),
    )
    cost = emitted = 0.0
    for hour in range(42 * 24):
        at = start + timedelta(hours=hour)
        demand, sun = site[at]
        net = demand - sun * 4 / 1000
        cost += net * (price[at][0] if net > 0 else 0.05)
        emitted += max(net, 0.0) * co2[at][0]
    figures = figures_of(case.measured, simulate(case.measured, NoBattery(), every=1), end_value=0.3)
    assert figures.cost == pytest.approx(cost, abs=1e-6)
    assert figures.co2_kg == pytest.approx(emitted, abs=1e-6)


def test_the_campus_without_a_battery_costs_what_the_raw_files_say() -> None:
    def table(name: str) -> pd.DataFrame:
        raw = pd.read_csv(f"slothbox/data/au_clayton/{name}.csv.gz", index_col="timestamp_utc", parse_dates=True)
        return raw["2020-08-31T14:00Z":"2020-09-28T13:59Z"]

    spot = table("price_au_vic1_30min")["price_aud_per_mwh"] / 1000
    net = table("au_cla_demand_15min")["building1_kw"] - table("au_cla_pv_15min")["solar5_kw"]
    assert net.notna().all()
    spot = pd.Series(np.repeat(spot.to_numpy(), 2), index=net.index)
    cost = (net.clip(lower=0) * (spot + 0.08) + net.clip(upper=0) * spot).sum() / 4
    measured = load_case("campus_1", "test").measured
    assert figures_of(measured, simulate(measured, NoBattery(), every=4), 0.0).cost == pytest.approx(cost)


def test_a_battery_is_sized_on_the_days_before_its_window() -> None:
    for name, windows in names().items():
        for window in windows:
            case = load_case(name, window)
            if case.kind == "home":
                continue
            load = case.measured.frame[Column.LOAD_KW]
            start = pd.Timestamp(case.start)
            mean = load[(load.index >= start - SIZED_ON) & (load.index < start)].mean()
            assert case.measured.battery.capacity_kwh == pytest.approx(BATTERY_H * mean, abs=0.06)
            assert case.measured.battery.charge_kw == pytest.approx(mean, abs=0.06)


def test_there_are_at_least_six_site_months_with_a_price_on_the_peak() -> None:
    demand = [(name, window) for name, at in names().items() if name.startswith("demand") for window in at]
    sites = [load_case(*one).measured for one in demand]
    assert all(site.demand_price == 10.0 for site in sites)
    assert sum(int(site.months.max()) + 1 for site in sites) >= 6


def test_missing_readings_in_a_window_are_refused() -> None:
    measured = load_case("cambridge_b071", "test").measured
    frame = measured.frame.copy()
    frame.iloc[measured.first + 5, 0] = np.nan
    with pytest.raises(InvalidProblem, match=re.escape("cambridge_b071")):
        replace(measured, frame=frame)


def test_short_gaps_take_the_day_before_and_never_lead_up_to_the_reading_after_them() -> None:
    # 44 kW after a gap may be the energy of the gap: a line would invent a ramp towards it
    index = pd.date_range("2020-01-01", periods=96, freq="h", tz="UTC")
    values = pd.Series(np.arange(96.0), index=index)
    values.iloc[30:33], values.iloc[33] = np.nan, 44.0
    values.iloc[50] = np.nan
    values.iloc[60:64] = np.nan
    closed, made = short_gaps_closed(values, timedelta(hours=1))
    assert closed[30:34].tolist() == [6.0, 7.0, 8.0, 44.0]
    assert closed.iloc[50] == 50.0
    assert closed[60:64].isna().all()
    assert made == 4


def test_the_windows_under_heat_wave_load_are_those_with_days_unheard_of_before() -> None:
    hot = set()
    for name, windows in names().items():
        for window in windows:
            measured = load_case(name, window).measured
            if not name.startswith("fontana"):
                continue
            load = measured.frame[Column.LOAD_KW]
            days = load.groupby(measured.times.tz_convert(measured.zone).normalize()).sum()
            start = measured.index[0].tz_convert(measured.zone)
            before = days[(days.index < start) & (days.index >= start - pd.Timedelta(days=90))]
            inside = days[days.index >= start].iloc[: measured.steps // 24]
            if inside.max() > 2 * before.max():
                hot.add((name, window))
    assert hot == set(HEAT_WAVE)
