"""Making a recommendation: what it rests on, what it promises, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.approval import why_infeasible
from dash_app.domain.errors import DecisionConflict, Infeasible, NotFound, NotPermitted, StaleData
from dash_app.domain.forecasting import NoModelFiles
from dash_app.domain.jobs import JobState
from dash_app.domain.measurement import Published
from dash_app.domain.ports import Session
from dash_app.domain.project import Role
from dash_app.domain.recommendation import NoteKind, Payload, State
from dash_app.domain.schedule import Intent, Objective
from dash_app.domain.site import GridConnection, Site, TariffPart
from dash_app.planner import Planner
from dash_app.workflows.compute import Ahead, Known, look_ahead, plan_ahead
from dash_app.workflows.plan import PlanPorts, gather, make_recommendation
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

QUARTER = timedelta(minutes=15)


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
        return make_recommendation(self.ports, self.session(), "monash", objective, by="planner", progress=silent)

    def known(self) -> Known:
        return gather(self.ports, self.session(), "monash", Objective.COST)


def silent(_fraction: float, _word: str) -> None:
    """Nobody looks at the progress."""


def ask(bench: Bench, role: Role = Role.ANALYST):
    store = bench.store
    return recompute(bench.ports, store.jobs, store.audit, bench.session(role), "monash", Objective.COST)


@pytest.fixture(scope="module")
def made():
    """Return a bench and the plan that an analyst asked for 12 s after the beginning of a slot."""
    bench = Bench()
    return bench, ask(bench)


@pytest.fixture(scope="module")
def expected() -> tuple[Known, Ahead]:
    """Return what is known, and the horizon as it is expected: a forecast for many plans."""
    known = Bench().known()
    return known, look_ahead(known)


def test_a_recommendation_covers_48_hours_from_the_running_slot(made) -> None:
    _, one = made
    steps = one.payload.steps
    assert (one.state, len(steps)) == (State.PROPOSED, 192)
    assert steps[0].start <= campus.NOW < steps[0].end
    assert all(before.end == after.start for before, after in pairwise(steps))
    assert one.payload.plan["hours"] == pytest.approx([888 / 3600] + [0.25] * 191)


def test_its_money_is_what_its_own_plan_says_when_reckoned_by_hand(made) -> None:
    _, one = made
    plan, battery = one.payload.plan, SITE.battery
    columns = ("hours", "import_per_kwh", "import_kw", "export_per_kwh", "export_kw")
    energy = sum(
        hours * (price * imported - sell * exported)
        for hours, price, imported, sell, exported in zip(*(plan[name] for name in columns), strict=True)
    )
    wear = battery.wear_per_kwh * summed(plan["hours"], plan["discharge_kw"])
    left = plan["stored_kwh"][-1] - 0.4 * battery.capacity_kwh
    mean_price = summed(plan["hours"], plan["import_per_kwh"]) / sum(plan["hours"])
    worth = left * battery.discharge_efficiency * mean_price
    assert one.payload.expected.cost == pytest.approx(energy + wear - worth, abs=1e-6)


def summed(hours: list[float], values: list[float]) -> float:
    """Return the sum of values over time."""
    return sum(length * value for length, value in zip(hours, values, strict=True))


def test_what_it_stores_is_what_goes_in_and_out(made) -> None:
    _, one = made
    plan, battery, stored = one.payload.plan, SITE.battery, 0.4 * SITE.battery.capacity_kwh
    for hours, charge, discharge, told in zip(
        plan["hours"], plan["charge_kw"], plan["discharge_kw"], plan["stored_kwh"], strict=True
    ):
        stored += hours * (charge * battery.charge_efficiency - discharge / battery.discharge_efficiency)
        assert told == pytest.approx(stored, abs=1e-6)


def test_doing_nothing_costs_what_load_minus_pv_costs(made) -> None:
    _, one = made
    plan = one.payload.plan
    cost = 0.0
    columns = ("hours", "load_kw", "pv_kw", "import_per_kwh", "export_per_kwh")
    for hours, load, pv, buy, sell in zip(*(plan[name] for name in columns), strict=True):
        net = load - pv
        cost += hours * (buy * net if net > 0 else sell * net)
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


SLOT = campus.NOW.replace(second=0)
FAST = replace(SITE, battery=replace(SITE.battery, capacity_kwh=96.0))
"""Two minutes at full power move 2.6 % of it in, and 2.8 % out."""


def planned(expected: tuple[Known, Ahead], **changes: object) -> Payload:
    known, ahead = expected
    return plan_ahead(replace(known, **changes), ahead, silent)


@pytest.mark.parametrize("soc", [0.08, 0.4])
def test_five_minutes_before_the_end_of_a_slot_only_five_minutes_are_used(expected, soc: float) -> None:
    payload = planned(expected, now=SLOT + timedelta(minutes=10), soc_now=soc)
    first, plan, battery = payload.steps[0], payload.plan, SITE.battery
    assert (first.start, first.end) == (SLOT, SLOT + timedelta(minutes=15))
    assert plan["hours"][0] == pytest.approx(5 / 60)
    moved_kwh = plan["stored_kwh"][0] - soc * battery.capacity_kwh
    assert moved_kwh == pytest.approx(battery.charge_efficiency * plan["charge_kw"][0] * 5 / 60, abs=1e-6)
    assert 1.0 < plan["charge_kw"][0] * 5 / 60 <= 75 * 5 / 60 + 1e-9


@pytest.mark.parametrize("site", [SITE, FAST], ids=["monash", "fast"])
@pytest.mark.parametrize("minutes", [0, 5, 10, 13.9])
@pytest.mark.parametrize("soc", [0.0, 0.05, 0.08, 0.4, 0.94, 0.97, 1.0])
def test_a_plan_can_be_approved_until_two_minutes_later(expected, soc: float, minutes: float, site: Site) -> None:
    now = SLOT + timedelta(minutes=minutes)
    payload = planned(expected, now=now, soc_now=soc, site=site, battery=site.battery)
    for moment in (now + timedelta(seconds=seconds) for seconds in (0, 90, 120)):
        reading = a_telemetry(at=moment, soc=soc, max_charge_kw=75.0, max_discharge_kw=75.0)
        assert why_infeasible(payload, reading, site.battery, moment) is None


def test_a_plan_that_takes_a_part_of_a_slot_for_the_whole_cannot_be_approved(expected) -> None:
    known, _ = expected
    payload = planned(expected, soc_now=0.0, now=SLOT)
    reading = a_telemetry(soc=0.0, max_charge_kw=75.0, max_discharge_kw=75.0)
    late = SLOT + timedelta(minutes=10)
    assert "Battery 1 is at 0%; at 03:45 UTC" in why_infeasible(payload, reading, known.battery, late)


@pytest.mark.parametrize(("left_s", "begins", "first_h"), [(60, SLOT, 1 / 60), (59, SLOT + QUARTER, 0.25)])
def test_a_slot_with_less_than_a_minute_left_is_left_out(left_s: int, begins: datetime, first_h: float) -> None:
    bench = Bench()
    bench.clock.advance(SLOT + QUARTER - timedelta(seconds=left_s) - bench.clock())
    bench.store.states.put_telemetry(a_telemetry(at=bench.clock(), soc=0.4))
    known = bench.known()
    assert (known.grid.start, known.grid.steps) == (begins, 192)
    assert known.first_h == pytest.approx(first_h)


def test_prices_beyond_the_published_ones_are_estimated_and_counted(made) -> None:
    bench = Bench()
    bench.market.published_until = campus.NOW
    payload = bench.make().payload
    assert payload.estimated_prices == 191 or payload.estimated_prices == 192
    assert sum(payload.plan["price_estimated"]) == payload.estimated_prices
    known = made[1].payload
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


def test_a_newer_plan_that_agrees_leaves_the_older_one_open(made) -> None:
    bench, first = made
    bench.clock.advance(timedelta(seconds=30))
    bench.store.states.put_telemetry(a_telemetry(at=bench.clock(), soc=0.4))
    bench.make()
    assert bench.store.recommendations.get(first.recommendation_id).state is State.PROPOSED


def test_a_project_that_is_not_mine_does_not_exist() -> None:
    bench = Bench()
    with pytest.raises(NotFound):
        make_recommendation(bench.ports, bench.session(), "fontana-1", Objective.COST, by="x", progress=silent)


def test_recompute_leaves_its_result_in_the_store(made) -> None:
    bench, one = made
    job = bench.store.jobs.newest("monash")
    assert (job.state, job.result) == (JobState.DONE, one.recommendation_id)
    assert bench.store.recommendations.get(one.recommendation_id).payload == one.payload
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
        self.forecasts, self.model_files = store.forecasts, NoModelFiles()


def test_the_planner_plans_once_for_each_slot_and_what_it_cannot_is_an_alarm_until_it_can() -> None:
    bench = Bench()
    bench.store.states.put_telemetry(a_telemetry(at=campus.NOW, soc=None))
    bench.market.live = lambda *_: ()
    planner = Planner(Work(bench), bench.session)
    assert [planner.tick(), planner.tick()] == [1, 0]
    assert [alarm.kind for alarm in bench.store.alarms.open_alarms()] == ["plan"]
    assert bench.store.recommendations.newest("monash") == ()
    for number in (1, 2):
        bench.clock.advance(QUARTER)
        bench.store.states.put_telemetry(a_telemetry(at=bench.clock(), soc=0.4))
        assert [planner.tick(), planner.tick()] == [1, 0]
        assert bench.store.recommendations.newest("monash")[0].number == number
        assert bench.store.alarms.open_alarms() == ()
    assert any(beat.name == "planner" for beat in bench.store.states.heartbeats())


def test_the_plan_in_force_is_kept_for_its_next_hour_and_the_plan_says_so(expected) -> None:
    known, ahead = expected
    first = plan_ahead(known, ahead, silent)
    again = plan_ahead(replace(known, committed=first.steps[:4]), ahead, silent)
    assert again.notes[-1].kind is NoteKind.KEPT
    assert (again.notes[-1].gain, again.notes[-1].threshold) == (pytest.approx(0.0, abs=1e-6), 0.05)
    assert [step.battery_kw for step in again.steps] == pytest.approx([step.battery_kw for step in first.steps])


def test_the_steps_of_the_plan_in_force_are_committed_from_the_running_slot_on() -> None:
    bench = Bench()
    made = bench.make()
    assert bench.known().committed == ()
    bench.store.recommendations.move(
        made.recommendation_id,
        version=made.version,
        digest=made.digest,
        before={State.PROPOSED},
        after=State.APPROVED,
        who="manager",
    )
    assert bench.known().committed == made.payload.steps[:4]
