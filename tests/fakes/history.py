"""A history made to go wrong: two rival dispatchers, real processes, on slothbox's plants, and somebody breaks things.

Time runs fast; a slot is a virtual minute. Every set-point that a plan asks for is another one, so that the plant's own
log of writes tells which order of which plan each of them belongs to.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pyModbusTCP.client import ModbusClient

from dash_app.domain.errors import DecisionConflict, StoreUnavailable
from dash_app.domain.recommendation import State
from dash_app.domain.schedule import Step
from slothbox.battery import BatterySpec
from slothbox.plant.profile import devices_text
from slothbox.plant.server import PlantServer
from slothbox.plant.site import Clock, Plant, PlantSite
from tests.fakes.history_process import FastTime, opened
from tests.fakes.payloads import a_payload, a_step
from tests.slothbox.plant_bench import BenchSite, on_its_thread, served

ROOT = Path(__file__).parents[2]
SLOT = timedelta(minutes=1)
SLOTS_OF_A_PLAN = 30
FIRST_W, LAST_W = 3_000, 49_000
FOREIGN_W = 1_111
SPEC = BatterySpec(
    capacity_kwh=1000,
    charge_kw=50,
    discharge_kw=50,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    soc_min=0.05,
    soc_max=0.95,
)
SWITCHES = (
    ("mute", "on"), ("drop", "2"), ("lose_acks", "2"), ("delay_s", "0.05"), ("write_exception", "4"),
    ("write_exception", "6"), ("read_exception", "4"), ("stuck", "on"), ("half_write", "on"), ("word_swap", "on"),
    ("clamp_kw", "2"), ("deaf", "on"), ("frozen", "on"), ("soc_unknown", "on"), ("all_unknown", "on"),
    ("stranger", "on"), ("max_connections", "1"),
)  # fmt: skip
EVENTS = ("reboot", "reboot kept", "foreign write", "hand at the device", "kill", "pause", "lock")
OFTEN = ("kill", "pause") * 4 + ("lock", "foreign write", "reboot")


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """What a set-point value means: nothing else has the same one on this device."""

    project_id: str
    step: Step


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the battery really did at a moment, kW."""

    at: datetime
    power_kw: float


