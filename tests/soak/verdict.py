"""Judge a history by the plant's own log of writes, the ledger, and what the batteries really did."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dash_app.domain.dispatch import LedgerRow, Stage
from tests.fakes.history import FOREIGN_W, History, Ordered

SETPOINT = 10
TOLERANCE_KW = 1.0 + 0.01
LOOK_BACK = timedelta(seconds=20)
RESULTS = (Stage.FOLLOWED, Stage.UNVERIFIED, Stage.READ_BACK, Stage.REFUSED, Stage.UNREACHABLE, Stage.MISSED)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A set-point that reached a plant and was taken."""

    at: datetime
    project_id: str
    watts: int


@dataclass
class Verdict:
    """What is wrong with a history (each a list of sentences), and what is merely said."""

    doubled: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unintended: list[str] = field(default_factory=list)
    falsely_followed: list[str] = field(default_factory=list)
    slots: Counter[str] = field(default_factory=Counter)
    writes: int = 0

    @property
    def wrong(self) -> dict[str, list[str]]:
        kinds = ("doubled", "stale", "outside", "unintended", "falsely_followed")
        return {kind: getattr(self, kind) for kind in kinds if getattr(self, kind)}


def judge(history: History) -> Verdict:
    verdict = Verdict()
    for project in history.projects:
        rows = history.store.ledger.rows(project, history.fast.now() - timedelta(days=99), 10_000_000)
        writes = _writes(history, project)
        verdict.writes += len(writes)
        for write in writes:
            _judge_write(verdict, history, write, rows)
        _judge_orders(verdict, history, writes, rows)
        _judge_followed(verdict, history, project, rows)
        _count_slots(verdict, project, rows)
    return verdict


def _writes(history: History, project: str) -> list[Written]:
    found = []
    for line in (history.folder / f"{project}.jsonl").read_text().splitlines():
        row = json.loads(line)
        high, *low = row["values"]
        if (row["unit"], row["address"], row["refused"]) != (1, SETPOINT, 0) or not low:
            continue
        watts = high << 16 | low[0]
        watts -= (1 << 32) if watts >> 31 else 0
        if watts not in (0, FOREIGN_W):
            found.append(Written(at=datetime.fromisoformat(row["time"]), project_id=project, watts=watts))
    return found


def _judge_write(verdict: Verdict, history: History, write: Written, rows: list[LedgerRow]) -> None:
    ordered = history.ordered.get((write.project_id, write.watts))
    if ordered is None:
        verdict.outside.append(f"{write} is no power that any plan allows")
        return
    intents = [row for row in rows if row.stage is Stage.INTENDED and row.at <= write.at and _watts(row) == write.watts]
    if not intents:
        verdict.unintended.append(f"{write} has no intent before it")
        return
    if not ordered.step.start <= write.at < ordered.step.end:
        verdict.stale.append(f"{write} belongs to the slot at {ordered.step.start:%H:%M:%S}")
    epoch = max(row.epoch for row in intents)
    newer = [row for row in rows if row.epoch > epoch and row.at <= write.at]
    if newer:
        verdict.stale.append(f"{write} is of epoch {epoch}, {newer[0].epoch} began at {newer[0].at}")


def _judge_orders(verdict: Verdict, history: History, writes: list[Written], rows: list[LedgerRow]) -> None:
    """Two orders of one slot, among the intents or on the wire, are one too many."""
    intended: dict[datetime, set[str]] = defaultdict(set)
    for row in rows:
        if row.stage is Stage.INTENDED:
            intended[row.slot_start].add(row.order_id)
    verdict.doubled += [f"{start}: intended {orders}" for start, orders in intended.items() if len(orders) > 1]
    written: dict[datetime, set[int]] = defaultdict(set)
    for write in writes:
        ordered = history.ordered.get((write.project_id, write.watts))
        if isinstance(ordered, Ordered):
            written[ordered.step.start].add(write.watts)
    verdict.doubled += [f"{start}: written {values} W" for start, values in written.items() if len(values) > 1]


def _judge_followed(verdict: Verdict, history: History, project: str, rows: list[LedgerRow]) -> None:
    samples = history.samples[project]
    moments = [sample.at for sample in samples]
    for row in rows:
        if row.stage is not Stage.FOLLOWED or row.setpoint_kw is None:
            continue
        near = samples[bisect_left(moments, row.at - LOOK_BACK) : bisect_right(moments, row.at)]
        if not any(abs(s.power_kw - row.setpoint_kw) <= TOLERANCE_KW for s in near):
            verdict.falsely_followed.append(f"{row.at}: {row.setpoint_kw} kW, really {[s.power_kw for s in near][-3:]}")


def _count_slots(verdict: Verdict, project: str, rows: list[LedgerRow]) -> None:
    stages: dict[datetime, set[Stage]] = defaultdict(set)
    for row in rows:
        stages[row.slot_start].add(row.stage)
    for seen in stages.values():
        verdict.slots[next((stage.value for stage in RESULTS if stage in seen), "interrupted")] += 1


def _watts(row: LedgerRow) -> int:
    return round((row.setpoint_kw or 0.0) * 1000)
