"""Every glitch that the raw files are known for is found, at its own time, by the rule that is made for it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.quality import Finding, Rule, Signal
from dash_app.domain.quality_check import check_signal
from dash_app.domain.quality_counters import energy_of_counter, find_counter_jumps
from dash_app.domain.quality_net import find_net_of_pv, pv_shape
from dash_app.domain.quality_site import find_above_total
from tests.quality_signals import HOUR, array, column, load, other, pv, table


def of(rule: Rule, signal: Signal) -> list[Finding]:
    """Return the findings of one rule in the order of time."""
    return sorted((one for one in check_signal(signal) if one.rule is rule), key=lambda one: one.start)


def hour(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("building", "start", "hours"),
    [
        ("b005", "2019-07-27T02:00", 22),
        ("b005", "2019-09-07T02:00", 22),
        ("b026", "2019-01-04T01:00", 47),
        ("b026", "2019-04-20T02:00", 22),
        ("b026", "2019-10-04T02:00", 46),
        ("b071", "2019-10-04T02:00", 46),
    ],
)
def test_zeros_written_for_missing_readings_are_found(building: str, start: str, hours: int) -> None:
    found = of(Rule.ZERO_RUN, load(building, "demand_kwh"))
    assert (hour(start), hours) in {(one.start, one.count) for one in found}


def test_the_two_clipped_hours_of_b021_are_one_spike() -> None:
    (spike,) = of(Rule.SPIKE, load("b021", "demand_kwh"))
    assert (spike.start, spike.count) == (hour("2022-01-17T06:00"), 2)
    assert spike.evidence["highest_kw"] == 2954.0


def test_the_gas_meter_of_b036_is_coarse_and_stands_still_for_four_months() -> None:
    gas = other("b036", "gas_kwh")
    assert of(Rule.COARSE, gas)[0].evidence["quantum_kw"] == 1.0
    (still,) = of(Rule.STANDSTILL, gas)
    assert (still.start, still.count) == (hour("2019-05-30T08:00"), 3024)


@pytest.mark.parametrize(("building", "changes"), [("building0_kw", 0.753), ("building3_kw", 0.756)])
def test_the_hourly_meters_on_the_grid_of_quarter_hours_come_in_blocks_of_four(building: str, changes: float) -> None:
    signal = load("monash", building)
    known = column("monash", building).dropna()
    assert (known.diff() == 0).mean() == pytest.approx(changes, abs=0.001)
    blocks = of(Rule.BLOCKS, signal)
    assert {one.evidence["minutes"] for one in blocks} == {60.0}
    covered = sum(known.loc[one.start : one.end].count() for one in blocks)
    assert covered > 0.99 * len(known)


@pytest.mark.parametrize(("building", "above_kw"), [("building0_kw", 2072.0), ("building3_kw", 4916.0)])
def test_every_value_above_four_times_the_highest_hundredth_is_in_a_spike_or_jump(
    building: str, above_kw: float
) -> None:
    signal = load("monash", building)
    found = [*of(Rule.SPIKE, signal), *of(Rule.JUMP, signal)]
    values = column("monash", building)
    high = values[values > above_kw].index
    assert len(high) >= 4
    assert all(any(one.start <= moment < one.end for one in found) for moment in high)


@pytest.mark.parametrize(
    ("number", "first", "last"),
    [
        (3, "2019-09-17", "2019-10-11"),
        (2, "2019-10-10", "2019-10-11"),
        (1, "2020-03-03", "2020-03-11"),
        (1, "2020-04-16", "2020-05-19"),
        (2, "2020-04-16", "2020-05-18"),
        (3, "2020-04-16", "2020-05-18"),
        (4, "2020-04-16", "2020-05-18"),
    ],
)
def test_the_arrays_with_stuck_or_cumulative_values_are_found_and_so_is_their_night(
    number: int, first: str, last: str
) -> None:
    signal = array(number, "2019-08-01", "2020-09-30")
    a, b = hour(first), hour(last)
    for rules in ({Rule.STUCK, Rule.CUMULATIVE}, {Rule.NIGHT}):
        mine = [one for one in check_signal(signal) if one.rule in rules]
        days = pd.date_range(a, b, freq="D")
        covered = [day for day in days if any(one.meets(day, day + timedelta(days=1)) for one in mine)]
        assert len(covered) == len(days), rules


@pytest.mark.parametrize("number", range(6))
def test_the_arrays_are_clean_after_the_21st_of_may(number: int) -> None:
    assert check_signal(array(number, "2020-05-22", "2020-09-30")) == ()


def test_the_clock_of_konstanz_is_an_hour_late_in_summer_and_right_in_winter() -> None:
    offsets = of(Rule.CLOCK, pv("konstanz", "pv_kwh"))
    summer = max(offsets, key=lambda one: one.length)
    assert summer.evidence["offset_h"] == pytest.approx(1.0, abs=0.2)
    assert abs(summer.start - hour("2016-03-27T01:00")) <= timedelta(days=14)
    assert summer.end >= hour("2016-10-25T00:00")
    winter = (hour("2015-11-10T00:00"), hour("2016-03-15T00:00"))
    assert not any(one.meets(*winter) for one in offsets)


def test_the_heat_pump_stands_still_from_may_to_october() -> None:
    (still,) = of(Rule.STANDSTILL, other("konstanz", "heat_pump_kwh"))
    assert still.start.date().isoformat() == "2016-05-22"
    assert still.end.date().isoformat() == "2016-10-07"
    assert still.count == 3305


def test_long_gaps_of_konstanz_are_findings_of_their_own() -> None:
    values = column("konstanz", "pv_kwh")
    gaps = of(Rule.GAP, pv("konstanz", "pv_kwh"))
    longest = max(gaps, key=lambda one: one.length)
    missing = values.isna().to_numpy()
    runs = np.diff(np.flatnonzero(np.diff(np.r_[0, missing.astype(int), 0])))[::2]
    assert longest.count == runs.max()
    short = of(Rule.SHORT_GAPS, pv("konstanz", "pv_kwh"))
    assert sum(one.count for one in [*gaps, *short]) == missing.sum()


def test_a_counter_is_differenced_without_spreading_the_jump_after_a_gap() -> None:
    raw = table("konstanz-counters")["pv_kwh_counter"]
    energy = energy_of_counter(raw)
    derived = table("konstanz")["pv_kwh"].reindex(raw.index)
    pd.testing.assert_series_equal(energy.iloc[:-1], derived.iloc[:-1], check_names=False, atol=1e-9, check_freq=False)
    jumps = find_counter_jumps("pv", raw, HOUR)
    longest = max(jumps, key=lambda one: one.count)
    assert longest.count == 54
    before, after = raw.asof(longest.start), raw[longest.end]
    assert longest.evidence["energy_kwh"] == pytest.approx(after - before)
    told = energy.sum() + sum(one.evidence["energy_kwh"] for one in jumps)
    assert told == pytest.approx(raw.dropna().iloc[-1] - raw.dropna().iloc[0])


@pytest.mark.parametrize("meter", ["pv_kwh_counter", "grid_import_kwh_counter"])
def test_a_counter_that_was_differenced_over_its_gap_is_caught_as_a_jump(meter: str) -> None:
    raw = table("konstanz-counters")[meter]
    naive = raw.ffill().diff().where(raw.notna())
    (jump,) = of(Rule.JUMP, pv_or_load(meter, naive))
    assert jump.evidence["gap_h"] >= 54


def pv_or_load(meter: str, values: pd.Series) -> Signal:
    from dash_app.domain.site import Quantity
    from tests.quality_signals import signal

    return signal("konstanz", values.iloc[1:], Quantity.PV_KW if meter.startswith("pv") else Quantity.IMPORT_KW)


def test_the_sub_meters_of_konstanz_exceed_the_load_in_26_hours() -> None:
    house = column("konstanz", "grid_import_kwh", "pv_kwh", "-grid_export_kwh")
    names = [name for name in table("konstanz").columns if not name.startswith(("grid", "pv"))]
    parts = [table("konstanz")[name] for name in names]
    (found,) = find_above_total(house, parts, HOUR)
    total = pd.concat(parts, axis=1).sum(axis=1, skipna=True).reindex(house.index)
    assert found.count == int((total > house + 0.05).sum())
    assert found.count == 26


def test_the_computed_load_of_konstanz_is_below_zero_in_11_hours() -> None:
    house = load("konstanz", "grid_import_kwh", "pv_kwh", "-grid_export_kwh")
    (negative,) = of(Rule.NEGATIVE, house)
    assert negative.count == 11


def test_building0_looks_net_of_pv_and_no_other_load_does() -> None:
    zone = ZoneInfo("Australia/Melbourne")
    shape = pv_shape([array(number) for number in range(6)])
    assert shape is not None
    for number in (0, 1, 3, 6):
        found = find_net_of_pv(load("monash", f"building{number}_kw", start="2019-10-01"), shape, zone)
        assert sum(one.length.days for one in found) >= 200 if number == 0 else found == ()
    for place, where, columns in (
        ("fontana", "America/Los_Angeles", ("demand_kwh",)),
        ("konstanz", "Europe/Berlin", ("grid_import_kwh", "pv_kwh", "-grid_export_kwh")),
    ):
        own = pv_shape([pv(place, "pv_wh_per_kwp" if place == "fontana" else "pv_kwh")])
        assert own is not None
        assert find_net_of_pv(load(place, *columns), own, ZoneInfo(where)) == ()


def test_arrays_that_write_zero_by_day_for_weeks_are_found() -> None:
    (dark,) = of(Rule.ZERO_RUN, array(5, "2020-03-01", "2020-06-30"))
    assert dark.start.date().isoformat() == "2020-04-03"
    assert dark.end.date().isoformat() == "2020-05-14"
