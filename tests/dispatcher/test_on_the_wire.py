"""The dispatcher's tick, our Modbus driver and slothbox's plant with its faults, on one clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pyModbusTCP.client import ModbusClient

from controllers.modbus import ModbusPlant, open_plants
from controllers.profiles import load_devices
from dash_app.domain.dispatch import Stage
from dash_app.domain.recommendation import State
from slothbox.plant.profile import devices_text
from slothbox.plant.registers import Mode
from slothbox.plant.server import PlantServer
from slothbox.plant.site import Clock, Plant
from tests.fakes.bench import Bench
from tests.fakes.payloads import NOON, QUARTER, a_payload
from tests.slothbox.plant_bench import SITE, BenchSite, client, int32, on_its_thread, served, words

POLL = timedelta(seconds=5)


@dataclass
class Wire:
    """A bench whose plant is a real one; `told_w` and `mode` are what an independent client finds there."""

    bench: Bench
    server: PlantServer
    judge: ModbusClient

    def tick(self, times: int = 1) -> None:
        self.bench.tick(times)

    def fault(self, name: str, value: str = "on") -> None:
        self.server.plant.faults.set(name, value)

    def call(self, act: Callable[[], None]) -> None:
        """Do something on the plant's thread, and wait for it."""
        on_its_thread(self.server, act)
        assert self.judge.read_holding_registers(2, 1) or self.judge.read_holding_registers(2, 1)

    def plan(self, *powers_kw: float) -> None:
        self.bench.approve(a_payload("bench", powers_kw=powers_kw))

    @property
    def told_w(self) -> int:
        return int32(self.judge.read_holding_registers(10, 2))

    @property
    def mode(self) -> Mode:
        return Mode(self.judge.read_holding_registers(15, 1)[0])

    @property
    def power_w(self) -> int:
        return int32(self.judge.read_input_registers(0, 2))


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    bench = Bench()
    began = bench.clock.now
    clock = Clock(moment=bench.clock, monotonic_s=lambda: 1000.0 + (bench.clock.now - began).total_seconds())
    plant = Plant(SITE, BenchSite(), clock, soc=0.5, boots=1)
    with served(plant) as server, client(server, unit=1) as judge:
        (tmp_path / "devices.yaml").write_text(devices_text([server]).replace("timeout_s: 1.5", "timeout_s: 0.2"))
        (device,) = open_plants(load_devices(tmp_path / "devices.yaml"), bench.clock)
        assert isinstance(device, ModbusPlant)
        bench.plant = device  # type: ignore[assignment]
        bench.hand = bench.fresh_hand()
        made = Wire(bench, server, judge)
        made.plan(*(10.0, -10.0) * 4)
        yield made
        device.close()


def test_a_plan_is_followed_slot_by_slot(wire: Wire) -> None:
    wire.tick(3)
    assert (wire.told_w, wire.power_w, wire.mode) == (10_000, 10_000, Mode.REMOTE)
    wire.bench.clock.now = NOON + QUARTER
    wire.tick(3)
    assert (wire.told_w, wire.power_w) == (-10_000, -10_000)
    assert wire.bench.stages().count(Stage.FOLLOWED) == 2


def test_the_watchdog_is_fed_at_half_its_time_and_never_lapses(wire: Wire) -> None:
    for _ in range(60):
        wire.tick()
        assert wire.mode is Mode.REMOTE
    assert wire.bench.stages().count(Stage.INTENDED) == 1


@pytest.mark.parametrize("kept", [False, True])
def test_a_rebooted_device_is_armed_anew_whether_it_kept_its_registers_or_not(wire: Wire, kept: bool) -> None:
    wire.tick(3)
    wire.call(lambda: wire.server.reboot(kept=kept))
    wire.tick(3)
    assert (wire.told_w, wire.mode, wire.bench.alarms()) == (10_000, Mode.REMOTE, set())
    assert wire.bench.stages().count(Stage.INTENDED) == 2, "what it held before is not adopted"


def test_a_device_that_kept_its_set_point_over_a_reboot_is_released_when_the_plan_was_stopped(wire: Wire) -> None:
    wire.tick(3)
    (plan,) = wire.bench.store.recommendations.newest("bench")
    wire.bench.move(plan, State.STOPPED)
    wire.call(lambda: wire.server.reboot(kept=True))
    wire.bench.hand = wire.bench.fresh_hand()
    wire.tick(3)
    assert (wire.told_w, wire.mode) == (0, Mode.LOCAL)


