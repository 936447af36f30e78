"""The dispatcher process: one loop that executes approved plans, one lease holder at a time.

The lease is renewed at a third of its life and its holder stops writing `guard_s` before it ends. Without the store
the present set-points are kept alive until then; afterwards every device is released, the record goes to the local
spool and the alarm is raised when the store is back. The release socket never needs the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from dash_app.domain.dispatch import Lease
from dash_app.domain.errors import LeaseLost, StoreUnavailable
from dash_app.domain.ports import Plant
from dash_app.stop import Stop
from dash_app.workflows.dispatch import dispatch_device, keep_alive_if_due
from dash_app.workflows.dispatch_gate import Closure, GatedPlant
from dash_app.workflows.dispatch_state import LEASE_NAME, AlarmKind, DispatchPorts, Hand, Tenure, raise_alarm
from dash_app.workflows.hand_back import release, release_device

HEARTBEAT = "dispatcher"
STOP = "stop"

log = structlog.get_logger()

Release = Callable[[str, str], dict[str, str]]
Serve = Callable[[Release], AbstractContextManager[object]]
"""Opens the release socket for a handler; it is open while the lease is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds. `guard_s` is the longest that a write may take: connect, ask, reconnect, read back.

    Devices are polled every `poll_s`, and every `verify_s` while a set-point waits for the meter to show it.
    """

    poll_s: float = 5.0
    verify_s: float = 1.5
    lease_s: float = 30.0
    guard_s: float = 10.0

    @property
    def lease_ttl(self) -> timedelta:
        """The lease's time to live."""
        return timedelta(seconds=self.lease_s)


