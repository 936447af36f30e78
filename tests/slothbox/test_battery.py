"""The battery's arithmetic: energy is conserved and no limit is ever crossed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slothbox.battery import BatterySpec, advance, self_consumption_kw

MONASH = BatterySpec(
    capacity_kwh=150,
    charge_kw=75,
    discharge_kw=75,
    charge_efficiency=0.92,
    discharge_efficiency=0.92,
    soc_min=0.1,
    soc_max=0.95,
)
LOSSLESS = BatterySpec(
    capacity_kwh=100,
    charge_kw=50,
    discharge_kw=50,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    soc_min=0.0,
    soc_max=1.0,
)

powers = st.floats(-500, 500)
steps_h = st.floats(1 / 3600, 4)
socs = st.floats(0, 1)


@st.composite
def specs(draw: st.DrawFn) -> BatterySpec:
    soc_min = draw(st.floats(0, 0.5))
    return BatterySpec(
        capacity_kwh=draw(st.floats(1, 500)),
        charge_kw=draw(st.floats(0, 200)),
        discharge_kw=draw(st.floats(0, 200)),
        charge_efficiency=draw(st.floats(0.5, 1)),
        discharge_efficiency=draw(st.floats(0.5, 1)),
        soc_min=soc_min,
        soc_max=draw(st.floats(soc_min, 1)),
    )


@given(soc=socs, battery_kw=powers, spec=specs(), dt_h=steps_h)
def test_energy_out_of_the_cells_is_energy_at_the_terminals_plus_losses(
    soc: float, battery_kw: float, spec: BatterySpec, dt_h: float
) -> None:
    soc_after, actual_kw = advance(soc, battery_kw, spec, dt_h)
    taken_kwh = (soc - soc_after) * spec.capacity_kwh
    if actual_kw >= 0:
        expected_kwh = actual_kw * dt_h / spec.discharge_efficiency
    else:
        expected_kwh = actual_kw * dt_h * spec.charge_efficiency
    assert taken_kwh == pytest.approx(expected_kwh, abs=1e-6)


@given(soc=socs, battery_kw=powers, spec=specs(), dt_h=steps_h)
def test_no_step_crosses_a_power_or_a_charge_limit(
    soc: float, battery_kw: float, spec: BatterySpec, dt_h: float
) -> None:
    soc_after, actual_kw = advance(soc, battery_kw, spec, dt_h)
    assert -spec.charge_kw <= actual_kw <= spec.discharge_kw
    assert min(soc, spec.soc_min) <= soc_after <= max(soc, spec.soc_max)
    assert abs(actual_kw) <= abs(battery_kw)
    assert actual_kw * battery_kw >= 0


@given(net_load_kw=powers, soc=socs, spec=specs(), dt_h=steps_h)
def test_self_consumption_never_turns_import_into_export_and_is_achieved_in_full(
    net_load_kw: float, soc: float, spec: BatterySpec, dt_h: float
) -> None:
    battery_kw = self_consumption_kw(net_load_kw, soc, spec, dt_h)
    assert abs(net_load_kw - battery_kw) <= abs(net_load_kw)
    assert advance(soc, battery_kw, spec, dt_h)[1] == battery_kw


@given(soc=socs, battery_kw=powers, dt_h=steps_h)
def test_going_out_and_back_never_gains_energy(soc: float, battery_kw: float, dt_h: float) -> None:
    there_soc, there_kw = advance(soc, battery_kw, MONASH, dt_h)
    back_soc, back_kw = advance(there_soc, -there_kw, MONASH, dt_h)
    gained_at_terminals_kwh = (there_kw + back_kw) * dt_h
    lost_in_cells_kwh = (soc - back_soc) * MONASH.capacity_kwh
    assert gained_at_terminals_kwh <= lost_in_cells_kwh + 1e-9


def test_a_surplus_is_absorbed_and_a_deficit_is_covered() -> None:
    assert self_consumption_kw(-20.0, 0.5, LOSSLESS, 1.0) == -20.0
    assert self_consumption_kw(30.0, 0.5, LOSSLESS, 1.0) == 30.0
    assert self_consumption_kw(80.0, 0.9, LOSSLESS, 1.0) == 50.0


def test_one_hour_at_forty_six_kw_takes_fifty_kwh_out_of_the_cells() -> None:
    soc_after, actual_kw = advance(0.8, 46.0, MONASH, 1.0)
    assert actual_kw == 46.0
    assert soc_after == pytest.approx(0.8 - 50 / 150)


def test_a_battery_that_runs_empty_on_the_way_reports_its_mean_power() -> None:
    soc_after, actual_kw = advance(0.1, 50.0, LOSSLESS, 1.0)
    assert soc_after == 0.0
    assert actual_kw == pytest.approx(10.0)


def test_below_its_minimum_a_battery_charges_but_does_not_discharge() -> None:
    assert advance(0.05, 30.0, MONASH, 1.0) == (0.05, 0.0)
    soc_after, actual_kw = advance(0.05, -30.0, MONASH, 0.1)
    assert actual_kw == -30.0
    assert soc_after == pytest.approx(0.05 + 30 * 0.1 * 0.92 / 150)


def test_a_step_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 0 h"):
        advance(0.5, 1.0, MONASH, 0.0)


@pytest.mark.parametrize(
    "wrong",
    [{"capacity_kwh": 0.0}, {"charge_kw": -1.0}, {"charge_efficiency": 1.1}, {"soc_min": 0.96}, {"soc_max": 1.2}],
)
def test_a_battery_that_cannot_exist_is_refused(wrong: dict[str, float]) -> None:
    right = {name: getattr(MONASH, name) for name in BatterySpec.__slots__}
    with pytest.raises(ValueError):
        BatterySpec(**(right | wrong))