@pytest.mark.parametrize(
    ("name", "value"), [("stuck", "on"), ("half_write", "on"), ("clamp_kw", "2"), ("write_exception", "4")]
)
def test_a_write_that_did_not_do_what_it_said_is_never_followed_and_the_device_given_back(
    wire: Wire, name: str, value: str
) -> None:
    wire.bench.clock.now = NOON + QUARTER
    wire.fault(name, value)
    wire.tick(2)
    wire.fault(name, "off")
    wire.tick(4)
    assert not {Stage.READ_BACK, Stage.FOLLOWED} & set(wire.bench.stages())
    assert (wire.told_w, wire.mode) == (0, Mode.LOCAL)
    assert wire.bench.alarms() & {"mismatch", "refused"}


@pytest.mark.parametrize("name", ["word_swap", "deaf"])
def test_a_set_point_that_reads_back_right_and_is_obeyed_wrong_is_found_by_the_meter(wire: Wire, name: str) -> None:
    wire.bench.clock.now = NOON + QUARTER
    wire.fault(name)
    wire.tick(6)
    assert Stage.READ_BACK in wire.bench.stages() and Stage.FOLLOWED not in wire.bench.stages()
    assert (wire.mode, wire.bench.alarms()) == (Mode.LOCAL, {"not_followed"})


def test_a_lost_acknowledgement_is_settled_by_reading(wire: Wire) -> None:
    wire.fault("lose_acks", "1")
    wire.tick(3)
    assert (wire.told_w, wire.bench.stages().count(Stage.INTENDED)) == (10_000, 1)
    assert wire.bench.stages()[-1] is Stage.FOLLOWED


def test_dropped_connections_cost_a_tick_and_nothing_else(wire: Wire) -> None:
    wire.tick(2)
    wire.fault("drop", "1")
    wire.tick(3)
    assert (wire.told_w, wire.mode, wire.bench.alarms()) == (10_000, Mode.REMOTE, set())


@pytest.mark.parametrize("name", ["frozen", "soc_unknown", "all_unknown"])
def test_what_is_not_known_is_not_controlled_on(wire: Wire, name: str) -> None:
    wire.tick(3)
    wire.fault(name)
    wire.tick(6)
    assert wire.mode is Mode.LOCAL
    assert wire.bench.alarms() >= {"no_control"}
    wire.fault(name, "off")
    wire.tick(3)
    assert (wire.told_w, wire.mode, wire.bench.alarms()) == (10_000, Mode.REMOTE, set())


def test_another_device_at_the_address_gets_nothing(wire: Wire) -> None:
    wire.fault("stranger")
    wire.tick(3)
    assert (wire.told_w, wire.mode, wire.bench.stages()) == (0, Mode.LOCAL, [])
    assert "wrong_device" in wire.bench.alarms()


def test_a_full_house_is_an_alarm_and_is_tried_again_when_there_is_room(wire: Wire) -> None:
    assert wire.judge.read_holding_registers(0, 1)
    wire.fault("max_connections", "1")
    wire.tick(4)
    assert "telemetry" in wire.bench.alarms()
    wire.judge.close()
    wire.tick(6)
    assert wire.bench.stages()[-1] is Stage.FOLLOWED


@pytest.mark.parametrize(("address", "told"), [(10, words(-7_000)), (12, [0])])
def test_a_stranger_s_command_stands_and_the_plan_is_stopped(wire: Wire, address: int, told: list[int]) -> None:
    wire.tick(3)
    assert wire.judge.write_multiple_registers(address, told)
    before = wire.judge.read_holding_registers(10, 4)
    wire.tick(10)
    assert wire.judge.read_holding_registers(10, 3) == before[:3] or wire.mode is Mode.FALLBACK
    assert wire.bench.alarms() == {"override"}
    wire.tick(4)
    assert wire.mode in (Mode.FALLBACK, Mode.LOCAL), "nobody feeds the watchdog any more"
    assert wire.bench.stages().count(Stage.INTENDED) == 1


def test_a_silent_device_falls_back_by_itself_and_is_armed_again_when_it_answers(wire: Wire) -> None:
    wire.tick(3)
    wire.fault("mute")
    wire.tick(14)
    wire.fault("mute", "off")
    assert wire.mode is Mode.FALLBACK
    wire.tick(5)
    assert (wire.told_w, wire.mode, wire.bench.alarms()) == (10_000, Mode.REMOTE, set())


def test_a_battery_that_is_full_is_left_alone_and_not_hammered(wire: Wire) -> None:
    wire.bench.clock.now = NOON + QUARTER
    assert wire.judge.read_holding_registers(2, 1), "the plant has come to the present"
    wire.call(lambda: wire.server.plant.set_soc(0.9))
    wire.tick(20)
    assert (wire.bench.stages().count(Stage.INTENDED), wire.mode) == (1, Mode.LOCAL)
    assert wire.bench.alarms() == {"not_followed"}
