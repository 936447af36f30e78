"""A plan of a site with a car and a price on its peak: both count, both are told, the battery is planned with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import numpy as np
import pytest

from dash_app.domain.approval import why_infeasible
from dash_app.domain.measurement import LiveValue
from dash_app.domain.recommendation import NoteKind, Payload
from dash_app.domain.schedule import Objective
from dash_app.domain.site import Battery, PeakPrice, Quantity, Site, Vehicle
from tests.fakes import campus
from tests.fakes.payloads import a_telemetry
from tests.workflows.test_plan import SITE, Bench

CAR = Vehicle(
    vehicle_id="car",
    name="Car",
    capacity_kwh=60.0,
    charge_kw=11.0,
    charge_efficiency=0.9,
    soc_on_arrival=0.4,
    soc_target=0.8,
    arrives=time(12),
    departs=time(7),
    soc_measurand="900",
)
PEAK = PeakPrice(price_per_kw=8.0, averaging=timedelta(minutes=15))
EQUIPPED = replace(SITE, vehicles=(CAR,), capacity_charges=(PEAK,))
METERED_KW = 40.0


class Equipped(Bench):
    """A bench whose import meter shows 40 kW all month, and whose car may report its charge."""

    def __init__(self, site: Site = EQUIPPED, *, car_soc: float | None = None, metered_kw: float = METERED_KW) -> None:
        super().__init__(site)
        series, live = self.market._series, self.market.live
        self.market._series = lambda m, start, end: (  # type: ignore[method-assign]
            series(m, start, end) * 0 + metered_kw if m.quantity is Quantity.IMPORT_KW else series(m, start, end)
        )
        if car_soc is not None:
            told = LiveValue(measurand_id="900", at=campus.NOW, value=car_soc)
            self.market.live = lambda session, project: (*live(session, project), told)  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def payload() -> Payload:
    """Return the plan of the equipped campus at 13:30, the car there since noon."""
    return Equipped().make().payload


def test_the_car_is_charged_to_its_target_before_it_leaves_and_never_while_power_is_dear(payload: Payload) -> None:
    taken, hours = np.array(payload.plan["vehicle:car"]), np.array(payload.plan["hours"])
    local = [step.start.astimezone(campus.ZONE) for step in payload.steps]
    first_night = np.array([moment < local[0].replace(hour=7, minute=0) + timedelta(days=1) for moment in local])
    # 0.4 of 60 kWh at 90 %: 26.67 kWh in each of two nights
    assert float(hours @ (taken * first_night)) == pytest.approx(0.4 * 60 / 0.9)
    assert float(hours @ taken) == pytest.approx(2 * 0.4 * 60 / 0.9)
    assert all(kw == 0 for kw, at in zip(taken, local, strict=True) if 17 <= at.hour < 21 or 7 <= at.hour < 12)
    assert max(taken) <= 11.0


def test_the_demand_of_the_plan_holds_the_car_and_every_step_is_balanced(payload: Payload) -> None:
    plan, without = payload.plan, Bench().make().payload.plan
    assert np.array(plan["load_kw"]) - plan["vehicle:car"] == pytest.approx(without["load_kw"])
    for name in ("load_p10", "load_p90"):
        assert np.array(plan[name]) - plan["vehicle:car"] == pytest.approx(without[name])
    net = np.array(plan["load_kw"]) - plan["pv_kw"] + plan["curtailed_kw"]
    assert [step.battery_kw + step.grid_kw for step in payload.steps] == pytest.approx(net, abs=2e-3)


def test_its_money_counts_what_the_horizon_adds_to_the_peak_of_the_month(payload: Payload) -> None:
    plan, battery = payload.plan, battery_of(SITE)
    hours, taken, sold = (np.array(plan[name]) for name in ("hours", "import_kw", "export_kw"))
    energy = float(hours @ (taken * plan["import_per_kwh"] - sold * plan["export_per_kwh"]))
    wear = battery.wear_per_kwh * float(hours @ np.array(plan["discharge_kw"]))
    left = plan["stored_kwh"][-1] - 0.4 * battery.capacity_kwh
    worth = left * battery.discharge_efficiency * float(np.average(plan["import_per_kwh"], weights=hours))
    running = (METERED_KW * (0.25 - hours[0]) + taken[0] * hours[0]) / 0.25
    peak = max(METERED_KW, running, *taken[1:])
    assert payload.expected.cost == pytest.approx(energy + wear - worth + 8.0 * (peak - METERED_KW), abs=1e-6)


def test_the_battery_shaves_the_peak_that_an_uncontrolled_car_would_make(payload: Payload) -> None:
    assert payload.expected.cost < payload.without_battery.cost
    fresh_month = Equipped(metered_kw=2.0).make().payload
    free = Equipped(replace(EQUIPPED, capacity_charges=())).make().payload
    peaks = [one.expected.peak_import_kw for one in (fresh_month, free)]
    assert peaks[0] < peaks[1] - 5.0
    assert peaks[0] < fresh_month.without_battery.peak_import_kw - 5.0


def battery_of(site: Site) -> Battery:
    """Return the battery of a site that has one."""
    assert site.battery is not None
    return site.battery


def test_what_to_do_and_what_was_assumed_is_told(payload: Payload) -> None:
    kinds = [note.kind for note in payload.notes if not isinstance(note, str)]
    assert kinds == [NoteKind.VEHICLE, NoteKind.VEHICLE_ASSUMED, NoteKind.VEHICLE, NoteKind.PEAK]
    charging, assumed, _, peak = payload.notes
    assert (charging.about, charging.value) == ("Car", pytest.approx(0.4 * 60 / 0.9))
    assert payload.computed_at <= charging.start < charging.end
    assert (assumed.value, peak.value) == (0.4, pytest.approx(METERED_KW))
    assert "grid import" in [used.name for used in payload.inputs]
    assert Payload.from_json(payload.as_json()) == payload


def test_a_measured_charge_is_used_and_nothing_is_assumed() -> None:
    bench = Equipped(car_soc=0.7)
    payload = bench.make().payload
    taken, hours = np.array(payload.plan["vehicle:car"]), np.array(payload.plan["hours"])
    assert float(hours @ taken) == pytest.approx((0.1 + 0.4) * 60 / 0.9)
    assert NoteKind.VEHICLE_ASSUMED not in [note.kind for note in payload.notes if not isinstance(note, str)]


def test_the_battery_is_not_planned_from_the_charge_of_the_car() -> None:
    bench = Equipped(car_soc=0.7)
    vehicle = replace(campus.measurands()[-1], measurand_id="900", quantity=Quantity.SOC)
    bench.market.listed = (*campus.measurands(), vehicle)
    assert bench.known().soc_now == 0.4


def test_without_an_import_meter_the_peak_is_what_closes_the_balance() -> None:
    bench = Equipped()
    bench.market.listed = tuple(m for m in campus.measurands() if m.quantity is not Quantity.IMPORT_KW)
    imported = bench.known().imported
    assert imported is not None and imported.min() >= 0 and imported.max() > 0
    assert imported.index[0].tz_convert(campus.ZONE).day == 1


def test_a_plan_for_the_least_co2_knows_the_car_and_leaves_the_peak_out() -> None:
    bench = Equipped(replace(EQUIPPED, has_co2=True))
    bench.market.intensity = 0.2
    payload = bench.make(Objective.CO2).payload
    assert float(np.array(payload.plan["hours"]) @ payload.plan["vehicle:car"]) == pytest.approx(2 * 0.4 * 60 / 0.9)
    assert payload.expected.co2_kg == pytest.approx(0.2 * payload.expected.import_kwh)


def test_such_a_plan_can_be_approved(payload: Payload) -> None:
    reading = a_telemetry(soc=0.4, at=campus.NOW, max_charge_kw=75.0, max_discharge_kw=75.0)
    assert why_infeasible(payload, reading, battery_of(SITE), campus.NOW) is None


def test_a_site_without_devices_is_planned_as_before() -> None:
    payload = Bench().make().payload
    assert not [name for name in payload.plan if name.startswith("vehicle:")]
    assert [used.name for used in payload.inputs] == ["electricity demand", "PV production", "price"]
