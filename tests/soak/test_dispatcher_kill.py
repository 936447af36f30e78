"""kill -9 of the dispatcher between a write and its acknowledgement, again and again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dash_app.domain.dispatch import Stage
from dash_app.domain.schedule import Intent
from tests.fakes.dispatch_rig import ENABLE, SETPOINT, Rig


def killed_again_and_again(folder: Path, rounds: int, seed: int) -> None:
    """Kill a dispatcher at a set-point and let the next one go on, `rounds` times, with a load that moves."""
    chance = random.Random(seed)
    rig = Rig(folder, intent=Intent.FOLLOW, target_kw=20.0)
    try:
        for number in range(rounds):
            rig.double.handler.set_load_w(chance.randrange(20_000, 50_000))
            victim = rig.start()
            rig.kill_at(victim, chance.choice((SETPOINT, ENABLE)), applied=chance.random() < 0.5)
            rig.wait(lambda victim=victim: victim.poll() is not None)
            heir = rig.start()
            known = len(rig.rows(Stage.READ_BACK))
            rig.wait(lambda known=known: len(rig.rows(Stage.READ_BACK)) > known)
            heir.kill()
            heir.wait()
            if number % 10 == 9 or number == rounds - 1:
                rig.check_promises()
    finally:
        rig.close()


def test_three_kills_leave_one_order_and_no_value_without_an_intent(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, rounds=3, seed=5)


@pytest.mark.soak
def test_two_hundred_kills_leave_one_order_and_no_value_without_an_intent(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, rounds=200, seed=200)
