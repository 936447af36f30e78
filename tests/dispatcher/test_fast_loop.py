"""The fast loop in closed loop with the plant's own battery, on measured load with noise laid over it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from dash_app.domain.dispatch import DispatchResult, Mode, Order, ReadBack, Stage, Telemetry
from dash_app.domain.schedule import Intent
from dash_app.workflows.dispatch_gate import GatedPlant
from dash_app.workflows.dispatch_state import Hand
from slothbox.battery import BatterySpec, advance, self_consumption_kw
from slothbox.replay import SiteReplay, load_replay
from slothbox.sites import site
from tests.fakes.bench import Bench
from tests.fakes.payloads import QUARTER, a_payload, a_step

POLL_S = 5
POLL = timedelta(seconds=POLL_S)
BEGIN = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
HOURS = 3
CORRIDOR = (0.40, 0.60)


@dataclass
class Loop:
    """A site whose load and sun were measured, and a battery that obeys within its physics."""

    bench: Bench
    replay: SiteReplay
    spec: BatterySpec
    noise_kw: float
    soc: float = 0.5
    device_id: str = "loop-ess1"
    project_id: str = "loop"
    refresh_s: float = 25.0
    tolerance_kw: float = 1.0
    settle_s: float = 10.0
    deadband_kw: float = 0.05
    told_kw: float = 0.0
    power_kw: float = 0.0
    mode: Mode = Mode.LOCAL
    net_kw: float = 0.0
    polls: int = 0
    written: list[float] = field(default_factory=list)
    seen_soc: list[float] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(5))

    def read(self) -> Telemetry:
        self.polls += 1
        now = self.bench.clock.now
        load, pv = self.replay.load_kw(now), self.replay.pv_kw(now)
        load = None if load is None else load + self.chance.gauss(0.0, self.noise_kw)
        self.net_kw = (load or 0.0) - (pv or 0.0)
        remote = self.mode is Mode.REMOTE
        wanted = self.told_kw if remote else self_consumption_kw(self.net_kw, self.soc, self.spec, POLL_S / 3600)
        self.soc, self.power_kw = advance(self.soc, wanted, self.spec, POLL_S / 3600)
        self.seen_soc.append(self.soc)
        known = load is not None and pv is not None
        return Telemetry(
            device_id=self.device_id, at=now, mode=self.mode, battery_kw=self.power_kw, soc=self.soc,
            grid_kw=self.net_kw - self.power_kw if known else None, pv_kw=pv, load_kw=load, setpoint_kw=self.told_kw,
            boot_count=1, uptime_s=self.polls * POLL_S, max_charge_kw=self.spec.charge_kw,
            max_discharge_kw=self.spec.discharge_kw,
        )  # fmt: skip

    def hold(self, order: Order, setpoint_kw: float) -> DispatchResult:
        assert order.step.power_min_kw - 1e-9 <= setpoint_kw <= order.step.power_max_kw + 1e-9
        self.told_kw, self.mode = setpoint_kw, Mode.REMOTE
        self.written.append(setpoint_kw)
        return ReadBack(setpoint_kw=setpoint_kw)

    def keep_alive(self) -> None:
        return

    def release(self) -> None:
        self.told_kw, self.mode = 0.0, Mode.LOCAL

    def close(self) -> None:
        return


def a_loop(project: str, noise_share: float, target_kw: float | None = None) -> Loop:
    """Follow a grid power, by default the mean net load, within a narrow corridor of the state of charge."""
    bench = Bench()
    bench.clock.now = BEGIN
    bench.given = bench.ports()
    bench.tenure = bench.take_lease("first")
    spec, replay = site(project).battery, load_replay(project)
    assert spec is not None
    hours = [BEGIN + timedelta(hours=hour) for hour in range(HOURS)]
    nets = [(replay.load_kw(at) or 0.0) - (replay.pv_kw(at) or 0.0) for at in hours]
    target = sum(nets) / len(nets) if target_kw is None else target_kw
    steps = tuple(
        a_step(
            BEGIN + place * QUARTER,
            intent=Intent.FOLLOW,
            target_kw=target,
            power_min_kw=-spec.charge_kw,
            power_max_kw=spec.discharge_kw,
            soc_min=CORRIDOR[0],
            soc_max=CORRIDOR[1],
        )
        for place in range(4 * HOURS)
    )
    loop = Loop(bench=bench, replay=replay, spec=spec, noise_kw=noise_share * spec.discharge_kw)
    bench.approve(a_payload("loop", start=BEGIN, steps=steps, expires_at=BEGIN + timedelta(hours=1)))
    bench.hand = Hand(plant=GatedPlant(loop, bench.given.gate))
    return loop


@pytest.mark.parametrize(
    ("project", "noise_share"), [("monash", 0.0), ("fontana-1", 0.0), ("cambridge-b071", 0.0), ("monash", 0.05)]
)
def test_the_loop_never_leaves_the_corridor_and_never_asks_for_what_is_outside_the_band(
    project: str, noise_share: float
) -> None:
    loop = a_loop(project, noise_share)
    loop.bench.tick(HOURS * 3600 // POLL_S, POLL)
    most = max(loop.spec.charge_kw, loop.spec.discharge_kw)
    a_poll = most * POLL_S / 3600 / loop.spec.capacity_kwh / 0.5
    assert CORRIDOR[0] - a_poll <= min(loop.seen_soc) and max(loop.seen_soc) <= CORRIDOR[1] + a_poll
    assert len(loop.written) > 1
    assert Stage.UNVERIFIED not in loop.bench.stages()


@pytest.mark.parametrize(("project", "steps"), [("monash", 4 * HOURS), ("fontana-1", HOURS)])
def test_on_measured_load_alone_it_settles_within_two_writes_of_every_change(project: str, steps: int) -> None:
    """15 min and 60 min data: each measured step, each slot and each edge of the corridor may bring two writes."""
    loop = a_loop(project, 0.0)
    loop.bench.tick(HOURS * 3600 // POLL_S, POLL)
    assert len(loop.written) <= 2 * (steps + 4 * HOURS)


def test_under_noise_it_writes_at_most_once_a_poll_and_follows_its_target() -> None:
    loop = a_loop("monash", 0.05)
    grid: list[float] = []
    for _ in range(720):
        loop.bench.tick(every=POLL)
        grid.append(loop.net_kw - loop.power_kw)
    assert len(loop.written) <= 720
    free = [kw for kw, soc in zip(grid, loop.seen_soc, strict=True) if CORRIDOR[0] + 0.01 < soc < CORRIDOR[1] - 0.01]
    target = loop.bench.store.recommendations.in_force("loop").payload.steps[0].target_kw  # type: ignore[union-attr]
    inside = [kw for kw in free if abs(kw - target) <= 4 * loop.noise_kw]
    limited = [kw for kw in loop.written if abs(kw) >= loop.spec.discharge_kw - 1e-6]
    assert len(inside) > 0.9 * len(free) or limited, (
        "what it misses is one poll of noise, unless the battery is at its power"
    )


def test_a_constant_load_is_answered_once() -> None:
    loop = a_loop("monash", 0.0)

    class Constant:
        def load_kw(self, moment: datetime) -> float:
            return 40.0

        def pv_kw(self, moment: datetime) -> float:
            return 0.0

    loop.replay = Constant()  # type: ignore[assignment]
    loop.bench.tick(170, POLL)
    assert len(loop.written) <= 2