class RecordedPlant(Plant):
    """A plant that keeps what its battery really did, second by second."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.samples: list[Sample] = []
        super().__init__(*args, **kwargs)

    def _step(self, now_s: float, moment: datetime) -> None:
        super()._step(now_s, moment)
        self.samples.append(Sample(at=moment, power_kw=self.battery.power_kw))


@dataclass
class Rival:
    """One of the dispatchers."""

    pid: int


@dataclass
class History:
    """Run it with `run`, then judge it by its records."""

    folder: Path
    seed: int
    devices: int = 2
    speed: float = 20.0
    faults: Counter[str] = field(default_factory=Counter)
    ordered: dict[tuple[str, int], Ordered] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.fast = FastTime(epoch=time.monotonic(), speed=self.speed)
        self.store = opened(self.folder, self.fast)
        self.next_w = dict.fromkeys(self.projects, FIRST_W)
        self.rivals: list[Rival] = []
        self._started: list[int] = []
        self._heal: list[tuple[float, Callable[[], None]]] = []

    @property
    def projects(self) -> list[str]:
        return [f"site{number}" for number in range(self.devices)]

    def run(self, slots: int) -> None:
        """Let so many slots of each device pass, with a fault about every second."""
        with self.running():
            end = self.fast.now() + slots * SLOT
            self.rivals = [Rival(self.start()), Rival(self.start())]
            next_fault = time.monotonic() + 1.0
            while self.fast.now() < end:
                self._heal_what_is_due()
                if time.monotonic() > next_fault:
                    self._break_something()
                    next_fault = time.monotonic() + self.chance.uniform(0.2, 1.4)
                    self.approve_all()
                time.sleep(0.02)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve the plants, approve a plan for each, and be ready to start dispatchers."""
        with ExitStack() as open_things:
            self._starter = open_things.enter_context(self._zygote())
            self.servers = {project: open_things.enter_context(self._serve(project)) for project in self.projects}
            text = devices_text(list(self.servers.values())).replace("timeout_s: 1.5", "timeout_s: 0.15")
            (self.folder / "devices.yaml").write_text(text)
            open_things.callback(self._end)
            self.approve_all()
            yield

    def start(self) -> int:
        """Start a dispatcher and return its process id."""
        assert self._starter.stdin is not None and self._starter.stdout is not None
        self._starter.stdin.write("start\n")
        self._starter.stdin.flush()
        self._started.append(int(self._starter.stdout.readline()))
        return self._started[-1]

    def _end(self) -> None:
        for pid in self._started:
            send(pid, signal.SIGCONT)
            send(pid, signal.SIGKILL)

    def _break_something(self) -> None:
        project = self.chance.choice(self.projects)
        server = self.servers[project]
        event = self.chance.choice((*EVENTS, *OFTEN, *SWITCHES))
        lasts = self.chance.uniform(0.1, 2.0)
        if isinstance(event, tuple):
            self._switch(server, *event, lasts)
        else:
            self._let_happen(event, project, server, lasts)
        self.faults[event if isinstance(event, str) else event[0]] += 1

    def _switch(self, server: PlantServer, name: str, value: str, lasts: float) -> None:
        server.plant.faults.set(name, value)
        self._later(lasts, lambda: server.plant.faults.set(name, "off"))

    def _let_happen(self, event: str, project: str, server: PlantServer, lasts: float) -> None:
        match event:
            case "reboot" | "reboot kept":
                on_its_thread(server, lambda: server.reboot(kept=event == "reboot kept"))
            case "foreign write":
                self._write(server, 10, [0, FOREIGN_W])
            case "hand at the device":
                self._write(server, 12, [0])
            case "kill":
                rival = self.chance.choice(self.rivals)
                send(rival.pid, signal.SIGKILL)
                rival.pid = self.start()
            case "pause":
                rival = self.chance.choice(self.rivals)
                send(rival.pid, signal.SIGSTOP)
                self._later(lasts, lambda pid=rival.pid: send(pid, signal.SIGCONT))  # type: ignore[misc]
            case "lock":
                lock = sqlite3.connect(self.folder / "plans.sqlite", isolation_level=None, timeout=0.2)
                with suppress(sqlite3.OperationalError):
                    lock.execute("BEGIN EXCLUSIVE")
                self._later(lasts, lock.close)

    def _write(self, server: PlantServer, address: int, words: list[int]) -> None:
        wire = ModbusClient(host="127.0.0.1", port=server.port, unit_id=1, timeout=0.3, auto_open=True)
        wire.write_multiple_registers(address, words)
        wire.close()

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self._heal.append((time.monotonic() + seconds, act))

    def _heal_what_is_due(self) -> None:
        due = [act for at, act in self._heal if at <= time.monotonic()]
        self._heal = [(at, act) for at, act in self._heal if at > time.monotonic()]
        for act in due:
            act()

    def approve_all(self) -> None:
        """Approve a plan where none is in force, and now and then another one in the place of the one that is."""
        for project in self.projects:
            with suppress(StoreUnavailable, DecisionConflict):
                if self.store.recommendations.in_force(project) is None or self.chance.random() < 0.03:
                    self._approve(project)

    def _approve(self, project: str) -> None:
        first = self.fast.now().replace(second=0, microsecond=0) + self.chance.choice((0, 1)) * SLOT
        steps = tuple(self._step(project, first + place * SLOT) for place in range(SLOTS_OF_A_PLAN))
        payload = a_payload(project, steps=steps, expires_at=first + timedelta(hours=1))
        plan = self.store.recommendations.add(payload, by="planner")
        self.store.recommendations.move(
            plan.recommendation_id,
            version=plan.version,
            digest=plan.digest,
            before={State.PROPOSED},
            after=State.APPROVED,
            who="grace",
        )

    def _step(self, project: str, start: datetime) -> Step:
        """Return a step whose power no other step of this device has."""
        watts = self.next_w[project]
        self.next_w[project] = watts + 7 if watts + 7 < LAST_W else FIRST_W + 1 + watts % 7
        watts = watts if watts % 2 else -watts
        kw = watts / 1000
        step = a_step(
            start, end=start + SLOT, battery_kw=kw, power_min_kw=min(kw, 0.0), power_max_kw=max(kw, 0.0), soc_min=0.05
        )
        self.ordered[project, watts] = Ordered(project_id=project, step=step)
        return step

    @contextmanager
    def _zygote(self) -> Iterator[subprocess.Popen[str]]:
        words = [str(self.folder), repr(self.fast.epoch), str(self.fast.speed)]
        command = [sys.executable, "-m", "tests.fakes.history_process", *words]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.stdout.close()
            process.wait(timeout=10)

    @contextmanager
    def _serve(self, project: str) -> Iterator[PlantServer]:
        site = PlantSite(project_id=project, device_id=f"{project}-ess1", battery=SPEC, pv_rating_kw=40.0)
        clock = Clock(moment=self.fast.now, monotonic_s=self.fast.seconds)
        plant = RecordedPlant(site, BenchSite(load=10.0, pv=10.0), clock, soc=0.5, boots=1)
        self.samples[project] = plant.samples
        with served(plant, self.folder / f"{project}.jsonl") as server:
            ticking = threading.Event()
            ticker = threading.Thread(target=self._tick, args=(server, ticking), daemon=True)
            ticker.start()
            try:
                yield server
            finally:
                ticking.set()
                ticker.join(5)

    def _tick(self, server: PlantServer, stop: threading.Event) -> None:
        """Move the plant although nobody asks."""
        while not stop.wait(1 / self.speed):
            on_its_thread(server, server.plant.advance)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
