"""Dispatch: the order of a slot, what a device reports, and the five ways a write can end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dash_app.domain.schedule import Step


class Stage(StrEnum):
    """Ledger stages, the same names everywhere; `missed` marks a slot that was never executed."""

    INTENDED = "intended"
    SENT = "sent"
    READ_BACK = "read_back"
    FOLLOWED = "followed"
    UNVERIFIED = "unverified"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    RELEASED = "released"
    MISSED = "missed"


class Mode(StrEnum):
    """Who commands the device."""

    LOCAL = "local"
    REMOTE = "remote"
    FALLBACK = "fallback"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one slot of an approved plan tells one device."""

    order_id: str
    recommendation_id: str
    project_id: str
    device_id: str
    step: Step
    payload_digest: str

    @classmethod
    def of(cls, *, recommendation_id: str, project_id: str, device_id: str, step: Step, payload_digest: str) -> Order:
        """Return the order of a step; its id is a function of what is ordered, so a restart finds the same one."""
        text = f"{payload_digest}|{device_id}|{step.start.isoformat()}"
        return cls(
            order_id=hashlib.sha256(text.encode()).hexdigest()[:16],
            recommendation_id=recommendation_id,
            project_id=project_id,
            device_id=device_id,
            step=step.as_ordered(),
            payload_digest=payload_digest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """One reading of a plant. Unknown stays None. Signs: supply to the site is positive; SoC is 0..1."""

    device_id: str
    at: datetime
    mode: Mode
    battery_kw: float | None
    soc: float | None
    grid_kw: float | None
    pv_kw: float | None
    load_kw: float | None
    setpoint_kw: float | None
    boot_count: int | None
    uptime_s: int | None
    max_charge_kw: float | None
    max_discharge_kw: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Written, read back, and the meters show it."""

    setpoint_kw: float
    measured_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """Written and read back equal; the meters have not shown it yet."""

    setpoint_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """Nobody knows, or the read-back or the meters differ: `why` says which."""

    setpoint_kw: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The device, or our own limits, said no."""

    setpoint_kw: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """No connection; nothing was sent."""

    why: str


DispatchResult = Followed | ReadBack | Unverified | Refused | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class NoControl:
    """What the fast loop answers when no set-point is right: give the device back, now or `until_next_slot`."""

    why: str
    until_next_slot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRules:
    """What is promised about a device: its allowed deviation, and its own watchdog with our refresh, in seconds."""

    tolerance_kw: float
    watchdog_s: float
    refresh_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row of the dispatch ledger. Rows are only ever added."""

    row_id: int
    at: datetime
    project_id: str
    device_id: str
    order_id: str
    recommendation_id: str
    slot_start: datetime
    slot_end: datetime
    epoch: int
    sequence: int
    stage: Stage
    setpoint_kw: float | None
    measured_kw: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to do one kind of work: `epoch` grows with every new holder."""

    name: str
    holder: str
    epoch: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something a person must see."""

    alarm_id: int
    at: datetime
    project_id: str
    kind: str
    message: str
    cleared_at: datetime | None = None