class Dispatcher:
    """The loop's state: the devices in hand and the right to write. One thread runs it; `release` may be any."""

    def __init__(
        self, given: DispatchPorts, plants: Sequence[Plant], holder: str, timing: Timing, serve: Serve
    ) -> None:
        self._given, self._holder, self._timing, self._serve = given, holder, timing, serve
        self._plants = tuple(GatedPlant(plant, given.gate) for plant in plants)
        self._hands = tuple(Hand(plant=plant) for plant in self._plants)
        self._tenure: Tenure | None = None
        self._lost_store = ""
        self._socket = ExitStack()

    def turn(self) -> None:
        """Run one tick for every device, if the lease is ours; never raises for the store or the lease."""
        try:
            tenure = self._keep_tenure()
            if tenure is None:
                return
            self._report_lost_store()
            for hand in self._hands:
                dispatch_device(self._given, hand, self._keep_tenure() or tenure)
            self._given.states.beat(HEARTBEAT, f"epoch {tenure.lease.epoch}")
        except LeaseLost as error:
            log.warning("lease_lost", why=str(error))
            self._socket.close()
            self._step_down()
        except StoreUnavailable as error:
            self._without_store(str(error))

    def pause_s(self) -> float:
        """Return how long to wait from one turn to the next: never beyond the end of a slot that is executed."""
        now, orders = self._given.clock(), [hand.order for hand in self._hands if hand.order is not None]
        left = [(order.step.end - now).total_seconds() for order in orders if order.step.end > now]
        waiting = any(hand.setpoint_kw is not None and not hand.followed for hand in self._hands)
        return min([self._timing.poll_s, *left, *([self._timing.verify_s] if waiting else [])])

    def release(self, project_id: str, who: str) -> dict[str, str]:
        """Release a project's devices at once, for a person; return for each "" or why it did not confirm."""
        closure = Closure(project_id=project_id, who=who, at=self._given.clock())
        self._given.gate.close(closure)
        mine = [plant for plant in self._plants if plant.project_id == project_id]
        outcome = {plant.device_id: release_device(Hand(plant=plant)) for plant in mine}
        self._spool(**stop_record(closure))
        return outcome

    def shut_down(self) -> None:
        """Release whatever we hold and give the lease up; what somebody else may hold by now is left alone."""
        self._socket.close()
        tenure = self._tenure
        if tenure is None or self._given.monotonic() >= tenure.until:
            return
        for hand in self._hands:
            self._release_and_record(hand, tenure, "the dispatcher stops")
        with suppress(StoreUnavailable, LeaseLost):
            self._given.leases.give_up(tenure.lease)

    def close(self) -> None:
        """Close every connection."""
        for plant in self._plants:
            plant.close()

    def _keep_tenure(self) -> Tenure | None:
        """Return our right to write, renewed or newly acquired; None while somebody else holds it."""
        now, kept = self._given.monotonic(), self._tenure
        if kept is not None and now < kept.until - self._writing_s + self._timing.lease_s / 3:
            return kept
        lease = self._renewed(kept)
        if lease is None:
            return None
        if kept is None:
            self._take_over(lease)
        self._tenure = Tenure(lease=lease, until=now + self._writing_s)
        return self._tenure

    def _take_over(self, lease: Lease) -> None:
        """Learn what was stopped while somebody else dispatched, and hear `release` from now on."""
        log.info("lease_acquired", holder=self._holder, epoch=lease.epoch)
        for record in self._given.spool.records():
            if record.get("what") == STOP:
                self._given.gate.close(_closure_of(record))
        self._socket.close()
        self._socket.enter_context(self._serve(self.release))

    @property
    def _writing_s(self) -> float:
        return self._timing.lease_s - self._timing.guard_s

    def _renewed(self, kept: Tenure | None) -> Lease | None:
        ttl = self._timing.lease_ttl
        if kept is not None:
            return self._given.leases.renew(kept.lease, ttl)
        return self._given.leases.acquire(LEASE_NAME, self._holder, ttl)

    def _step_down(self) -> None:
        """Forget everything: whoever holds the lease now owns the devices; releasing would undo their work."""
        self._tenure = None
        self._hands = tuple(Hand(plant=plant) for plant in self._plants)

    def _without_store(self, why: str) -> None:
        log.error("store_unavailable", why=why)
        tenure = self._tenure
        if tenure is None:
            return
        if self._given.monotonic() < tenure.until:
            for hand in self._hands:
                keep_alive_if_due(self._given, hand, tenure)
            return
        self._lost_store = f"The plan store was unavailable at {self._given.clock():%H:%M:%S} UTC; released."
        for hand in self._hands:
            self._release_and_spool(hand, why)
        self._step_down()

    def _report_lost_store(self) -> None:
        for hand in self._hands if self._lost_store else ():
            raise_alarm(self._given, hand, AlarmKind.STORE, self._lost_store)
        self._lost_store = ""

    def _release_and_record(self, hand: Hand, tenure: Tenure, why: str) -> None:
        if hand.setpoint_kw is None:
            return
        try:
            release(self._given, hand, tenure, why)
        except (StoreUnavailable, LeaseLost) as error:
            self._spool(what="release", project_id=hand.project_id, device=hand.device_id, why=f"{why}; {error}")

    def _release_and_spool(self, hand: Hand, why: str) -> None:
        if hand.setpoint_kw is not None:
            failure = release_device(hand)
            self._spool(what="release", project_id=hand.project_id, device=hand.device_id, why=why, failure=failure)

    def _spool(self, **record: str) -> None:
        """Keep a local record; a full disk must not stop a release, so it is only logged."""
        try:
            self._given.spool.append({"logged": self._given.clock().isoformat(), **record})
        except OSError as error:
            log.error("spool_failed", why=str(error), record=record)


def run_dispatcher(
    given: DispatchPorts,
    plants: Sequence[Plant],
    *,
    stop: Stop,
    serve: Serve,
    holder: str,
    timing: Timing | None = None,
) -> None:
    """Run until `stop` is set, then release every device; an error of our own releases them too, and is raised."""
    timing = timing or Timing()
    dispatcher = Dispatcher(given, plants, holder, timing, serve)
    with ExitStack() as open_things:
        open_things.callback(dispatcher.close)
        open_things.callback(dispatcher.shut_down)
        while not stop.is_set():
            began = given.monotonic()
            dispatcher.turn()
            stop.wait(max(0.0, dispatcher.pause_s() - (given.monotonic() - began)))


def stop_record(closure: Closure) -> dict[str, str]:
    """Return the spool's record of a stop: a dispatcher that starts later executes nothing approved before it."""
    return {"what": STOP, "project_id": closure.project_id, "who": closure.who, "at": closure.at.isoformat()}


def _closure_of(record: dict[str, str]) -> Closure:
    return Closure(project_id=record["project_id"], who=record["who"], at=datetime.fromisoformat(record["at"]))
