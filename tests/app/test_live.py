"""The live page in every state: what it says of the site, of who is in control, and of what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dash_app.domain.dispatch import Mode
from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.project import Role
from dash_app.domain.recommendation import State
from dash_app.workflows.live import Live, LivePorts, look
from dash_app.workflows.live_tracking import track
from pages.live import chart_view, live_view
from tests.app.building import call, output_of, payload
from tests.app.live_app import RULES, LiveApp, build_live
from tests.components.test_parts import parts_with, words
from tests.fakes.afternoon import MAX, a_charge, afternoon, execute, moved
from tests.fakes.api import FakeSites, session
from tests.fakes.campus import NOW, CampusMeasurements, plan, project, site
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import a_telemetry
from tests.fakes.store import FakeStore

PATH = "/p/monash/live"


class Rig:
    """What the page reads, without the app around it."""

    def __init__(self, *, dispatched: bool = True) -> None:
        self.clock = FakeClock(NOW)
        self.store, self.measurements = FakeStore(self.clock), CampusMeasurements(self.clock)
        self.sites = FakeSites(site())
        self.plan = afternoon(self.store, self.clock) if dispatched else None

    @property
    def ports(self) -> LivePorts:
        store = self.store
        return LivePorts(
            measurements=self.measurements, sites=self.sites, recommendations=store.recommendations,
            ledger=store.ledger, states=store.states, alarms=store.alarms, clock=self.clock,
            rules={"monash-ess1": RULES}.get,
        )  # fmt: skip

    def look(self, role: Role = Role.MANAGER) -> Live:
        return look(self.ports, session("u1", project(role)), PATH)

    def shown(self, part: str = "", role: Role = Role.MANAGER) -> str:
        filled = live_view(self.look(role))
        return words(filled[part]) if part else words(list(filled.values()))

    def read(self, **changes: Any) -> None:
        """Let the dispatcher report a reading of this moment."""
        known = self.store.states.telemetry("monash-ess1") or a_telemetry()
        self.store.states.put_telemetry(replace(known, **{"at": self.clock(), **changes}))
        self.store.states.beat("dispatcher")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_now_comes_from_the_plant_while_its_reading_is_fresh(rig: Rig) -> None:
    text = rig.shown("now")
    assert "Read from the plant 2\xa0s ago" in text
    assert "In = Out, residual 0.0\xa0%" in text
    assert "Charging (simulated battery) 9.7" in text and "PV 118" in text and "Export 60.0" in text


def test_now_falls_back_to_the_energy_api_and_says_so(rig: Rig) -> None:
    rig.clock.advance(timedelta(seconds=11))
    assert "From the energy API, 12\xa0s ago" in rig.shown("now")


def test_a_plant_without_all_meters_is_not_half_a_balance(rig: Rig) -> None:
    rig.read(load_kw=None)
    assert not rig.look().from_plant


def test_in_control_says_who_until_when_and_what_then(rig: Rig) -> None:
    text = rig.shown("control")
    assert text.startswith("Energy DashBoard, until 14:30")
    assert f"Plan R-1, approved by {MAX} at 11:13; in control until 14:30, then safe rules." in text


def test_an_approved_plan_is_not_in_control_before_its_first_order() -> None:
    rig = Rig(dispatched=False)
    rig.read()
    payload_ = replace(plan(), computed_at=NOW, expires_at=NOW + timedelta(hours=1))
    moved(rig.store, rig.store.recommendations.add(payload_, by="planner"), State.APPROVED, MAX)
    text = rig.shown("control")
    assert text.startswith("The battery's own safe rules, still")
    assert "takes over with its first order" in text


@pytest.mark.parametrize("mode", [Mode.LOCAL, Mode.FALLBACK])
def test_a_battery_that_takes_no_orders_is_in_control_itself(rig: Rig, mode: Mode) -> None:
    rig.read(mode=mode)
    assert rig.shown("control").startswith("The battery's own safe rules ")
    assert "does not take orders now" in rig.shown("control")


def test_without_a_plan_the_battery_follows_its_own_rules() -> None:
    rig = Rig(dispatched=False)
    rig.read(at=NOW)
    assert rig.shown("control").startswith("The battery's own safe rules No plan is in force.")
    assert "Nothing was sent in the last 2 h" in rig.shown("chain")


def test_a_silent_dispatcher_is_said_with_its_age_and_nobody_claims_control(rig: Rig) -> None:
    rig.clock.advance(timedelta(minutes=3))
    assert "The dispatcher has not reported for 3\xa0min." in rig.shown("banners")
    assert rig.shown("control").startswith("Not known R-1 is in force, but nobody sends it.")
    limits = live_view(rig.look())["limits"]
    assert "Battery 1, simulated battery silent for 3\xa0min." in words(limits)
    assert "sb-stale" in limits.className


def test_a_dispatcher_that_was_never_there_is_said() -> None:
    assert "The dispatcher has not reported yet." in Rig(dispatched=False).shown("banners")


def test_the_chain_shows_what_is_to_come_the_present_and_the_past(rig: Rig) -> None:
    starts = [slot.step.start for slot in rig.look().held.slots]
    local = [start.astimezone(site().timezone).strftime("%H:%M") for start in starts]
    assert local == ["13:45", "13:30", "13:15", "13:00", "12:45", "12:30", "12:15", "12:00", "11:45"]
    text = rig.shown("chain")
    assert "40\xa0s late" in text and "127.0.0.1:1502: no answer within 1.5 s" in text


def test_a_slot_whose_beginning_is_older_than_what_is_read_is_not_judged(rig: Rig) -> None:
    oldest = rig.look().held.slots[-1].step.start
    assert oldest >= rig.clock() - timedelta(hours=2)


def test_a_plan_in_force_without_rows_shows_its_slot_as_late(rig: Rig) -> None:
    rig.clock.advance(timedelta(minutes=7))
    rig.read()
    assert "1\xa0min late" in rig.shown("chain")


def test_a_proposed_plan_waits_for_those_who_may_approve() -> None:
    rig = Rig(dispatched=False)
    rig.store.recommendations.add(plan(), by="planner")
    assert "Waits for you" in rig.shown("chain")
    assert "Waits for approval" in rig.shown("chain", Role.ANALYST)


def test_of_two_orders_in_a_slot_the_later_one_is_shown(rig: Rig) -> None:
    start = rig.look().held.slots[2].step.start
    payload_ = replace(plan(), steps=(a_charge(start, -3.0),), plan={}, expires_at=NOW + timedelta(hours=1))
    other = moved(rig.store, rig.store.recommendations.add(payload_, by="planner"), State.APPROVED, MAX)
    now = rig.clock()
    execute(rig.store, rig.clock, other, payload_.steps[0], now)
    rig.clock.now = now
    assert "Charge 3.0 kW R-2" in " ".join(rig.shown("chain").split())


def test_limits_are_told_beside_their_values(rig: Rig) -> None:
    text = rig.shown("limits")
    assert "State of charge, 10 to 95\xa0% 35\xa0%" in text
    assert "Charging, at most 75\xa0kW 9.7\xa0kW" in text
    assert "Export, at most 150\xa0kW 60.0\xa0kW" in text
    assert "Remote: follows our orders" in text
    assert "60\xa0s, refreshed every 25\xa0s" in text
    assert "Device answered 2\xa0s ago" in text


def test_at_the_limit_and_outside_the_limits_are_words(rig: Rig) -> None:
    rig.read(grid_kw=-150.0, soc=0.07)
    text = rig.shown("limits")
    assert "At the limit 150\xa0kW" in text and "Outside its limits 7\xa0%" in text


def test_unknown_stays_unknown(rig: Rig) -> None:
    rig.read(soc=None, battery_kw=None, mode=Mode.UNKNOWN)
    text = rig.shown("limits")
    assert "95\xa0% –\xa0%" in text and "Device mode Unknown" in text and "75\xa0kW –\xa0kW" in text


def test_open_alarms_stand_above_everything_newest_first(rig: Rig) -> None:
    for kind in ("telemetry", "mismatch", "refused", "store", "override"):
        rig.clock.advance(timedelta(seconds=1))
        rig.store.alarms.raise_alarm("monash", kind, f"monash-ess1: {kind}")
    rig.store.alarms.raise_alarm("elsewhere", "telemetry", "not ours")
    text = rig.shown("banners")
    assert text.index("override") < text.index("store") < text.index("refused")
    assert "2 more open alarms." in text and "not ours" not in text
    assert "Open alarms 5" in rig.shown("limits")


def test_a_store_that_is_away_is_said_and_stop_stays_possible(rig: Rig) -> None:
    rig.store.broken = True
    filled = live_view(rig.look())
    assert "The plan store cannot be read" in words(filled["banners"])
    assert "Stop still works." in words(filled["banners"])
    assert filled["stop_off"] is False
    assert words(filled["control"]).startswith("Not known")
    assert "From the energy API" in words(filled["now"])


def test_a_server_that_is_away_leaves_what_the_plant_says(rig: Rig) -> None:
    rig.measurements.fails.append(ApiUnavailable("refused"))
    assert "Read from the plant" in rig.shown("now")
    rig.clock.advance(timedelta(minutes=1))
    assert "We cannot reach the server." in rig.shown("banners")
    assert "No value at this moment." in rig.shown("now")


def test_a_project_without_a_battery_says_so(rig: Rig) -> None:
    rig.sites = FakeSites(replace(site(), battery=None))
    filled = live_view(rig.look())
    assert filled["hidden"] is True
    assert "No battery in this project." in words(filled["nothing"])


@pytest.mark.parametrize(
    ("role", "off"),
    [
        (Role.VIEWER, True),
        (Role.ANALYST, True),
        (Role.OPERATOR, False),
        (Role.MANAGER, False),
        (Role.ADMIN, False),
    ],
)
def test_stop_is_off_with_its_reason_for_those_who_may_not(rig: Rig, role: Role, off: bool) -> None:
    filled = live_view(rig.look(role))
    assert filled["stop_off"] is off
    assert ("Only operators, managers and administrators can stop." in words(filled["reason"])) is off


def test_the_chart_has_told_measured_and_planned(rig: Rig) -> None:
    tracking, _place = track(rig.ports, session("u1", project()), PATH)
    assert tracking is not None
    assert set(tracking.told.dropna()) == {-17.0, -10.2, -8.1, -21.0, -14.5, -5.9, -21.6, -9.6}
    assert tracking.measured.min() == -20.0
    assert list(tracking.ahead)[:2] == [-9.6, -75.0]
    filled = chart_view(rig.ports, session("u1", project()), PATH)
    assert "Planned from 13:30: Charging 75.0\xa0kW." in filled["caption"]
    assert "simulated battery" in filled["meta"] and "±1.5\xa0kW allowed" in filled["meta"]


def test_a_chart_that_cannot_be_read_keeps_what_it_shows(rig: Rig) -> None:
    rig.store.broken = True
    filled = chart_view(rig.ports, session("u1", project()), PATH)
    assert filled["caption"].startswith("No new values:")
    assert not isinstance(filled["drawn"], dict)


def test_the_battery_is_called_simulated_where_its_numbers_stand(rig: Rig) -> None:
    filled = live_view(rig.look())
    for part in ("head", "now", "chain", "limits"):
        assert "simulated battery" in words(filled[part])


def test_a_card_that_we_fail_to_draw_leaves_the_others(rig: Rig) -> None:
    live = rig.look()
    broken = replace(live, held=replace(live.held, slots=(None,)))  # type: ignore[arg-type]
    filled = live_view(broken)
    assert "Could not draw this" in words(filled["chain"])
    assert parts_with(filled["limits"], "sb-gauges")


@pytest.fixture(scope="module")
def app() -> LiveApp:
    return build_live()


def ask(app: LiveApp, part: str, path: str = PATH) -> Any:
    body = payload(app.app, output_of(app.app, part), live_address__pathname=path)
    return call(app.signed_in(), body)


def test_one_answer_fills_the_page_and_another_the_chart(app: LiveApp) -> None:
    filled = ask(app, "live-now.children").get_json()["response"]
    assert filled["live-stop"]["disabled"] is False
    assert filled["live-content"]["hidden"] is False
    drawn = ask(app, "live-setpoint-drawn.data").get_json()["response"]
    assert drawn["live-setpoint-drawn"]["data"]["figure"]["data"]


def test_somebody_elses_project_does_not_exist(app: LiveApp) -> None:
    assert ask(app, "live-now.children", "/p/fontana1/live").status_code == 404
    assert ask(app, "live-setpoint-drawn.data", "/p/fontana1/live").status_code == 404


def test_the_page_is_in_the_navigation_and_has_no_data_before_it_asks(app: LiveApp) -> None:
    body = payload(app.app, output_of(app.app, "shell-content.children"), shell_url__pathname=PATH)
    page = call(app.signed_in(), body).get_data(as_text=True)
    assert "live-stop" in page and "R-1" not in page
