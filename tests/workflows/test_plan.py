"""Making a recommendation: what it rests on, what it promises, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.errors import DecisionConflict, Infeasible, NotFound, NotPermitted, StaleData
from dash_app.domain.jobs import JobState
from dash_app.domain.measurement import Published
from dash_app.domain.ports import Session
from dash_app.domain.project import Role
from dash_app.domain.recommendation import State
from dash_app.domain.schedule import Intent, Objective
from dash_app.domain.site import GridConnection, Site, TariffPart
from dash_app.planner import Planner
from dash_app.workflows.plan import PlanPorts, make_recommendation
from dash_app.workflows.recompute import Cancelled, recompute
from tests.fakes import campus
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import a_telemetry
from tests.fakes.people import a_session
from tests.fakes.store import FakeStore

SITE = replace(
    campus.site(),
    tariff=(TariffPart(valid_from=date(2020, 1, 1), fees_per_kwh=0.08),),
    grid=GridConnection(import_limit_kw=300, export_limit_kw=200),
)


class Market(campus.CampusMeasurements):
    """The campus with a price of 0.05 by night and 0.30 in the evening, published until `published_until`."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.published_until = clock() + timedelta(days=3)
        self.intensity: float | None = None

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        index = pd.date_range(start, min(end, self.published_until), freq="30min", inclusive="left").floor("30min")
        hour = index.tz_convert(campus.ZONE).hour
        values = pd.Series(np.where((hour >= 17) & (hour < 21), 0.30, 0.05), index=index)
        return Published(issued_at=self.clock(), values=values, unit="AUD/kWh")

    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        if self.intensity is None:
            return None
        index = pd.date_range(start, end, freq="h", inclusive="left").floor("h")
        return Published(issued_at=self.clock(), values=pd.Series(self.intensity, index=index), unit="kg/kWh")


