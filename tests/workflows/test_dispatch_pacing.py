"""What a device is spared: ramps, small corrections, and more writes than its memory bears."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.dispatch import Mode, Stage
from dash_app.domain.schedule import Intent
from dash_app.workflows.dispatch_pacing import DAY_S, DEFAULT_RULES, Budget, LoopRules, ramped_kw
from dash_app.workflows.write_pace import does_too_much
from tests.fakes.bench import Bench
from tests.fakes.payloads import NOON, QUARTER, a_payload, a_step

SECOND = timedelta(seconds=1)
RAMP = LoopRules(ramp_kw_per_s=1.0)


@pytest.mark.parametrize(
    ("wanted", "reached"), [(20.0, 15.0), (12.0, 12.0), (3.0, 3.0), (0.0, 0.0), (-3.0, -3.0), (-20.0, -5.0)]
)
def test_power_grows_by_the_ramp_and_shrinks_at_once(wanted: float, reached: float) -> None:
    assert ramped_kw(wanted, 10.0, 5.0, a_step(), RAMP) == reached


@given(
    wanted=st.floats(-20, 20),
    held=st.floats(-20, 20) | st.none(),
    since=st.floats(0, 60),
    low=st.floats(-20, 0),
    high=st.floats(0, 20),
)
def test_no_ramp_leaves_the_band_or_overshoots(
    wanted: float, held: float | None, since: float, low: float, high: float
) -> None:
    wanted = min(max(wanted, low), high)
    reached = ramped_kw(wanted, held, since, a_step(power_min_kw=low, power_max_kw=high), RAMP)
    assert low <= reached <= high
    assert abs(reached) <= abs(wanted) and reached * wanted >= 0


def test_a_jump_of_the_load_is_followed_step_by_step() -> None:
    bench = Bench(rules=RAMP)
    step = a_step(intent=Intent.FOLLOW, target_kw=20.0)
    bench.approve(a_payload(steps=(step,)))
    bench.tick(4)
    bench.plant.load_kw = 38.0
    bench.tick(3)
    bench.plant.load_kw = 25.0
    bench.tick()
    assert [kw for _, kw in bench.plant.writes] == [0.0, 5.0, 10.0, 15.0, 18.0, 5.0]


def test_corrections_wait_for_the_pause_and_are_one_write_then() -> None:
    bench = Bench(rules=LoopRules(least_pause_s=30.0))
    bench.approve(a_payload(steps=(a_step(intent=Intent.FOLLOW, target_kw=20.0),)))
    for load_kw in (30.0, 31.0, 32.0, 33.0, 34.0, 35.0, 36.0):
        bench.plant.load_kw = load_kw
        bench.tick()
    assert [kw for _, kw in bench.plant.writes] == [10.0, 16.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.5, 4000), min_size=1, max_size=400))
def test_no_24_hours_see_more_writes_than_the_budget(pauses: list[float]) -> None:
    rules, budget, now = LoopRules(writes_per_day=50, burst=10), Budget(), 0.0
    taken: list[float] = []
    for pause in pauses:
        now += pause
        if budget.take(rules, now):
            taken.append(now)
    assert all(sum(first <= one <= first + DAY_S for one in taken) <= 50 for first in taken)


def test_a_budget_goes_on_after_a_restart_where_the_ledger_says() -> None:
    bench = Bench(rules=LoopRules(writes_per_day=3, burst=3))
    bench.approve(a_payload(steps=(a_step(intent=Intent.FOLLOW, target_kw=20.0),)))
    for load_kw in (30.0, 31.0, 32.0):
        bench.plant.load_kw = load_kw
        bench.tick()
    bench.hand = bench.fresh_hand()
    bench.tick()
    assert len(bench.plant.writes) == 3
    bench.plant.load_kw = 34.0
    bench.tick(2)
    assert (len(bench.plant.writes), bench.hand.budget.left) == (3, pytest.approx(0.0, abs=0.01))


def test_without_a_budget_a_set_point_that_is_less_than_wanted_stays_and_one_that_is_more_is_given_back() -> None:
    bench = Bench(rules=LoopRules(writes_per_day=1, burst=1))
    bench.approve(
        a_payload(steps=tuple(a_step(NOON + n * QUARTER, intent=Intent.FOLLOW, target_kw=20.0) for n in (0, 1)))
    )
    for load_kw in (30.0, 32.0, 36.0):
        bench.plant.load_kw = load_kw
        bench.tick()
    assert ([kw for _, kw in bench.plant.writes], bench.plant.mode) == ([10.0, 12.0], Mode.REMOTE)
    bench.plant.load_kw = 25.0
    bench.tick(11)
    assert bench.plant.mode is Mode.REMOTE
    bench.tick()
    assert (bench.plant.mode, bench.alarms()) == (Mode.LOCAL, {"write_budget"})
    bench.clock.now = NOON + QUARTER
    bench.tick()
    assert (bench.plant.mode, bench.plant.writes[-1][1]) == (Mode.REMOTE, 5.0), "a slot's first write is always due"


def test_the_edge_of_the_corridor_is_answered_without_a_budget_and_on_credit() -> None:
    bench = Bench(rules=LoopRules(writes_per_day=1, burst=1))
    bench.approve(a_payload(steps=(a_step(intent=Intent.FOLLOW, target_kw=20.0),)))
    for load_kw in (30.0, 32.0):
        bench.plant.load_kw = load_kw
        bench.tick()
    bench.plant.soc = 0.1
    bench.tick()
    assert [kw for _, kw in bench.plant.writes] == [10.0, 12.0, 0.0]
    assert bench.hand.budget.left < 0
    bench.plant.soc = 0.5
    bench.tick(10)
    assert (len(bench.plant.writes), bench.plant.mode) == (3, Mode.REMOTE)


@pytest.mark.parametrize(
    ("held", "wanted", "too_much"),
    [(10.0, 5.0, True), (10.0, 12.0, False), (10.0, -1.0, True), (-10.0, -9.8, False), (0.2, -5.0, False)],
)
def test_too_much_is_more_power_or_the_other_way(held: float, wanted: float, too_much: bool) -> None:
    assert does_too_much(held, wanted, 0.5) is too_much


def test_a_day_of_a_load_that_never_rests_stays_in_the_budget_and_inside_the_deadband_nothing_is_written() -> None:
    chance = random.Random(24)
    rules = LoopRules(writes_per_day=600, burst=60)
    bench = Bench(rules=rules)
    steps = tuple(a_step(NOON + n * QUARTER, intent=Intent.FOLLOW, target_kw=20.0) for n in range(96))
    bench.approve(a_payload(steps=steps))
    for _ in range(24 * 60):
        bench.plant.load_kw = 30.0 + chance.uniform(-8.0, 8.0)
        bench.tick(every=timedelta(minutes=1))
    slots = len({order for order, _ in bench.plant.writes})
    assert 60 < len(bench.plant.writes) <= 600 + slots
    quiet = Bench()
    quiet.approve(a_payload(steps=steps))
    for _ in range(600):
        quiet.plant.load_kw = 30.0 + chance.uniform(-0.02, 0.02)
        quiet.tick(every=SECOND)
    assert len(quiet.plant.writes) == 1
    assert [row.stage for row in quiet.store.ledger.kept].count(Stage.INTENDED) == 1


def test_the_rules_that_hold_by_default_allow_a_write_every_ten_seconds() -> None:
    assert DEFAULT_RULES.writes_per_day == DAY_S / 10
