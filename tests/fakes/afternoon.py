"""An afternoon at the campus as the plan store has it: seven slots dispatched, one with trouble, one running."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dash_app.domain.dispatch import Lease, Mode, Order, Stage
from dash_app.domain.recommendation import Recommendation, State
from dash_app.domain.schedule import Intent, Step
from tests.fakes.campus import NOW, QUARTER, plan
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import a_telemetry
from tests.fakes.store import FakeStore

LEASE = Lease(name="dispatch", holder="h", epoch=1, expires_at=NOW + timedelta(days=1))
POWERS_KW = (-17.0, -10.2, -8.1, -21.0, -14.5, -5.9, -21.6, -9.6, -75.0, -59.2, 0.0, 20.0)
MAX = "max@example.org"


def afternoon(store: FakeStore, clock: FakeClock, now: datetime = NOW - timedelta(minutes=6)) -> Recommendation:
    """Put a plan of twelve quarters around `now` into the store, approved and dispatched up to `now`."""
    begin = datetime(2020, 9, 28, 1, 30, tzinfo=NOW.tzinfo)
    clock.now = begin - timedelta(minutes=30)
    steps = tuple(a_charge(begin + place * QUARTER, power) for place, power in enumerate(POWERS_KW))
    payload = replace(plan(), steps=steps, computed_at=clock.now, expires_at=begin + timedelta(hours=1), plan={})
    clock.advance(timedelta(seconds=1))
    kept = store.recommendations.add(payload, by="planner@example.org")
    clock.advance(timedelta(minutes=13))
    kept = moved(store, kept, State.APPROVED, MAX)
    for step in steps:
        if step.start < now:
            execute(store, clock, kept, step, now)
            if kept.state is State.APPROVED:
                kept = moved(store, kept, State.ACTIVE, "dispatcher")
    clock.now = now
    store.states.put_telemetry(
        a_telemetry(at=now - timedelta(seconds=2), mode=Mode.REMOTE, battery_kw=-9.7, soc=0.352, grid_kw=-60.0,
                    pv_kw=118.0, load_kw=48.3, setpoint_kw=-9.6, max_charge_kw=75.0, max_discharge_kw=75.0)
    )  # fmt: skip
    store.states.beat("dispatcher", "epoch 1")
    store.states.beat("planner", "R-1")
    return kept


def a_charge(start: datetime, battery_kw: float) -> Step:
    """Return a quarter hour with a fixed power; discharge positive."""
    intent = Intent.CHARGE if battery_kw < 0 else Intent.DISCHARGE if battery_kw > 0 else Intent.IDLE
    return Step(
        start=start, end=start + QUARTER, intent=intent, target_kw=abs(battery_kw), battery_kw=battery_kw, grid_kw=0.0,
        power_min_kw=-75.0, power_max_kw=75.0, soc_min=0.1, soc_max=0.95, soc_end=0.5,
    )  # fmt: skip


def moved(store: FakeStore, kept: Recommendation, after: State, who: str) -> Recommendation:
    """Move a recommendation as it stands."""
    return store.recommendations.move(
        kept.recommendation_id, version=kept.version, digest=kept.digest, before={kept.state}, after=after, who=who
    )


def order_of(kept: Recommendation, step: Step) -> Order:
    """Return the order of a step."""
    return Order.of(
        recommendation_id=kept.recommendation_id, project_id=kept.payload.project_id,
        device_id=kept.payload.device_id, step=step, payload_digest=kept.digest,
    )  # fmt: skip


def execute(store: FakeStore, clock: FakeClock, kept: Recommendation, step: Step, now: datetime) -> None:
    """Write the rows of a slot: all is well, but for the sixth, whose device did not answer for 40 s."""
    order, power = order_of(kept, step), step.battery_kw
    late = power == -5.9
    clock.now = step.start

    def row(after_s: float, stage: Stage, sequence: int = 1, **facts: object) -> None:
        clock.now = step.start + timedelta(seconds=after_s)
        if clock.now <= now:
            store.ledger.append(order, LEASE, sequence=sequence, stage=stage, **facts)  # type: ignore[arg-type]

    if late:
        row(0, Stage.INTENDED, setpoint_kw=power)
        row(2, Stage.UNREACHABLE, note="127.0.0.1:1502: no answer within 1.5 s")
    first = 40 if late else 0
    sequence = 2 if late else 1
    row(first, Stage.INTENDED, sequence, setpoint_kw=power)
    row(first + 0.4, Stage.SENT, sequence, setpoint_kw=power)
    row(first + 0.5, Stage.READ_BACK, sequence, setpoint_kw=power)
    row(first + 9, Stage.FOLLOWED, sequence, setpoint_kw=power, measured_kw=power + 0.1)
