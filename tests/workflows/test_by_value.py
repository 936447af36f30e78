"""Tables of the value of stored energy travel with a plan where the site is executed by them, and only there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pandas as pd
import pytest

from controllers.law import setpoint_kw
from dash_app.domain.approval import soc_change
from dash_app.domain.dispatch import Order
from dash_app.domain.recommendation import Payload
from dash_app.domain.schedule import Intent
from dash_app.domain.site import Execution, PeakPrice
from dash_app.workflows.by_value import tables_of
from dash_app.workflows.compute import Known, look_ahead, problem_of
from tests.fakes.payloads import a_telemetry
from tests.workflows.test_plan import SITE, Bench

VALUE = replace(SITE, execution=Execution.VALUE)


@pytest.fixture(scope="module")
def payload() -> Payload:
    return Bench(VALUE).make().payload


def known(site=VALUE, **changes: object) -> Known:
    return replace(Bench(site).known(), **changes)


def test_every_step_of_the_next_two_hours_has_a_table_and_no_later_one(payload: Payload) -> None:
    carried = [step.table is not None for step in payload.steps]
    begins = [step.start < payload.computed_at + timedelta(hours=2) for step in payload.steps]
    assert carried == begins
    assert 8 <= sum(carried) <= 9
    assert {step.table.computed_at for step in payload.steps if step.table} == {payload.computed_at}


def test_the_plan_is_the_one_of_a_site_that_is_executed_by_its_plan(payload: Payload) -> None:
    plain = Bench(SITE).make().payload
    assert all(step.table is None for step in plain.steps)
    assert [step.intent for step in payload.steps] == [step.intent for step in plain.steps]
    for one, other in zip(payload.steps, plain.steps, strict=True):
        expected = (one.target_kw, one.battery_kw, one.grid_kw, one.soc_end)
        assert expected == pytest.approx((other.target_kw, other.battery_kw, other.grid_kw, other.soc_end), abs=1e-3)
    assert payload.expected.cost == pytest.approx(plain.expected.cost)


def test_a_table_knows_the_prices_of_its_step_and_the_site(payload: Payload) -> None:
    assert SITE.battery is not None
    for place in (0, 5):
        table = payload.steps[place].table
        assert table is not None
        assert table.import_price == pytest.approx(payload.plan["import_per_kwh"][place])
        assert table.export_price == pytest.approx(payload.plan["export_per_kwh"][place])
        assert (table.import_limit_kw, table.export_limit_kw) == (300, 200)
        assert (table.wear_per_kwh, table.capacity_kwh) == (SITE.battery.wear_per_kwh, SITE.battery.capacity_kwh)
        assert table.stored_kwh[0] == pytest.approx(SITE.battery.soc_floor * SITE.battery.capacity_kwh)


def test_the_order_is_executed_by_the_table_inside_the_signed_band(payload: Payload) -> None:
    step = payload.steps[0]
    order = Order.of(
        recommendation_id="r", project_id="monash", device_id="d", step=step, payload_digest=payload.digest
    )
    assert order.step.intent is Intent.VALUE
    for net_kw in (-200.0, -20.0, 0.0, 35.0, 290.0):
        telemetry = a_telemetry(at=step.start, soc=0.4, battery_kw=0.0, grid_kw=net_kw)
        answer = setpoint_kw(order.step, telemetry, SITE.battery)
        assert isinstance(answer, float)
        assert step.power_min_kw <= answer <= step.power_max_kw


def test_payload_with_tables_survives_the_store(payload: Payload) -> None:
    assert Payload.from_json(payload.as_json()) == payload


def test_a_site_with_too_little_history_is_executed_by_its_plan() -> None:
    young = known()
    few = young.load.where(young.load.index > young.load.index[-3], float("nan"))
    problem = problem_of(young, look_ahead(young))
    assert tables_of(replace(young, load=few), problem) == ()


def test_a_site_planned_with_devices_is_executed_by_its_plan() -> None:
    one = known(replace(VALUE, capacity_charges=(PeakPrice(price_per_kw=9.5, averaging=timedelta(minutes=15)),)))
    problem = problem_of(one, look_ahead(one))
    assert problem.devices
    assert tables_of(one, problem) == ()
    assert tables_of(one, replace(problem, devices=())) != ()


def test_without_pv_the_demand_alone_is_the_net_load() -> None:
    one = known()
    problem = problem_of(one, look_ahead(one))
    with_pv = tables_of(one, problem)[0].models[0].net_kw
    without = tables_of(replace(one, pv=None), problem)[0].models[0].net_kw
    pv = one.pv
    assert isinstance(pv, pd.Series)
    assert max(without) >= max(with_pv)


@pytest.mark.parametrize("net_kw", [-40.0, 5.0, 60.0])
def test_on_a_steady_load_the_choice_is_steady_and_the_battery_stays_in_its_corridor(
    payload: Payload, net_kw: float
) -> None:
    battery, soc, directions = SITE.battery, 0.4, []
    assert battery is not None
    for step in payload.steps[:8]:
        order = Order.of(recommendation_id="r", project_id="m", device_id="d", step=step, payload_digest="00")
        for tick in range(0, 900, 5):
            telemetry = a_telemetry(at=step.start + timedelta(seconds=tick), soc=soc, battery_kw=0.0, grid_kw=net_kw)
            answer = setpoint_kw(order.step, telemetry, battery)
            assert isinstance(answer, float)
            directions.append(0 if abs(answer) < 0.5 else 1 if answer > 0 else -1)
            soc += soc_change(answer, battery, 5 / 3600)
            assert battery.soc_floor - 1e-3 <= soc <= battery.soc_max + 1e-3
    turns = sum(a != b for a, b in pairwise(directions))
    assert turns <= 4, turns
