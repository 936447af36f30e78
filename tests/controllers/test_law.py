"""The control law: what it asks for, and that it never leaves a limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.law import setpoint_kw
from dash_app.domain.dispatch import NoControl
from dash_app.domain.schedule import Intent
from dash_app.domain.site import Battery
from dash_app.domain.value_table import ValueTable
from tests.fakes.payloads import NOON, a_step, a_telemetry
from tests.fakes.value_tables import a_table

POWER = st.floats(-500, 500)
BATTERY = Battery(
    battery_id="ess1",
    name="Battery 1",
    device_id="monash-ess1",
    capacity_kwh=100,
    charge_kw=15,
    discharge_kw=12,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    soc_min=0.1,
    soc_max=0.9,
    soc_reserve=0.2,
)


@pytest.mark.parametrize(
    ("intent", "target", "answer"),
    [(Intent.CHARGE, 8.0, -8.0), (Intent.DISCHARGE, 8.0, 8.0), (Intent.IDLE, 8.0, 0.0), (Intent.FOLLOW, 25.0, 5.0)],
)
def test_each_intent_asks_for_its_power(intent: Intent, target: float, answer: float) -> None:
    assert setpoint_kw(a_step(intent=intent, target_kw=target), a_telemetry()) == answer


def test_follow_counts_what_the_battery_already_does() -> None:
    step = a_step(intent=Intent.FOLLOW, target_kw=20.0)
    assert setpoint_kw(step, a_telemetry(battery_kw=10.0, grid_kw=20.0)) == 10.0
    assert setpoint_kw(step, a_telemetry(battery_kw=10.0, grid_kw=26.0)) == 16.0


def test_follow_without_a_grid_meter_uses_load_and_pv() -> None:
    step = a_step(intent=Intent.FOLLOW, target_kw=20.0)
    assert setpoint_kw(step, a_telemetry(grid_kw=None, load_kw=40.0, pv_kw=10.0)) == 10.0


def test_follow_without_any_meter_controls_nothing() -> None:
    step = a_step(intent=Intent.FOLLOW, target_kw=20.0)
    assert isinstance(setpoint_kw(step, a_telemetry(grid_kw=None, pv_kw=None)), NoControl)


def test_an_unknown_state_of_charge_controls_nothing() -> None:
    assert setpoint_kw(a_step(), a_telemetry(soc=None)) == NoControl(why="the state of charge is unknown")


def test_at_the_edge_of_the_corridor_nothing_goes_further() -> None:
    assert setpoint_kw(a_step(battery_kw=-10.0), a_telemetry(soc=0.95)) == 0.0
    assert setpoint_kw(a_step(battery_kw=10.0), a_telemetry(soc=0.1)) == 0.0
    assert setpoint_kw(a_step(battery_kw=10.0), a_telemetry(soc=0.95)) == 10.0


@pytest.mark.parametrize(
    ("soc", "planned_kw", "grid_kw", "answer"),
    [
        (0.05, -10.0, 60.0, -3.75),  # less sunshine than expected: the recovery pace, a quarter of 15 kW
        (0.05, -2.0, 60.0, -2.0),  # the plan needs less than the pace
        (0.05, -10.0, -7.0, -7.0),  # more sunshine than the pace takes
        (0.05, 0.0, 60.0, 0.0),  # the plan does not charge in this step
        (0.97, 10.0, -60.0, 3.0),  # above the ceiling: a quarter of 12 kW
        (0.50, -10.0, 60.0, 12.0),  # inside its limits the battery follows the meter
    ],
)
def test_outside_its_limits_a_battery_is_led_back_whatever_the_sun_does(
    soc: float, planned_kw: float, grid_kw: float, answer: float
) -> None:
    step = a_step(
        intent=Intent.FOLLOW, target_kw=0.0, battery_kw=planned_kw, power_min_kw=-15.0, soc_min=0.02, soc_max=0.98
    )
    telemetry = a_telemetry(soc=soc, battery_kw=0.0, grid_kw=grid_kw)
    assert setpoint_kw(step, telemetry, BATTERY) == answer


@pytest.mark.parametrize(
    ("target_kw", "net_kw", "answer"),
    [(20.0, 26.0, 6.0), (20.0, 14.0, 0.0), (20.0, 60.0, 20.0), (-5.0, -9.0, -4.0), (-5.0, -3.0, 0.0), (0.0, 3.0, 3.0)],
)
def test_limit_gives_or_takes_only_what_is_beyond(target_kw: float, net_kw: float, answer: float) -> None:
    step = a_step(intent=Intent.LIMIT, target_kw=target_kw)
    assert setpoint_kw(step, a_telemetry(grid_kw=net_kw, battery_kw=0.0)) == answer


@pytest.mark.parametrize(
    ("worth", "net_kw", "answer"),
    [
        (0.25, 8.0, 8.0),  # cheaper than import: it covers the load
        (0.25, -8.0, -8.0),  # dearer than export: it takes the surplus
        (0.35, 8.0, -20.0),  # dearer than import: it buys as much as the band allows
        (0.35, -8.0, -20.0),
        (0.05, 8.0, 20.0),  # cheaper than export: it sells
    ],
)
def test_value_decides_on_the_measured_net_load(worth: float, net_kw: float, answer: float) -> None:
    step = a_step(intent=Intent.VALUE, table=a_table(worth))
    assert setpoint_kw(step, a_telemetry(grid_kw=net_kw, battery_kw=0.0)) == answer


def test_value_looks_as_far_as_the_slot_lasts() -> None:
    # 94 to 95 % of 100 kWh: 1 kWh of room, in a quarter of an hour that is 4 kW, in its last five minutes 12
    step = a_step(intent=Intent.VALUE, table=a_table(0.35))
    early = a_telemetry(soc=0.94, battery_kw=0.0, grid_kw=0.0)
    assert setpoint_kw(step, early) == pytest.approx(-4.0)
    late = a_telemetry(soc=0.94, battery_kw=0.0, grid_kw=0.0, at=NOON + timedelta(minutes=10))
    assert setpoint_kw(step, late) == pytest.approx(-12.0)


def test_value_by_a_table_older_than_two_hours_or_without_one_follows_the_net_load() -> None:
    telemetry = a_telemetry(grid_kw=8.0, battery_kw=0.0)
    fresh = a_step(intent=Intent.VALUE, table=a_table(0.35, NOON - timedelta(hours=2)))
    old = a_step(intent=Intent.VALUE, table=a_table(0.35, NOON - timedelta(hours=2, seconds=1)))
    assert setpoint_kw(fresh, telemetry) == -20.0
    assert setpoint_kw(old, telemetry) == 8.0
    assert setpoint_kw(a_step(intent=Intent.VALUE), telemetry) == 8.0


@pytest.mark.parametrize("intent", [Intent.VALUE, Intent.LIMIT])
def test_without_any_meter_the_measured_net_load_decides_nothing(intent: Intent) -> None:
    step = a_step(intent=intent, target_kw=20.0, table=a_table())
    assert isinstance(setpoint_kw(step, a_telemetry(grid_kw=None, pv_kw=None)), NoControl)


def test_a_battery_outside_its_limits_is_led_back_whatever_its_energy_is_worth() -> None:
    step = a_step(intent=Intent.VALUE, table=a_table(0.05), battery_kw=-10.0, soc_min=0.02)
    telemetry = a_telemetry(soc=0.05, battery_kw=0.0, grid_kw=40.0)
    assert setpoint_kw(step, telemetry, BATTERY) == -3.75


def test_a_band_that_the_corridor_forbids_waits_for_the_next_slot() -> None:
    step = a_step(battery_kw=-10.0, power_min_kw=-12.0, power_max_kw=-8.0)
    answer = setpoint_kw(step, a_telemetry(soc=0.95))
    assert isinstance(answer, NoControl) and answer.until_next_slot


@given(
    intent=st.sampled_from(Intent),
    target=st.floats(0, 500),
    one=POWER,
    other=POWER,
    soc=st.none() | st.floats(0, 1),
    grid=st.none() | POWER,
    measured=st.none() | POWER,
    device=st.none() | st.floats(0, 100),
    battery=st.sampled_from([None, BATTERY]),
    table=st.none() | st.builds(a_table, st.floats(-1, 1), st.sampled_from([NOON, NOON - timedelta(hours=3)])),
    minutes=st.floats(0, 15),
)
def test_no_answer_lies_outside_a_limit_the_band_or_the_corridor(
    intent: Intent,
    target: float,
    one: float,
    other: float,
    soc: float | None,
    grid: float | None,
    measured: float | None,
    device: float | None,
    battery: Battery | None,
    table: ValueTable | None,
    minutes: float,
) -> None:
    band = {"power_min_kw": min(one, other), "power_max_kw": max(one, other)}
    step = a_step(intent=intent, target_kw=target, table=table, **band)
    telemetry = a_telemetry(soc=soc, grid_kw=grid, battery_kw=measured, max_charge_kw=device, max_discharge_kw=device)
    telemetry = replace(telemetry, at=NOON + timedelta(minutes=minutes))
    answer = setpoint_kw(step, telemetry, battery)
    if isinstance(answer, NoControl):
        return
    assert soc is not None
    assert step.power_min_kw <= answer <= step.power_max_kw
    assert device is None or -device <= answer <= device
    assert battery is None or -15 <= answer <= 12
    floor, ceiling = (0.2, 0.9) if battery else (0.1, 0.95)
    assert soc > floor or answer <= 0
    assert soc < ceiling or answer >= 0
