"""Steps with a table of the value of stored energy, and steps that only keep a limit of the connection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controllers.law import setpoint_kw
from dash_app.domain.schedule import Intent, Step
from dash_app.domain.site import Battery, GridConnection
from dash_app.domain.time import TimeGrid
from optimizer.schedule.intents import build_steps
from optimizer.schedule.solution import Flows
from optimizer.schedule.validator_steps import check_steps
from tests.fakes.payloads import a_telemetry
from tests.fakes.value_tables import a_table

START = datetime(2026, 11, 3, tzinfo=UTC)
BATTERY = Battery(
    battery_id="ess1",
    name="Battery",
    device_id="ess1",
    capacity_kwh=100.0,
    charge_kw=50.0,
    discharge_kw=40.0,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    soc_min=0.1,
    soc_max=0.9,
)
CONNECTION = GridConnection(import_limit_kw=30.0, export_limit_kw=20.0)


def flows(battery_kw: list[float], grid_kw: list[float], start_kwh: float = 50.0) -> Flows:
    battery, grid = np.array(battery_kw), np.array(grid_kw)
    return Flows(
        import_kw=np.maximum(grid, 0),
        export_kw=np.maximum(-grid, 0),
        charge_kw={"ess1": np.maximum(-battery, 0)},
        discharge_kw={"ess1": np.maximum(battery, 0)},
        stored_kwh={"ess1": start_kwh - np.cumsum(battery)},
        curtailed_kw=np.zeros(len(battery)),
        flexible_kw={},
    )


def steps(planned: Flows, soc_now: float = 0.5, **more: object) -> tuple[Step, ...]:
    grid = TimeGrid(start=START, step=timedelta(hours=1), steps=len(planned.import_kw))
    made = build_steps(planned, battery=BATTERY, grid=grid, soc_now=soc_now, **more)  # type: ignore[arg-type]
    check_steps(made, planned, BATTERY)
    return made


@pytest.mark.parametrize(
    ("battery_kw", "grid_kw", "intent", "target_kw", "band"),
    [
        (5.0, 30.0, Intent.LIMIT, 30.0, (0.0, 40.0)),
        (5.0, 29.9, Intent.FOLLOW, 29.9, (-50.0, 40.0)),
        (-5.0, -20.0, Intent.LIMIT, -20.0, (-50.0, 0.0)),
        (-5.0, -19.9, Intent.FOLLOW, -19.9, (-50.0, 40.0)),
        (-5.0, 30.0, Intent.CHARGE, 5.0, (-5.0, 0.0)),
        (5.0, -20.0, Intent.DISCHARGE, 5.0, (0.0, 5.0)),
        (0.0, 30.0, Intent.IDLE, 0.0, (0.0, 0.0)),
    ],
)
def test_where_the_connection_is_the_reason_the_step_keeps_its_limit(
    battery_kw: float, grid_kw: float, intent: Intent, target_kw: float, band: tuple[float, float]
) -> None:
    (step,) = steps(flows([battery_kw], [grid_kw]), connection=CONNECTION)
    assert (step.intent, step.target_kw, (step.power_min_kw, step.power_max_kw)) == (intent, target_kw, band)


def test_a_connection_that_takes_nothing_is_followed() -> None:
    nothing = GridConnection(import_limit_kw=30.0, export_limit_kw=0.0)
    (step,) = steps(flows([-5.0], [0.0]), connection=nothing)
    assert (step.intent, step.target_kw) == (Intent.FOLLOW, 0.0)


def test_a_limit_step_on_its_expected_load_is_what_was_planned() -> None:
    (step,) = steps(flows([5.0], [30.0]), connection=CONNECTION)
    expected = a_telemetry(grid_kw=35.0, battery_kw=0.0, max_charge_kw=None, max_discharge_kw=None)
    assert setpoint_kw(step, expected, BATTERY) == 5.0


def test_tables_belong_to_the_first_steps_and_open_their_band() -> None:
    planned = flows([-5.0, 0.0, 5.0], [10.0, 7.0, -2.0])
    plain, by_value = steps(planned), steps(planned, tables=(a_table(0.2), a_table(0.3)))
    assert [step.table for step in by_value] == [a_table(0.2), a_table(0.3), None]
    assert [(step.power_min_kw, step.power_max_kw) for step in by_value] == [(-50.0, 40.0), (-50.0, 40.0), (0.0, 5.0)]
    said = [(step.intent, step.target_kw, step.battery_kw) for step in by_value]
    assert said == [(step.intent, step.target_kw, step.battery_kw) for step in plain]


def test_a_battery_outside_its_limits_has_only_the_way_back_also_by_value() -> None:
    below = steps(flows([-10.0], [10.0], start_kwh=5.0), soc_now=0.05, tables=(a_table(),))[0]
    assert (below.power_min_kw, below.power_max_kw, below.soc_min) == (-50.0, 0.0, 0.05)
    above = steps(flows([10.0], [10.0], start_kwh=95.0), soc_now=0.95, tables=(a_table(),))[0]
    assert (above.power_min_kw, above.power_max_kw, above.soc_max) == (0.0, 40.0, 0.95)