class OneSite:
    """SITES_FILE with one site."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def site_of(self, project_id: str) -> Site | None:
        return self.site if project_id == self.site.project_id else None

    def all_sites(self) -> tuple[Site, ...]:
        return (self.site,)


class Bench:
    """Everything a plan needs, on fakes; the battery is at 40 %."""

    def __init__(self, site: Site = SITE) -> None:
        self.clock = FakeClock(campus.NOW)
        self.market = Market(self.clock)
        self.store = FakeStore(self.clock)
        self.store.states.put_telemetry(a_telemetry(at=campus.NOW, soc=0.4))
        self.ports = PlanPorts(
            measurements=self.market,
            sites=OneSite(site),
            recommendations=self.store.recommendations,
            states=self.store.states,
            clock=self.clock,
        )

    def session(self, role: Role = Role.ANALYST) -> Session:
        return replace(a_session(), projects=(campus.project(role),))

    def make(self, objective: Objective = Objective.COST):
        return make_recommendation(
            self.ports, self.session(), "monash", objective, by="planner", progress=lambda _fraction, _word: None
        )


@pytest.fixture(scope="module")
def made():
    bench = Bench()
    return bench, bench.make()


def test_a_recommendation_covers_48_hours_from_the_running_slot(made) -> None:
    _, one = made
    steps = one.payload.steps
    assert (one.state, len(steps)) == (State.PROPOSED, 192)
    assert steps[0].start <= campus.NOW < steps[0].end
    assert all(before.end == after.start for before, after in pairwise(steps))


def test_its_money_is_what_its_own_plan_says_when_reckoned_by_hand(made) -> None:
    _, one = made
    plan, battery = one.payload.plan, SITE.battery
    energy = sum(
        0.25 * (price * imported - sell * exported)
        for price, imported, sell, exported in zip(
            plan["import_per_kwh"], plan["import_kw"], plan["export_per_kwh"], plan["export_kw"], strict=True
        )
    )
    wear = battery.wear_per_kwh * 0.25 * sum(plan["discharge_kw"])
    left = plan["stored_kwh"][-1] - 0.4 * battery.capacity_kwh
    worth = left * battery.discharge_efficiency * sum(plan["import_per_kwh"]) / 192
    assert one.payload.expected.cost == pytest.approx(energy + wear - worth, abs=1e-6)


def test_doing_nothing_costs_what_load_minus_pv_costs(made) -> None:
    _, one = made
    plan = one.payload.plan
    cost = 0.0
    for load, pv, buy, sell in zip(
        plan["load_kw"], plan["pv_kw"], plan["import_per_kwh"], plan["export_per_kwh"], strict=True
    ):
        net = load - pv
        cost += 0.25 * (buy * net if net > 0 else sell * net)
    assert one.payload.without_battery.cost == pytest.approx(cost, abs=1e-6)
    assert one.payload.expected.cost <= one.payload.without_battery.cost + 1e-6


def test_every_step_keeps_the_balance_and_its_own_band(made) -> None:
    _, one = made
    plan = one.payload.plan
    for place, step in enumerate(one.payload.steps):
        net = plan["load_kw"][place] - plan["pv_kw"][place] + plan["curtailed_kw"][place]
        assert net == pytest.approx(step.battery_kw + step.grid_kw, abs=2e-3)
        assert step.power_min_kw - 1e-9 <= step.battery_kw <= step.power_max_kw + 1e-9
        assert step.soc_min - 1e-6 <= step.soc_end <= step.soc_max + 1e-6
        assert step.intent in Intent


def test_it_discharges_when_power_is_dear(made) -> None:
    _, one = made
    evening = [s.battery_kw for s in one.payload.steps if 17 <= s.start.astimezone(campus.ZONE).hour < 21]
    assert sum(evening) > 0


def test_its_inputs_are_named_with_age_and_hash(made) -> None:
    _, one = made
    assert [used.name for used in one.payload.inputs] == ["electricity demand", "PV production", "price"]
    assert all(len(used.digest) == 64 and used.newest <= campus.NOW + timedelta(days=3) for used in one.payload.inputs)


def test_prices_beyond_the_published_ones_are_estimated_and_counted() -> None:
    bench = Bench()
    bench.market.published_until = campus.NOW
    payload = bench.make().payload
    assert payload.estimated_prices == 191 or payload.estimated_prices == 192
    assert sum(payload.plan["price_estimated"]) == payload.estimated_prices
    known = Bench().make().payload
    assert payload.plan["import_per_kwh"] == pytest.approx(known.plan["import_per_kwh"])


@pytest.mark.parametrize("changes", [{"soc": None}, {"at": campus.NOW - timedelta(minutes=30)}])
def test_there_is_no_plan_without_a_fresh_state_of_charge(changes) -> None:
    bench = Bench()
    bench.market.listed = tuple(m for m in campus.measurands() if m.measurand_id != "303")
    bench.store.states.put_telemetry(a_telemetry(**({"at": campus.NOW} | changes)))
    bench.market.live = lambda *_: ()
    with pytest.raises(StaleData, match="state of charge of Battery 1"):
        bench.make()
    assert bench.store.recommendations.newest("monash") == ()


def test_there_is_no_plan_on_a_demand_that_stopped_hours_ago() -> None:
    bench = Bench()
    for meter in ("201", "206"):
        bench.market.hidden[meter] = (campus.NOW - timedelta(hours=5), campus.NOW + timedelta(hours=1))
    with pytest.raises(StaleData, match="electricity demand"):
        bench.make()


def test_contradicting_limits_are_named_and_nothing_is_stored() -> None:
    bench = Bench(replace(SITE, grid=GridConnection(import_limit_kw=1.0, export_limit_kw=200)))
    with pytest.raises(Infeasible) as caught:
        bench.make()
    assert any("import_limit" in key for key in caught.value.conflicts)
    assert bench.store.recommendations.newest("monash") == ()


def test_the_co2_objective_needs_a_co2_series() -> None:
    bench = Bench(replace(SITE, has_co2=True))
    with pytest.raises(StaleData, match="CO2"):
        bench.make(Objective.CO2)
    bench.market.intensity = 0.2
    payload = bench.make(Objective.CO2).payload
    assert payload.expected.co2_kg == pytest.approx(0.2 * payload.expected.import_kwh)
    assert payload.expected.co2_kg <= payload.without_battery.co2_kg + 1e-6


def test_a_newer_plan_that_agrees_leaves_the_older_one_open() -> None:
    bench = Bench()
    first = bench.make()
    bench.clock.advance(timedelta(seconds=30))
    bench.store.states.put_telemetry(a_telemetry(at=bench.clock(), soc=0.4))
    bench.make()
    assert bench.store.recommendations.get(first.recommendation_id).state is State.PROPOSED


def test_a_project_that_is_not_mine_does_not_exist() -> None:
    bench = Bench()
    with pytest.raises(NotFound):
        make_recommendation(
            bench.ports, bench.session(), "fontana-1", Objective.COST, by="x", progress=lambda _fraction, _word: None
        )


def ask(bench: Bench, role: Role = Role.ANALYST):
    store = bench.store
    return recompute(bench.ports, store.jobs, store.audit, bench.session(role), "monash", Objective.COST)


def test_recompute_leaves_its_result_in_the_store() -> None:
    bench = Bench()
    made = ask(bench)
    job = bench.store.jobs.newest("monash")
    assert (job.state, job.result) == (JobState.DONE, made.recommendation_id)
    assert bench.store.audit.rows()[0].what


def test_a_viewer_may_not_recompute() -> None:
    bench = Bench()
    with pytest.raises(NotPermitted):
        ask(bench, Role.VIEWER)
    assert bench.store.jobs.newest("monash") is None


def test_cancel_stops_it_and_stores_no_plan() -> None:
    bench = Bench()
    start = bench.store.jobs.start
    bench.store.jobs.start = lambda project, who: _cancelled_at_once(bench, start(project, who))
    with pytest.raises(Cancelled):
        ask(bench)
    assert bench.store.jobs.newest("monash").state is JobState.CANCELLED
    assert bench.store.recommendations.newest("monash") == ()


def _cancelled_at_once(bench: Bench, job):
    bench.store.jobs.request_cancel(job.job_id)
    return job


def test_a_failure_is_one_sentence_on_the_job() -> None:
    bench = Bench()
    bench.store.states.put_telemetry(a_telemetry(at=campus.NOW, soc=None))
    bench.market.live = lambda *_: ()
    with pytest.raises(StaleData):
        ask(bench)
    job = bench.store.jobs.newest("monash")
    assert job.state is JobState.FAILED and "state of charge" in job.error


def test_two_people_at_once_compute_once() -> None:
    bench = Bench()
    bench.store.jobs.start("monash", "max@example.org")
    with pytest.raises(DecisionConflict, match="max@"):
        ask(bench)


class Work:
    """The part of a workspace that the planner uses."""

    def __init__(self, bench: Bench) -> None:
        store = bench.store
        self.measurements, self.sites, self.clock = bench.market, bench.ports.sites, bench.clock
        self.recommendations, self.states, self.alarms = store.recommendations, store.states, store.alarms


def test_the_planner_plans_once_for_each_slot() -> None:
    bench = Bench()
    planner = Planner(Work(bench), bench.session)
    assert [planner.tick(), planner.tick()] == [1, 0]
    bench.clock.advance(timedelta(minutes=15))
    bench.store.states.put_telemetry(a_telemetry(at=bench.clock(), soc=0.4))
    assert planner.tick() == 1
    assert bench.store.recommendations.newest("monash")[0].number == 2
    assert any(beat.name == "planner" for beat in bench.store.states.heartbeats())


def test_a_plan_that_cannot_be_made_is_an_alarm_until_one_can() -> None:
    bench = Bench()
    bench.store.states.put_telemetry(a_telemetry(at=campus.NOW, soc=None))
    bench.market.live = lambda *_: ()
    planner = Planner(Work(bench), bench.session)
    planner.tick()
    assert [alarm.kind for alarm in bench.store.alarms.open_alarms()] == ["plan"]
    bench.clock.advance(timedelta(minutes=15))
    bench.store.states.put_telemetry(a_telemetry(at=bench.clock(), soc=0.4))
    planner.tick()
    assert bench.store.alarms.open_alarms() == ()
