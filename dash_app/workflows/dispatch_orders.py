"""Which order holds now: the step of the recommendation in force, never two orders in one slot, never a past one."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from dash_app.domain.dispatch import LedgerRow, Order, Stage
from dash_app.domain.errors import DecisionConflict, PlanRejected
from dash_app.domain.recommendation import Recommendation, State
from dash_app.domain.schedule import Step
from dash_app.workflows.dispatch_state import (
    WHO,
    AlarmKind,
    DispatchPorts,
    Hand,
    Tenure,
    clear_alarms,
    raise_alarm,
)

LONGEST_SLOT = timedelta(hours=1)
ROWS_OF_A_SLOT = 5000
REPLACED_LOOKED_AT = 10

log = structlog.get_logger()


def order_now(given: DispatchPorts, hand: Hand, tenure: Tenure) -> Order | None:
    """Return the order that the device has to execute now, or None when it is to be left to itself."""
    try:
        order = _order_at(given, hand, tenure, given.clock())
    except PlanRejected as error:
        raise_alarm(given, hand, AlarmKind.PLAN_BROKEN, str(error))
        return None
    clear_alarms(given, hand, AlarmKind.PLAN_BROKEN)
    return order


def order_of(plan: Recommendation, device_id: str, step: Step) -> Order:
    """Return the order that a step of a plan is to a device."""
    return Order.of(
        recommendation_id=plan.recommendation_id,
        project_id=plan.payload.project_id,
        device_id=device_id,
        step=step,
        payload_digest=plan.digest,
    )


def activate(given: DispatchPorts, order: Order) -> bool:
    """Make an approved plan active before its first order; return whether it may be executed."""
    plan = given.recommendations.get(order.recommendation_id)
    if plan is None:
        return False
    if plan.state is State.APPROVED:
        return move_plan(given, plan, State.ACTIVE, WHO, "first order")
    return plan.state in (State.ACTIVE, State.SUPERSEDED)


def recent_intents(given: DispatchPorts, hand: Hand, now: datetime) -> list[LedgerRow]:
    """Return what this device was to be told in the last `LONGEST_SLOT`, oldest first."""
    rows = given.ledger.rows(hand.project_id, now - LONGEST_SLOT, ROWS_OF_A_SLOT)
    return [row for row in rows if row.device_id == hand.device_id and row.stage is Stage.INTENDED]


def _order_at(given: DispatchPorts, hand: Hand, tenure: Tenure, now: datetime) -> Order | None:
    plan = _plan_in_force(given, hand, now)
    if plan is None or plan.payload.device_id != hand.device_id:
        return None
    if hand.plan_id != plan.recommendation_id:
        _account_replaced(given, hand, tenure, plan, now)
        hand.plan_id = plan.recommendation_id
    _account_missed(given, hand, tenure, plan, plan.changed_at, now)
    step = plan.step_at(now)
    if step is None and now >= plan.payload.steps[-1].end:
        _finish(given, hand, plan)
        return None
    _warn_of_end(given, hand, plan, step)
    order = order_of(plan, hand.device_id, step) if step is not None else None
    standing = _standing_order(given, hand, order.order_id if order else plan.recommendation_id, now)
    if standing is None or (order is not None and standing.order_id == order.order_id):
        return order
    return standing if _was_superseded(given, standing) else None


def _warn_of_end(given: DispatchPorts, hand: Hand, plan: Recommendation, step: Step | None) -> None:
    """Alarm while the last slot runs: whoever is to approve the next plan has until then."""
    if step is None or step.end < plan.payload.steps[-1].end:
        clear_alarms(given, hand, AlarmKind.PLAN_ENDING)
    else:
        raise_alarm(given, hand, AlarmKind.PLAN_ENDING, f"{plan.label} ends at {step.end:%H:%M} UTC, nothing follows")


def _plan_in_force(given: DispatchPorts, hand: Hand, now: datetime) -> Recommendation | None:
    plan = given.recommendations.in_force(hand.project_id)
    if plan is None:
        return None
    if _is_stopped(given, plan):
        return None
    if plan.state is State.APPROVED and plan.payload.expires_at <= now:
        move_plan(given, plan, State.EXPIRED, WHO, "not begun in time")
        return None
    return plan


def _is_stopped(given: DispatchPorts, plan: Recommendation) -> bool:
    """Return whether a person released the device after this plan was approved; the store then learns of it."""
    closure = given.gate.closure(plan.payload.project_id)
    if closure is None:
        return False
    approvals = [
        row.at for row in given.recommendations.transitions(plan.recommendation_id) if row.after is State.APPROVED
    ]
    if approvals and max(approvals) > closure.at:
        given.gate.open(closure)
        return False
    move_plan(given, plan, State.STOPPED, closure.who, "released at the dispatcher")
    return True


def _account_replaced(given: DispatchPorts, hand: Hand, tenure: Tenure, plan: Recommendation, now: datetime) -> None:
    """Record what was missed of the plans that were in force before this one, for as long as they were."""
    for old in given.recommendations.newest(plan.payload.project_id, REPLACED_LOOKED_AT):
        if old.recommendation_id == plan.recommendation_id or old.payload.device_id != hand.device_id:
            continue
        moves = given.recommendations.transitions(old.recommendation_id)
        approved = [move.at for move in moves if move.after is State.APPROVED]
        if approved:
            _account_missed(given, hand, tenure, old, max(approved), min(now, old.changed_at))


def _account_missed(
    given: DispatchPorts, hand: Hand, tenure: Tenure, plan: Recommendation, since: datetime, until: datetime
) -> None:
    """Record the slots between two moments that passed without a write as missed: they are never replayed."""
    for step in plan.payload.steps:
        if step.start < since or step.end > until:
            continue
        slot = f"{plan.recommendation_id} {step.start.isoformat()}"
        if slot in hand.accounted:
            continue
        order = order_of(plan, hand.device_id, step)
        if not given.ledger.rows_of(order.order_id):
            given.ledger.append(order, tenure.lease, sequence=0, stage=Stage.MISSED, note="the slot passed")
        hand.accounted.add(slot)


def _finish(given: DispatchPorts, hand: Hand, plan: Recommendation) -> None:
    if plan.state is State.ACTIVE and move_plan(given, plan, State.COMPLETED, WHO, "last slot ended"):
        raise_alarm(given, hand, AlarmKind.PLAN_ENDED, f"{plan.label} ended and nothing follows; released")
        clear_alarms(given, hand, AlarmKind.PLAN_ENDING)


def _standing_order(given: DispatchPorts, hand: Hand, wanted: str, now: datetime) -> Order | None:
    """Return the order that this device already has in the slot of `now`, from memory or, after a restart, the ledger.

    One slot knows one order: a plan approved in the middle of a slot begins with the next one, and until then the order
    that stands is executed, also where the new plan has no step for what is left of the slot. `wanted` names what the
    ledger is searched for once.
    """
    kept = hand.order
    if kept is not None and hand.sequence and kept.step.start <= now < kept.step.end:
        return kept
    if hand.looked_up == wanted:
        return None
    row = _newest_write(given, hand, now)
    hand.looked_up = wanted
    plan = given.recommendations.get(row.recommendation_id) if row is not None else None
    step = plan.step_at(now) if plan is not None else None
    if row is None or plan is None or step is None:
        return None
    hand.take(order_of(plan, hand.device_id, step), row.sequence)
    return hand.order


def _newest_write(given: DispatchPorts, hand: Hand, now: datetime) -> LedgerRow | None:
    intents = recent_intents(given, hand, now)
    hand.newest_slot = max((row.slot_start for row in intents), default=hand.newest_slot)
    written = [row for row in intents if row.slot_start <= now < row.slot_end]
    return max(written, key=lambda row: row.row_id, default=None)


def _was_superseded(given: DispatchPorts, order: Order) -> bool:
    plan = given.recommendations.get(order.recommendation_id)
    return plan is not None and plan.state is State.SUPERSEDED


def move_plan(given: DispatchPorts, plan: Recommendation, after: State, who: str, why: str) -> bool:
    """Move the plan if it still stands where we saw it; return whether it did."""
    try:
        given.recommendations.move(
            plan.recommendation_id,
            version=plan.version,
            digest=plan.digest,
            before={plan.state},
            after=after,
            who=who,
            why=why,
        )
    except DecisionConflict as conflict:
        log.info("plan_moved_meanwhile", plan=plan.label, wanted=after.value, why=str(conflict))
        return False
    return True
