"""What the dispatcher works with: its ports, its right to write, and what it remembers of a device between two ticks.

Everything that must survive lies in the plan store; a Hand can be lost at any moment and is found again by read-back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dash_app.domain import ports
from dash_app.domain.dispatch import Lease, NoControl, Order, Telemetry
from dash_app.domain.schedule import Step
from dash_app.domain.site import Battery
from dash_app.domain.time import Clock
from dash_app.workflows.dispatch_gate import Gate
from dash_app.workflows.dispatch_pacing import DEFAULT_RULES, Budget, LoopRules
from dash_app.workflows.dispatch_trust import Proof, Seen

LEASE_NAME = "dispatch"
WHO = "dispatcher"

Law = Callable[[Step, Telemetry, Battery | None], float | NoControl]
"""The fast loop's arithmetic: kW, discharge positive, or why no set-point is right."""


class AlarmKind(StrEnum):
    """What the dispatcher alarms about; one open alarm of a kind per project."""

    TELEMETRY = "telemetry"
    WRONG_DEVICE = "wrong_device"
    MISMATCH = "mismatch"
    NOT_FOLLOWED = "not_followed"
    OVERRIDE = "override"
    REFUSED = "refused"
    NO_CONTROL = "no_control"
    BUDGET = "write_budget"
    RELEASE_FAILED = "release_failed"
    PLAN_ENDING = "plan_ending"
    PLAN_ENDED = "plan_ended"
    PLAN_BROKEN = "plan_broken"
    STORE = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPorts:
    """Everything the dispatcher is given. `monotonic` counts seconds for timers; `clock` tells the slot."""

    recommendations: ports.Recommendations
    ledger: ports.Ledger
    leases: ports.Leases
    alarms: ports.Alarms
    states: ports.States
    audit: ports.Audit
    sites: ports.Sites
    spool: ports.Spool
    gate: Gate
    law: Law
    clock: Clock
    monotonic: Callable[[], float]
    rules_of: Callable[[str], LoopRules] = lambda _device_id: DEFAULT_RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """A lease and the monotonic second at which its holder stops writing, well before others may take over."""

    lease: Lease
    until: float


@dataclass(slots=True, kw_only=True)
class Hand:
    """One device as the dispatcher remembers it.

    `order` is the order of the slot being executed, `sequence` counts its writes, `setpoint_kw` is what the device
    was last seen to hold because of us (None: nothing, or unknown). `given_up` is the id of an order that is not tried
    again, `looked_up` of the one for which the ledger was searched, `newest_slot` the latest that was ever written.
    `must_write`: what the device holds is not ours to adopt. `yielded`: somebody else commands it and we do not touch
    it (None: the alarms were not asked yet). `blind`: it answers with readings that are not believed. Times are
    monotonic seconds. `ramp` is how far the power may have gone, kW, and when.
    """

    plant: ports.Plant
    order: Order | None = None
    sequence: int = 0
    setpoint_kw: float | None = None
    followed: bool = False
    deviates_since: float | None = None
    written_at: float = -math.inf
    refreshed_at: float = -math.inf
    next_poll_at: float = -math.inf
    ramp: tuple[float | None, float] | None = None
    must_write: bool = False
    yielded: bool | None = None
    blind: bool = False
    seen: Seen = field(default_factory=Seen)
    proof: Proof = field(default_factory=Proof)
    budget: Budget = field(default_factory=Budget)
    newest_slot: datetime | None = None
    boot_count: int | None = None
    missed_polls: int = 0
    refusals: int = 0
    given_up: str = ""
    looked_up: str = ""
    plan_id: str = ""
    accounted: set[str] = field(default_factory=set)
    maybe_open: set[AlarmKind] = field(default_factory=lambda: set(AlarmKind))

    @property
    def device_id(self) -> str:
        """The device's id."""
        return self.plant.device_id

    @property
    def project_id(self) -> str:
        """The project the device belongs to."""
        return self.plant.project_id

    def forget(self) -> None:
        """Forget what the device holds: the next tick looks before it writes."""
        self.setpoint_kw = None
        self.followed = False
        self.deviates_since = None
        self.proof = Proof()

    def take(self, order: Order, sequence: int) -> None:
        """Begin with another order whose last write was `sequence`."""
        self.order, self.sequence, self.refusals = order, sequence, 0
        self.forget()


def raise_alarm(given: DispatchPorts, hand: Hand, kind: AlarmKind, message: str) -> None:
    """Raise an alarm on the device's project."""
    hand.maybe_open.add(kind)
    given.alarms.raise_alarm(hand.project_id, kind.value, f"{hand.device_id}: {message}")


def clear_alarms(given: DispatchPorts, hand: Hand, *kinds: AlarmKind) -> None:
    """Clear alarms of this device, asking the store only about those that may be open."""
    for kind in kinds:
        if kind in hand.maybe_open:
            given.alarms.clear(hand.project_id, kind.value)
            hand.maybe_open.discard(kind)


def may_write(given: DispatchPorts, tenure: Tenure) -> bool:
    """Return whether a write that begins now ends before anybody else may write."""
    return given.monotonic() < tenure.until
