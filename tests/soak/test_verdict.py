"""The judge of histories must find what is wrong: each kind of wrong, made by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dash_app.domain.dispatch import Lease, Order, Stage
from tests.fakes.clock import FakeClock
from tests.fakes.history import Ordered, Sample
from tests.fakes.payloads import NOON, a_step
from tests.fakes.store import FakeStore
from tests.soak.verdict import Verdict, judge

MINUTE = timedelta(minutes=1)
STEP = a_step(NOON, end=NOON + MINUTE, battery_kw=5.0)
SECOND = timedelta(seconds=1)


@dataclass
class Records:
    """What a history leaves behind, with one right slot in it: 5 kW intended, written, followed."""

    folder: Path
    projects: tuple[str, ...] = ("site0",)
    ordered: dict[tuple[str, int], Ordered] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fast = self.clock = FakeClock(NOON)
        self.fast.now = lambda: NOON + 2 * MINUTE  # type: ignore[assignment,method-assign]
        self.clock = FakeClock(NOON)
        self.store = FakeStore(self.clock)
        self.ordered["site0", 5000] = Ordered(project_id="site0", step=STEP)
        self.lines: list[str] = []
        self.intend("one", 5.0, epoch=1)
        self.write(5000, NOON + SECOND)
        self.samples["site0"] = [Sample(at=NOON + 2 * SECOND, power_kw=5.0)]
        self.row("one", 5.0, Stage.FOLLOWED, epoch=1, at=NOON + 3 * SECOND)

    def intend(self, order_id: str, kw: float, *, epoch: int, at: datetime = NOON) -> None:
        self.row(order_id, kw, Stage.INTENDED, epoch=epoch, at=at)

    def row(self, order_id: str, kw: float, stage: Stage, *, epoch: int, at: datetime = NOON) -> None:
        order = Order(
            order_id=order_id, recommendation_id="r", project_id="site0", device_id="d", step=STEP, payload_digest=""
        )
        self.clock.now = at
        lease = Lease(name="dispatch", holder="x", epoch=epoch, expires_at=NOON)
        self.store.ledger.append(order, lease, sequence=1, stage=stage, setpoint_kw=kw)

    def write(self, watts: int, at: datetime, *, refused: int = 0) -> None:
        row = {"time": at.isoformat(), "unit": 1, "address": 10, "values": [*divmod(watts, 65536)], "refused": refused}
        self.lines.append(json.dumps(row))

    def judged(self) -> Verdict:
        (self.folder / "site0.jsonl").write_text("\n".join(self.lines))
        return judge(self)  # type: ignore[arg-type]


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path)


def test_a_right_history_has_nothing_wrong(records: Records) -> None:
    records.write(0, NOON + 30 * SECOND)
    records.write(99_999, NOON, refused=3)
    verdict = records.judged()
    assert (verdict.wrong, verdict.writes, verdict.slots) == ({}, 1, {"followed": 1})


def test_a_power_of_no_plan_is_outside(records: Records) -> None:
    records.write(7_777, NOON + SECOND)
    assert set(records.judged().wrong) == {"outside"}


def test_a_write_after_its_slot_is_stale(records: Records) -> None:
    records.write(5000, NOON + MINUTE)
    assert set(records.judged().wrong) == {"stale"}


def test_a_write_of_an_old_epoch_is_stale(records: Records) -> None:
    records.row("one", 5.0, Stage.READ_BACK, epoch=2, at=NOON + 10 * SECOND)
    records.write(5000, NOON + 11 * SECOND)
    assert set(records.judged().wrong) == {"stale"}


def test_a_write_before_its_intent_is_unintended(records: Records) -> None:
    records.write(5000, NOON - SECOND)
    assert "unintended" in records.judged().wrong


def test_two_orders_of_a_slot_are_doubled(records: Records) -> None:
    records.ordered["site0", 6000] = Ordered(project_id="site0", step=STEP)
    records.intend("two", 6.0, epoch=1)
    records.write(6000, NOON + 20 * SECOND)
    assert len(records.judged().doubled) == 2


@pytest.mark.parametrize(("power_kw", "at"), [(0.0, NOON + SECOND), (5.0, NOON - MINUTE), (5.0, NOON + 4 * SECOND)])
def test_followed_although_the_battery_did_not_is_false(records: Records, power_kw: float, at: datetime) -> None:
    records.samples["site0"] = [Sample(at=at, power_kw=power_kw)]
    assert set(records.judged().wrong) == {"falsely_followed"}
