"""Readings that answer and are wrong all the same: frozen, jumping, contradicting one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dash_app.domain.dispatch import Mode, Stage
from dash_app.domain.site import Battery, GridConnection, Site
from dash_app.workflows.dispatch_trust import Proof, Seen, believed, contradicted
from tests.fakes.bench import Bench, NoSites
from tests.fakes.payloads import NOON, QUARTER, a_payload, a_telemetry

BATTERY = Battery(
    battery_id="b",
    name="B",
    device_id="monash-ess1",
    capacity_kwh=100.0,
    charge_kw=20.0,
    discharge_kw=20.0,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    soc_min=0.0,
    soc_max=1.0,
)


class OneBattery(NoSites):
    """A SITES_FILE that knows the battery."""

    def site_of(self, project_id: str) -> Site | None:
        return Site(
            project_id=project_id,
            name="Monash",
            timezone=ZoneInfo("Australia/Melbourne"),
            currency="AUD",
            latitude=-37.9,
            longitude=145.1,
            place="Clayton",
            grid=GridConnection(import_limit_kw=500.0, export_limit_kw=500.0),
            battery=BATTERY,
        )


@pytest.fixture
def bench() -> Bench:
    return Bench(OneBattery())


def test_frozen_telemetry_is_noticed_by_the_device_s_own_clock_and_the_device_given_back(bench: Bench) -> None:
    bench.approve()
    bench.tick(2)
    bench.plant.frozen = True
    bench.tick(3)
    assert bench.plant.mode is Mode.REMOTE
    bench.tick(2)
    assert (bench.plant.mode, bench.plant.releases) == (Mode.LOCAL, 1)
    assert {"telemetry", "no_control"} <= bench.alarms()
    shown = bench.store.states.telemetry("monash-ess1")
    assert shown is not None and bench.clock.now - shown.at > timedelta(seconds=5), "its age is seen"
    bench.tick(5)
    assert bench.plant.releases == 1


def test_a_device_that_thaws_is_controlled_again(bench: Bench) -> None:
    bench.approve()
    bench.tick(2)
    bench.plant.frozen = True
    bench.tick(8)
    bench.plant.frozen = False
    bench.tick(2)
    assert (bench.plant.mode, bench.alarms()) == (Mode.REMOTE, set())


def test_a_value_written_while_the_readings_stand_still_is_never_called_followed(bench: Bench) -> None:
    bench.plant.frozen = True
    bench.tick(1)
    bench.approve()
    bench.tick(2)
    assert bench.stages() == [Stage.INTENDED, Stage.SENT, Stage.READ_BACK]


def test_a_state_of_charge_that_jumps_is_not_acted_on_until_it_was_read_three_times(bench: Bench) -> None:
    bench.approve()
    bench.tick(2)
    bench.plant.soc = 0.0
    bench.tick(1)
    assert (bench.plant.mode, bench.alarms()) == (Mode.LOCAL, {"no_control"})
    shown = bench.store.states.telemetry("monash-ess1")
    assert shown is not None and shown.soc is None, (
        "what is not believed is shown as unknown, and no plan starts from it"
    )
    bench.plant.soc = 0.5
    bench.tick(2)
    assert (bench.plant.mode, bench.alarms()) == (Mode.REMOTE, set())


def test_a_jump_that_stays_is_accepted() -> None:
    seen = Seen()
    read = [believed(seen, a_telemetry(soc=soc), BATTERY, 5.0 * n).soc for n, soc in enumerate((0.7, 0.1, 0.1, 0.1))]
    assert read == [0.7, None, None, 0.1]


def test_a_state_of_charge_may_move_as_fast_as_the_battery_can() -> None:
    seen = Seen()
    believed(seen, a_telemetry(soc=0.5), BATTERY, 0.0)
    assert believed(seen, a_telemetry(soc=0.3), BATTERY, 3600.0).soc == 0.3
    assert believed(seen, a_telemetry(soc=0.9), BATTERY, 3600.0 + 3 * 900.0).soc is None


def test_without_a_known_battery_nothing_is_doubted() -> None:
    seen = Seen()
    assert [believed(seen, a_telemetry(soc=soc), None, 1.0).soc for soc in (0.7, 0.0)] == [0.7, 0.0]


@pytest.mark.parametrize(
    ("soc_after", "denied"), [(0.46, False), (0.485, False), (0.49, True), (0.5, True), (0.6, True)]
)
def test_a_meter_is_denied_by_a_charge_that_moves_too_little_or_the_wrong_way(soc_after: float, denied: bool) -> None:
    """20 kW out of 100 kWh are 4 % after 720 s: a third of that, 1.33 %, is the least that the charge must fall."""
    proof = Proof()
    said = []
    for second in range(0, 726, 5):
        soc = 0.5 + (soc_after - 0.5) * second / 720
        said.append(contradicted(proof, a_telemetry(battery_kw=20.0, soc=soc), BATTERY, float(second)))
    assert any(said[-2:]) is denied and not any(said[:-2])


def test_a_silence_begins_the_proof_anew() -> None:
    proof = Proof()
    for second in (0.0, 5.0, 600.0):
        assert not contradicted(proof, a_telemetry(battery_kw=20.0, soc=0.5), BATTERY, second)
    assert proof.energy_kwh == 0.0


def test_a_battery_whose_charge_does_not_move_with_its_power_is_given_back() -> None:
    bench = Bench(OneBattery())
    bench.approve(a_payload(powers_kw=(20.0,) * 8))
    bench.tick(144)
    assert bench.alarms() == set()
    bench.tick(3)
    assert (bench.alarms(), bench.stages()[-2:]) == ({"not_followed"}, [Stage.UNVERIFIED, Stage.RELEASED])


@pytest.mark.parametrize(
    ("soc", "place", "excuse"), [(0.94, 3, ""), (0.949, 3, ""), (0.96, 3, "full (96.0%)"), (0.11, 0, "empty (11.0%)")]
)
def test_a_deviation_is_explained_where_the_battery_is_nearly_full_or_empty(
    bench: Bench, soc: float, place: int, excuse: str
) -> None:
    steps = tuple(replace(step, soc_max=1.0, soc_min=0.0) for step in a_payload().steps)
    bench.plant.soc, bench.plant.deaf = soc, True
    bench.clock.now = NOON + place * QUARTER
    bench.approve(a_payload(steps=steps))
    bench.tick(6)
    writes = len(bench.plant.writes)
    bench.tick(20)
    (alarm,) = bench.store.alarms.open_alarms()
    assert alarm.message.endswith(excuse or "10 s") and len(bench.plant.writes) == writes == 1
