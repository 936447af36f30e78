"""A battery's key figures against sums over the shipped measurements of the Monash campus, done with plain Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.battery_kpi import (
    Direction,
    Flow,
    Throughput,
    battery_flows,
    direction_of,
    energies_of,
    full_cycles,
    round_trip_efficiency,
    throughput_of,
)
from tests.raw import column

QUARTER, HOURS = timedelta(minutes=15), 0.25
CAPACITY_KWH, POWER_KW, ONE_WAY = 150.0, 75.0, 0.922
FIRST, LAST = datetime(2020, 9, 2, tzinfo=UTC), datetime(2020, 9, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def campus() -> list[tuple[datetime, float, float]]:
    """Return (start, PV, load) in kW of each quarter hour of a fortnight, as the shipped files have them."""
    arrays = column("au_clayton/au_cla_pv_15min", *(f"solar{number}_kw" for number in range(6)))
    meters = column("au_clayton/au_cla_demand_15min", "building1_kw", "building6_kw")
    return [
        (stamp, sum(arrays[stamp]), sum(meters[stamp]))
        for stamp in sorted(arrays)
        if FIRST <= stamp < LAST and stamp in meters
    ]


@pytest.fixture(scope="module")
def lived(campus: list[tuple[datetime, float, float]]) -> list[dict[str, float]]:
    """Return what a battery does there that keeps the grid at zero: powers, and SoC in the middle of each step."""
    rows, stored = [], 60.0
    for _start, pv, load in campus:
        surplus = pv - load
        charge = min(max(surplus, 0.0), POWER_KW, (0.95 * CAPACITY_KWH - stored) / ONE_WAY / HOURS)
        discharge = min(max(-surplus, 0.0), POWER_KW, (stored - 0.1 * CAPACITY_KWH) * ONE_WAY / HOURS)
        after = stored + (charge * ONE_WAY - discharge / ONE_WAY) * HOURS
        rows.append({"charge": charge, "discharge": discharge, "soc": (stored + after) / 2 / CAPACITY_KWH})
        stored = after
    return rows


def series(campus: list[tuple[datetime, float, float]], values: list[float]) -> pd.Series:
    index = pd.DatetimeIndex([start for start, _pv, _load in campus], name="time")
    return pd.Series(values, index=index, dtype=float)


def powers(campus: list[tuple[datetime, float, float]], lived: list[dict[str, float]]) -> dict[str, pd.Series]:
    found = {key: series(campus, [row[key] for row in lived]) for key in ("charge", "discharge", "soc")}
    return found | {
        "pv": series(campus, [row[1] for row in campus]),
        "load": series(campus, [row[2] for row in campus]),
    }


def test_the_fortnight_is_complete(campus: list[tuple[datetime, float, float]]) -> None:
    assert len(campus) == 14 * 96


def test_energies_equal_sums_over_the_raw_rows(campus, lived) -> None:  # type: ignore[no-untyped-def]
    known = powers(campus, lived)
    energies = energies_of(battery_flows(known["charge"], known["discharge"], known["pv"], known["load"]), QUARTER)
    assert energies.charged_kwh == pytest.approx(sum(row["charge"] for row in lived) * HOURS)
    assert energies.discharged_kwh == pytest.approx(sum(row["discharge"] for row in lived) * HOURS)
    assert energies.charged_kwh > 1000
    assert energies.from_pv_kwh == pytest.approx(energies.charged_kwh)  # it never charges from the grid
    assert energies.to_load_kwh == pytest.approx(energies.discharged_kwh)  # nor discharges to it
    assert energies.from_unknown_kwh == energies.to_unknown_kwh == energies.missing_h == 0


def test_a_battery_that_trades_is_split_step_by_step(campus) -> None:  # type: ignore[no-untyped-def]
    """Charges 30 kW each night and discharges 60 kW at 08:00 UTC, whatever PV and load do."""
    charge = [30.0 if start.hour in (16, 17) else 0.0 for start, _pv, _load in campus]
    discharge = [60.0 if start.hour in (0, 8) else 0.0 for start, _pv, _load in campus]
    from_pv = sum(min(kw, max(pv - load, 0)) for kw, (_s, pv, load) in zip(charge, campus, strict=True)) * HOURS
    to_load = sum(min(kw, max(load - pv, 0)) for kw, (_s, pv, load) in zip(discharge, campus, strict=True)) * HOURS
    pv, load = (series(campus, [row[place] for row in campus]) for place in (1, 2))
    energies = energies_of(battery_flows(series(campus, charge), series(campus, discharge), pv, load), QUARTER)
    assert energies.from_pv_kwh == pytest.approx(from_pv)
    assert energies.from_grid_kwh == pytest.approx(sum(charge) * HOURS - from_pv)
    assert energies.to_load_kwh == pytest.approx(to_load)
    assert energies.to_grid_kwh == pytest.approx(sum(discharge) * HOURS - to_load)
    assert 0 < to_load < sum(discharge) * HOURS


def test_the_efficiency_is_the_plants_own_whatever_is_stored_at_either_end(campus, lived) -> None:  # type: ignore[no-untyped-def]
    known = powers(campus, lived)
    full = max(range(800, len(lived)), key=lambda at: lived[at]["soc"])
    for first, last in ((0, 14 * 96), (300, 900), (0, full)):
        part = {key: values.iloc[first:last] for key, values in known.items()}
        through = throughput_of(part["charge"], part["discharge"], part["soc"], QUARTER, CAPACITY_KWH)
        assert through is not None
        assert round_trip_efficiency(through, CAPACITY_KWH) == pytest.approx(ONE_WAY**2, abs=1e-3)
    assert through.discharged_kwh / through.charged_kwh < ONE_WAY**2 - 0.01  # without the correction


def test_gaps_are_left_out_of_the_efficiency_and_not_counted_as_losses(campus, lived) -> None:  # type: ignore[no-untyped-def]
    known = powers(campus, lived)
    rng = np.random.default_rng(7)
    for _gap in range(12):
        begin = int(rng.integers(0, 1300))
        known["charge"].iloc[begin : begin + 20] = np.nan
    through = throughput_of(known["charge"], known["discharge"], known["soc"], QUARTER, CAPACITY_KWH)
    assert through is not None
    assert through.hours < 14 * 24 - 20
    assert round_trip_efficiency(through, CAPACITY_KWH) == pytest.approx(ONE_WAY**2, abs=5e-3)


def test_losses_close_the_balance_of_what_went_through(campus, lived) -> None:  # type: ignore[no-untyped-def]
    known = powers(campus, lived)
    through = throughput_of(known["charge"], known["discharge"], known["soc"], QUARTER, CAPACITY_KWH)
    assert through is not None
    expected = (1 - ONE_WAY) * through.charged_kwh + (1 / ONE_WAY - 1) * through.discharged_kwh
    assert through.losses_kwh == pytest.approx(expected, rel=1e-3)


def test_too_little_throughput_cannot_tell() -> None:
    through = Throughput(charged_kwh=300.0, discharged_kwh=255.0, stored_change_kwh=0.0, hours=48.0)
    assert full_cycles(through.discharged_kwh, 150.0) == pytest.approx(1.7)
    assert round_trip_efficiency(through, 150.0) is None


def test_more_out_than_in_is_no_efficiency() -> None:
    through = Throughput(charged_kwh=500.0, discharged_kwh=600.0, stored_change_kwh=0.0, hours=48.0)
    assert round_trip_efficiency(through, 100.0) is None


def test_nothing_known_is_no_throughput() -> None:
    index = pd.date_range(FIRST, periods=3, freq="15min", name="time")
    nothing, one = pd.Series(np.nan, index=index), pd.Series([1.0, np.nan, 1.0], index=index)
    assert throughput_of(nothing, nothing, nothing, QUARTER, 1.0) is None
    assert throughput_of(one, one, one, QUARTER, 1.0) is None


def test_what_charges_while_the_load_is_unknown_is_not_accounted_for() -> None:
    index = pd.date_range(FIRST, periods=4, freq="15min", name="time")
    charge = pd.Series([8.0, 8.0, np.nan, 0.0], index=index)
    load = pd.Series([2.0, np.nan, 2.0, 2.0], index=index)
    rest = pd.Series(0.0, index=index)
    energies = energies_of(battery_flows(charge, rest, pd.Series(5.0, index=index), load), QUARTER)
    assert (energies.from_pv_kwh, energies.from_grid_kwh, energies.from_unknown_kwh) == (0.75, 1.25, 2.0)
    assert energies.missing_h == 0.25


@pytest.mark.parametrize(
    ("charge", "discharge", "expected"),
    [
        (12.0, 0.0, (Direction.CHARGING, 12.0)),
        (0.0, 7.5, (Direction.DISCHARGING, 7.5)),
        (0.04, 0.0, (Direction.RESTING, 0.0)),
        (3.0, 5.0, (Direction.DISCHARGING, 2.0)),
    ],
)
def test_the_direction_is_never_a_sign(charge: float, discharge: float, expected: tuple[Direction, float]) -> None:
    assert direction_of(charge, discharge) == expected


def test_the_columns_are_named_once() -> None:
    one = pd.Series([1.0], index=pd.date_range(FIRST, periods=1, freq="15min", name="time"))
    assert list(battery_flows(one, one, one, one).columns) == list(Flow)
