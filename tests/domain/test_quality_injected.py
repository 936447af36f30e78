"""The same faults put into clean stretches of other sites and dates are found there, and only there."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.quality import Finding, Rule, Signal
from dash_app.domain.quality_check import check_signal
from dash_app.domain.quality_net import find_net_of_pv, pv_shape
from dash_app.domain.site import Quantity
from tests.quality_signals import KWP, PLACES, array, column, load, signal

LOADS = {
    "b005": ("b005", "demand_kwh", "2020-09-01", "2020-11-30"),
    "b071": ("b071", "demand_kwh", "2021-02-01", "2021-04-30"),
    "b021": ("b021", "demand_kwh", "2021-12-01", "2022-01-15"),
    "fontana": ("fontana", "demand_kwh", "2017-01-01", "2017-03-31"),
    "building 1": ("monash", "building1_kw", "2020-06-01", "2020-08-31"),
}
ARRAYS = {
    "fontana": ("fontana", "pv_wh_per_kwp", "2016-09-01", "2016-11-30"),
    "array 2": ("monash-pv", "solar1_kw", "2019-11-01", "2020-01-31"),
    "array 6": ("monash-pv", "solar5_kw", "2020-06-01", "2020-08-31"),
    "konstanz": ("konstanz", "pv_kwh", "2015-11-16", "2016-03-10"),
}
SOON = settings(max_examples=8, deadline=None)
places = st.floats(0.1, 0.8)


def clean(name: str) -> tuple[str, pd.Series, Quantity]:
    """Return a stretch in which nothing but gaps is found."""
    kind = Quantity.LOAD_KW if name in LOADS else Quantity.PV_KW
    place, what, start, end = (LOADS | ARRAYS)[name]
    return place, column(place, what, start=start, end=end).copy(), kind


def clean_pv(name: str) -> tuple[str, pd.Series, Quantity]:
    place, what, start, end = ARRAYS[name]
    return place, column(place, what, start=start, end=end).copy(), Quantity.PV_KW


def checked(place: str, values: pd.Series, quantity: Quantity) -> list[Finding]:
    found = check_signal(signal(place, values, quantity))
    return [one for one in found if one.rule not in {Rule.GAP, Rule.SHORT_GAPS}]


def steps(place: str, hours: float) -> int:
    return round(hours / (PLACES[place].step / timedelta(hours=1)))


def at(values: pd.Series, share: float, length: int) -> tuple[int, int]:
    first = int(share * (len(values) - length))
    return first, first + length


def hit(found: list[Finding], rules: set[Rule], values: pd.Series, first: int, after: int) -> Finding:
    """Return the finding of these rules that meets the place of the fault; everything found must meet it."""
    start, end = values.index[first], values.index[min(after, len(values) - 1)]
    mine = [one for one in found if one.rule in rules and one.meets(start, end)]
    assert mine, f"nothing at {start} – {end}, but {[(one.rule, one.start) for one in found]}"
    day = timedelta(days=1)
    elsewhere = [(one.rule, one.start) for one in found if not one.meets(start - day, end + day)]
    assert not elsewhere
    return mine[0]


@pytest.mark.parametrize("name", LOADS)
def test_the_stretches_are_clean_before_loads_are_spoilt(name: str) -> None:
    place, what, start, end = LOADS[name]
    assert checked(place, column(place, what, start=start, end=end), Quantity.LOAD_KW) == []


@pytest.mark.parametrize("name", ARRAYS)
def test_the_stretches_are_clean_before_arrays_are_spoilt(name: str) -> None:
    assert checked(*clean_pv(name)) == []


@pytest.mark.parametrize("name", LOADS)
@given(share=places, hours=st.integers(2, 72))
@SOON
def test_zeros_for_a_gap_are_found_on_every_load(name: str, share: float, hours: int) -> None:
    place, values, kind = clean(name)[0], load_values(name), Quantity.LOAD_KW
    first, after = at(values, share, steps(place, hours))
    values.iloc[first:after] = 0.0
    found = hit(checked(place, values, kind), {Rule.ZERO_RUN}, values, first, after)
    assert found.count == after - first


def load_values(name: str) -> pd.Series:
    place, what, start, end = LOADS[name]
    return column(place, what, start=start, end=end).copy()


@pytest.mark.parametrize("name", LOADS)
@given(share=places, hours=st.integers(12, 96))
@SOON
def test_a_stuck_load_is_found(name: str, share: float, hours: int) -> None:
    place, values = LOADS[name][0], load_values(name)
    first, after = at(values, share, steps(place, hours))
    values.iloc[first:after] = values.iloc[first]
    found = hit(checked(place, values, Quantity.LOAD_KW), {Rule.STUCK}, values, first, after)
    assert found.count == pytest.approx(after - first, abs=2)


@pytest.mark.parametrize("name", LOADS)
@given(share=places, factor=st.floats(9.0, 100.0), wide=st.integers(1, 2))
@SOON
def test_a_spike_on_a_load_is_found(name: str, share: float, factor: float, wide: int) -> None:
    place, values = LOADS[name][0], load_values(name)
    first, after = at(values, share, wide)
    values.iloc[first:after] = factor * values.quantile(0.99)
    assert hit(checked(place, values, Quantity.LOAD_KW), {Rule.SPIKE}, values, first, after).count == wide


@pytest.mark.parametrize("name", LOADS)
@given(share=places, days=st.integers(2, 20))
@SOON
def test_a_counter_read_as_load_is_found(name: str, share: float, days: int) -> None:
    place, values = LOADS[name][0], load_values(name)
    first, after = at(values, share, steps(place, 24 * days))
    values.iloc[first:after] = values.iloc[first:after].fillna(0.0).cumsum()
    hit(checked(place, values, Quantity.LOAD_KW), {Rule.CUMULATIVE}, values, first, after)


@pytest.mark.parametrize("name", LOADS)
@given(share=places, size=st.sampled_from([2, 4]), days=st.integers(7, 30))
@SOON
def test_a_slower_meter_on_the_grid_is_found(name: str, share: float, size: int, days: int) -> None:
    place, values = LOADS[name][0], load_values(name)
    first, after = at(values, share, steps(place, 24 * days))
    part = values.iloc[first:after].to_numpy()[: (after - first) // size * size]
    values.iloc[first : first + len(part)] = np.repeat(part.reshape(-1, size).mean(axis=1), size)
    found = hit(checked(place, values, Quantity.LOAD_KW), {Rule.BLOCKS}, values, first, after)
    assert found.evidence["size"] == size


@pytest.mark.parametrize("name", LOADS)
@given(share=places, back=st.integers(1, 20))
@SOON
def test_a_day_written_twice_is_found(name: str, share: float, back: int) -> None:
    place, values = LOADS[name][0], load_values(name)
    per_day = steps(place, 24)
    days = len(values) // per_day
    day = max(1, int(share * days))
    earlier = max(0, day - back)
    values.iloc[day * per_day : (day + 1) * per_day] = values.iloc[
        earlier * per_day : (earlier + 1) * per_day
    ].to_numpy()
    found = checked(place, values, Quantity.LOAD_KW)
    hit(found, {Rule.REPEATED_DAY}, values, day * per_day, (day + 1) * per_day)


@pytest.mark.parametrize("name", LOADS)
@given(share=places, hours=st.integers(24, 144))
@SOON
def test_the_energy_of_a_gap_in_one_step_is_found(name: str, share: float, hours: int) -> None:
    place, values = LOADS[name][0], load_values(name)
    first, after = at(values, share, steps(place, hours))
    values.iloc[after] = values.iloc[first : after + 1].sum()
    values.iloc[first:after] = np.nan
    found = hit(checked(place, values, Quantity.LOAD_KW), {Rule.JUMP}, values, after - 1, after + 1)
    assert found.evidence["gap_h"] >= hours


@pytest.mark.parametrize("name", [*LOADS, *ARRAYS])
@given(share=places, count=st.integers(1, 50))
@SOON
def test_values_with_the_wrong_sign_are_found(name: str, share: float, count: int) -> None:
    place, values = ((LOADS | ARRAYS)[name][0], load_values(name)) if name in LOADS else clean_pv(name)[:2]
    kind = Quantity.LOAD_KW if name in LOADS else Quantity.PV_KW
    first, _after = at(values, share, count)
    lit = np.flatnonzero(values.to_numpy() > 0.05 * values.max())
    chosen = lit[lit >= first][:count]
    values.iloc[chosen] = -values.iloc[chosen]
    (found,) = [one for one in check_signal(signal(place, values, kind)) if one.rule is Rule.NEGATIVE]
    assert found.count == len(chosen)


@pytest.mark.parametrize("name", ARRAYS)
@given(share=places, hours=st.integers(30, 240))
@SOON
def test_an_array_that_is_stuck_through_a_night_is_found_twice(name: str, share: float, hours: int) -> None:
    place, values, kind = clean_pv(name)
    first, after = at(values, share, steps(place, hours))
    values.iloc[first:after] = 0.4 * values.quantile(0.995)
    found = checked(place, values, kind)
    hit(found, {Rule.STUCK}, values, first, after)
    hit(found, {Rule.NIGHT}, values, first, after)


@pytest.mark.parametrize("name", ARRAYS)
@given(share=places, days=st.integers(3, 15))
@SOON
def test_a_counter_read_as_production_is_found(name: str, share: float, days: int) -> None:
    place, values, kind = clean_pv(name)
    first, after = at(values, share, steps(place, 24 * days))
    values.iloc[first:after] = values.iloc[first:after].fillna(0.0).cumsum()
    hit(checked(place, values, kind), {Rule.CUMULATIVE}, values, first, after)


@pytest.mark.parametrize("name", ARRAYS)
@given(share=places, days=st.integers(2, 15))
@SOON
def test_an_array_that_writes_zero_by_day_is_found(name: str, share: float, days: int) -> None:
    place, values, kind = clean_pv(name)
    first, after = at(values, share, steps(place, 24 * days))
    values.iloc[first:after] = 0.0
    hit(checked(place, values, kind), {Rule.ZERO_RUN}, values, first, after)


@pytest.mark.parametrize("name", ["array 2", "array 6"])
@given(share=places, factor=st.floats(2.0, 1000.0))
@SOON
def test_an_array_far_above_its_nameplate_is_a_spike(name: str, share: float, factor: float) -> None:
    place, values, kind = clean_pv(name)
    kwp = KWP[ARRAYS[name][1].removesuffix("_kw")]
    first, after = at(values, share, 1)
    values.iloc[first] = factor * kwp
    found = check_signal(signal(place, values, kind, kwp=kwp))
    hit([one for one in found if one.rule is Rule.SPIKE], {Rule.SPIKE}, values, first, after)


@pytest.mark.parametrize("hours", [-2, -1, 1, 2])
@pytest.mark.parametrize("name", ARRAYS)
def test_a_clock_that_is_an_hour_off_is_found(name: str, hours: int) -> None:
    place, values, kind = clean_pv(name)
    moved = values.shift(steps(place, hours))
    offsets = [one for one in check_signal(signal(place, moved, kind)) if one.rule is Rule.CLOCK]
    assert offsets
    assert all(np.sign(one.evidence["offset_h"]) == np.sign(hours) for one in offsets)
    worst = max(offsets, key=lambda one: one.length)
    assert worst.evidence["offset_h"] == pytest.approx(hours, abs=0.45)


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("name", ARRAYS)
def test_dusk_under_a_wrong_clock_is_not_production_at_night_as_well(name: str, hours: int) -> None:
    place, values, kind = clean_pv(name)
    moved = values.shift(steps(place, hours))
    assert {one.rule for one in checked(place, moved, kind)} == {Rule.CLOCK}


@given(share=st.floats(0.8, 2.0), month=st.sampled_from(["2019-11", "2019-12", "2020-02", "2020-06", "2020-08"]))
@SOON
def test_an_array_behind_the_meter_is_found(share: float, month: str) -> None:
    start = pd.Timestamp(month, tz="UTC")
    days = {"start": f"{start:%Y-%m-%d}", "end": f"{start + pd.Timedelta(days=28):%Y-%m-%d}"}
    shape = pv_shape([array(5, **days)])
    assert shape is not None
    meter = load("monash", "building6_kw", **days)
    net = signal("monash", meter.values - share * meter.level * shape, Quantity.LOAD_KW)
    zone = ZoneInfo("Australia/Melbourne")
    assert find_net_of_pv(meter, shape, zone) == ()
    assert [one.rule for one in find_net_of_pv(net, shape, zone)] == [Rule.NET_OF_PV]


def as_signal(place: str, values: pd.Series) -> Signal:
    return signal(place, values, Quantity.OTHER_KW)


@given(share=places, days=st.integers(22, 50))
@SOON
def test_a_sub_meter_that_stops_for_weeks_is_found(share: float, days: int) -> None:
    values = column("konstanz", "refrigerator_kwh").copy()
    first, after = at(values, share, 24 * days)
    values.iloc[first:after] = 0.0
    stills = [one for one in check_signal(as_signal("konstanz", values)) if one.rule is Rule.STANDSTILL]
    assert any(one.meets(values.index[first], values.index[after]) for one in stills)
