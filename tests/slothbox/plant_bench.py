"""A plant on a bench: a fake clock, a made-up site, a real server on loopback and an independent client."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyModbusTCP.client import ModbusClient

from slothbox.battery import BatterySpec
from slothbox.plant.server import PlantServer
from slothbox.plant.site import Clock, Plant, PlantSite
from slothbox.plant.write_log import WriteLog

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SPEC = BatterySpec(
    capacity_kwh=100,
    charge_kw=50,
    discharge_kw=50,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    soc_min=0.1,
    soc_max=0.9,
)
SITE = PlantSite(project_id="bench", device_id="bench-ess1", battery=SPEC, pv_rating_kw=40.0)


@dataclass
class BenchClock:
    """Time that passes when the test says so."""

    now_s: float = 1000.0

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds

    def moment(self) -> datetime:
        return NOON + timedelta(seconds=self.now_s - 1000.0)


@dataclass
class BenchSite:
    """A load and a sun that stand still until the next minute after they were changed."""

    load: float | None = 30.0
    pv: float | None = 10.0

    def load_kw(self, moment: datetime) -> float | None:
        return self.load

    def pv_kw(self, moment: datetime) -> float | None:
        return self.pv


@dataclass
class Bench:
    clock: BenchClock = field(default_factory=BenchClock)
    measured: BenchSite = field(default_factory=BenchSite)

    def plant(self, *, soc: float = 0.5, boots: int = 1, site: PlantSite = SITE) -> Plant:
        clock = Clock(moment=self.clock.moment, monotonic_s=lambda: self.clock.now_s)
        return Plant(site, self.measured, clock, soc=soc, boots=boots)


_loops: dict[PlantServer, asyncio.AbstractEventLoop] = {}


def on_its_thread(server: PlantServer, act: Callable[[], None]) -> None:
    """Do something on the thread that serves."""
    _loops[server].call_soon_threadsafe(act)


@contextmanager
def served(plant: Plant, log: Path | None = None, preferred_port: int = 0) -> Iterator[PlantServer]:
    """Serve a plant from a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = PlantServer(plant, WriteLog(log))
    asyncio.run_coroutine_threadsafe(server.start(preferred_port), loop).result(5)
    _loops[server] = loop
    try:
        yield server
    finally:
        del _loops[server]
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@contextmanager
def client(server: PlantServer, unit: int, timeout_s: float = 2.0) -> Iterator[ModbusClient]:
    wire = ModbusClient(host="127.0.0.1", port=server.port, unit_id=unit, timeout=timeout_s, auto_open=True)
    try:
        yield wire
    finally:
        wire.close()


def int32(words: list[int]) -> int:
    """Return two big-endian words as a signed number."""
    return int.from_bytes(bytes(byte for word in words for byte in divmod(word, 256)), "big", signed=True)


def words(value: int) -> list[int]:
    """Return a signed number as two big-endian words."""
    raw = value.to_bytes(4, "big", signed=True)
    return [raw[0] * 256 + raw[1], raw[2] * 256 + raw[3]]
