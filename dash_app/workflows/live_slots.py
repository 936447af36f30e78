"""Which slots the live page shows, and what is known of each: the ledger's, and those a plan still has to execute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from dash_app.domain.chain import Slot, approval_of, slot_of
from dash_app.domain.dispatch import LedgerRow
from dash_app.domain.ports import Ledger, Recommendations
from dash_app.domain.recommendation import Recommendation
from dash_app.domain.schedule import Step

LOOK_BACK = timedelta(hours=2)
LOOK_AHEAD = timedelta(minutes=30)
ROWS = 6000
"""A plan that follows the meter writes about 50 rows a minute at most."""
PAST_SLOTS, NEXT_SLOTS = 6, 2
FAR = timedelta(hours=6)


def slots_of(
    recommendations: Recommendations,
    ledger: Ledger,
    device_id: str,
    project_id: str,
    plan: Recommendation | None,
    now: datetime,
) -> tuple[Slot, ...]:
    """Return the next slots, the present one and those of the last hours, newest first.

    `plan` is the one in force, or one that waits: its slots are shown as far as the ledger does not know better.
    """
    rows = ledger.rows(project_id, now - LOOK_BACK, ROWS)
    complete_from = rows[0].at if len(rows) == ROWS else now - LOOK_BACK
    mine = [row for row in rows if row.device_id == device_id and row.slot_start >= complete_from]
    executed = _executed(recommendations, mine, now)
    begun = {slot.step.start for slot in executed}
    waiting = [slot for slot in _of_plan(recommendations, plan, now) if slot.step.start not in begun]
    newest = sorted([*executed, *waiting], key=lambda slot: slot.step.start, reverse=True)
    ahead = [slot for slot in newest if slot.step.start > now][-NEXT_SLOTS:]
    return (*ahead, *[slot for slot in newest if slot.step.start <= now][: PAST_SLOTS + 1])


def _executed(recommendations: Recommendations, rows: Sequence[LedgerRow], now: datetime) -> list[Slot]:
    """Return the slots that the ledger knows; of two orders in one slot the later one counts."""
    plans = {name: recommendations.get(name) for name in {row.recommendation_id for row in rows}}
    decisions = {name: recommendations.transitions(name) for name in plans}
    found = []
    for start, of_slot in _by_slot(rows):
        newest = of_slot[-1]
        mine = [row for row in of_slot if row.order_id == newest.order_id]
        plan = plans[newest.recommendation_id]
        step = plan.step_at(start) if plan else None
        if plan is not None and step is not None:
            found.append(slot_of(step, plan, decisions[plan.recommendation_id], mine, now))
    return found


def _by_slot(rows: Iterable[LedgerRow]) -> Iterator[tuple[datetime, list[LedgerRow]]]:
    in_order = sorted(rows, key=lambda row: (row.slot_start, row.row_id))
    for start, of_slot in groupby(in_order, key=lambda row: row.slot_start):
        yield start, list(of_slot)


def _of_plan(recommendations: Recommendations, plan: Recommendation | None, now: datetime) -> list[Slot]:
    """Return the slots that a plan in force has to execute in these hours (or that a proposed one would)."""
    if plan is None:
        return []
    decisions = recommendations.transitions(plan.recommendation_id)
    approval = approval_of(decisions)
    since = max(now - LOOK_BACK, approval.at) if approval else now
    return [slot_of(step, plan, decisions, (), now) for step in plan.payload.steps if _is_shown(step, since, now)]


def _is_shown(step: Step, since: datetime, now: datetime) -> bool:
    return step.start < now + FAR and (step.start >= since or step.end > now)
