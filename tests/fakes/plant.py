"""A plant in memory with the same promises as the real one, and everything that can be wrong with it as a switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from dash_app.domain.dispatch import DispatchResult, Mode, Order, ReadBack, Refused, Telemetry, Unreachable, Unverified
from dash_app.domain.errors import DeviceUnreachable


@dataclass
class FakePlant:
    """A battery that does at once what it is told; `writes` holds (order id, kW), `refreshes` counts the watchdog."""

    clock: Callable[[], datetime]
    device_id: str = "monash-ess1"
    project_id: str = "monash"
    refresh_s: float = 25.0
    tolerance_kw: float = 0.5
    settle_s: float = 10.0
    deadband_kw: float = 0.05
    mode: Mode = Mode.LOCAL
    setpoint_kw: float = 0.0
    soc: float | None = 0.5
    load_kw: float | None = 30.0
    pv_kw: float | None = 0.0
    boot_count: int = 1
    max_kw: float = 20.0
    unreachable: bool = False
    lost_ack: bool = False
    refuses: str = ""
    stuck: bool = False
    deaf: bool = False
    frozen: bool = False
    asked: int = 0
    writes: list[tuple[str, float]] = field(default_factory=list)
    refreshes: int = 0
    releases: int = 0
    closed: bool = False
    before_hold: Callable[[], None] = lambda: None
    _stood_at: float | None = None

    @property
    def uptime_s(self) -> int:
        now = self.clock().timestamp()
        self._stood_at = (now if self._stood_at is None else self._stood_at) if self.frozen else None
        return int((self._stood_at or now) % 1_000_000)

    def read(self) -> Telemetry:
        self._check_reachable()
        battery_kw = self.setpoint_kw if self.mode is Mode.REMOTE and not self.deaf else 0.0
        known = self.load_kw is not None and self.pv_kw is not None
        return Telemetry(
            device_id=self.device_id,
            at=self.clock(),
            mode=self.mode,
            battery_kw=battery_kw,
            soc=self.soc,
            grid_kw=self.load_kw - self.pv_kw - battery_kw if known else None,  # type: ignore[operator]
            pv_kw=self.pv_kw,
            load_kw=self.load_kw,
            setpoint_kw=self.setpoint_kw,
            boot_count=self.boot_count,
            uptime_s=self.uptime_s,
            max_charge_kw=self.max_kw,
            max_discharge_kw=self.max_kw,
        )

    def hold(self, order: Order, setpoint_kw: float) -> DispatchResult:
        self.before_hold()
        if self.unreachable:
            return Unreachable(why="refused")
        low, high = max(order.step.power_min_kw, -self.max_kw), min(order.step.power_max_kw, self.max_kw)
        if self.refuses or not low <= setpoint_kw <= high:
            return Refused(setpoint_kw=setpoint_kw, why=self.refuses or "outside the limits")
        self.writes.append((order.order_id, setpoint_kw))
        if not self.stuck:
            self.setpoint_kw, self.mode = setpoint_kw, Mode.REMOTE
        if self.lost_ack:
            self.unreachable = True
            return Unverified(setpoint_kw=setpoint_kw, why="no acknowledgement")
        if self.setpoint_kw != setpoint_kw:
            return Unverified(setpoint_kw=setpoint_kw, why="stuck")
        return ReadBack(setpoint_kw=setpoint_kw)

    def keep_alive(self) -> None:
        self._check_reachable()
        self.refreshes += 1

    def release(self) -> None:
        self._check_reachable()
        self.releases += 1
        self.setpoint_kw, self.mode = 0.0, Mode.LOCAL

    def close(self) -> None:
        self.closed = True

    def _check_reachable(self) -> None:
        self.asked += 1
        if self.unreachable:
            raise DeviceUnreachable("the fake plant does not answer")
