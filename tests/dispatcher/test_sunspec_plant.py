"""Our SunSpec driver and the dispatcher's tick on slothbox's SunSpec image: shipped profiles control its battery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from controllers.modbus import ModbusPlant, open_plants
from controllers.profiles import load_devices
from dash_app.domain.dispatch import Stage
from slothbox.plant.registers import Unit
from slothbox.plant.server import PlantServer
from slothbox.plant.site import Clock, Plant
from slothbox.plant.sunspec_map import layout
from tests.fakes.bench import Bench
from tests.fakes.payloads import NOON, QUARTER, a_payload
from tests.slothbox.plant_bench import SITE, BenchSite, on_its_thread, served

FILE = """\
devices:
  - profile: {profile}
    device: {{id: bench-ess1, project: bench, host: 127.0.0.1, port: {port}, unit: 126, timeout_s: 0.5}}
    identity: [{{sunspec: 1.Mn, equals: SlothBox}}, {{sunspec: 1.SN, equals: bench-ess1}}]
    setpoint: {{min: -50000, max: 50000}}
"""


class Image:
    """A bench on the SunSpec face of a plant."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.bench = Bench()
        began = self.bench.clock.now
        seconds = lambda: 1000.0 + (self.bench.clock.now - began).total_seconds()  # noqa: E731
        self.plant = Plant(SITE, BenchSite(), Clock(moment=self.bench.clock, monotonic_s=seconds), soc=0.5, boots=1)
        self.folder, self.profile = folder, profile
        self.server: PlantServer

    def switch_off(self, address: int) -> None:
        """Write 0 to a register of the image, as somebody at the device would."""
        assert self.plant.write(Unit.SUNSPEC, address, [0]) is None

    def connect(self, server: PlantServer) -> ModbusPlant:
        path = self.folder / "devices.yaml"
        path.write_text(FILE.format(profile=self.profile, port=server.port))
        (device,) = open_plants(load_devices(path), self.bench.clock)
        self.bench.plant = device  # type: ignore[assignment]
        self.bench.hand = self.bench.fresh_hand()
        self.bench.approve(a_payload("bench", powers_kw=(10.0, -10.0) * 4))
        return device


@pytest.fixture(params=["sunspec-battery", "sunspec-battery-classic"])
def image(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Image]:
    made = Image(tmp_path, request.param)
    with served(made.plant) as server:
        made.server = server
        device = made.connect(server)
        yield made
        device.close()


def test_a_plan_is_followed_through_models_704_and_124(image: Image) -> None:
    image.bench.tick(4)
    assert image.plant.battery.power_kw == pytest.approx(10.0, abs=0.01)
    image.bench.clock.now = NOON + QUARTER
    image.bench.tick(4)
    assert image.plant.battery.power_kw == pytest.approx(-10.0, abs=0.01)
    assert image.bench.stages().count(Stage.FOLLOWED) == 2


def test_what_it_reads_is_what_the_plant_does(image: Image) -> None:
    image.bench.tick(4)
    telemetry = image.bench.store.states.telemetry("bench-ess1")
    assert telemetry is not None
    assert telemetry.battery_kw == pytest.approx(10.0, abs=0.1)
    assert telemetry.soc == pytest.approx(image.plant.soc, abs=0.001)


def test_without_us_the_image_falls_back(image: Image) -> None:
    image.bench.tick(4)
    image.bench.clock.advance(timedelta(seconds=91))
    image.plant.advance()
    assert image.plant.battery.power_kw == pytest.approx(20.0), "what the load asks for beyond the sun"


def test_a_hand_at_the_image_is_not_fought(image: Image) -> None:
    image.bench.tick(4)
    key = (704, "WSetEna") if image.profile == "sunspec-battery" else (124, "StorCtl_Mod")
    on_its_thread(image.server, lambda: image.switch_off(layout()[key].address))
    image.bench.tick(4)
    assert image.plant.battery.power_kw == pytest.approx(20.0)
    assert image.bench.alarms() == {"override"}
