"""Two rival dispatchers and everything that can go wrong: what is in the records afterwards must still be right."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dash_app.domain.dispatch import Stage
from tests.fakes.history import History
from tests.soak.verdict import Verdict, judge


def checked(folder: Path, *, slots: int, devices: int, seed: int) -> tuple[History, Verdict]:
    """Let a history happen, say what was in it, and check that nothing in it is wrong."""
    history = History(folder, seed, devices=devices)
    history.run(slots)
    verdict = judge(history)
    sys.stderr.write(
        f"\n{slots} slots x {devices} devices, seed {seed}: {verdict.writes} set-points written, "
        f"{sum(history.faults.values())} faults {dict(history.faults)}; slots {dict(verdict.slots)}; "
        f"wrong { ({kind: len(found) for kind, found in verdict.wrong.items()} or 'nothing') }\n"
    )
    assert verdict.wrong == {}
    return history, verdict


def test_a_short_history_has_nothing_doubled_stale_outside_or_falsely_followed(tmp_path: Path) -> None:
    history, verdict = checked(tmp_path, slots=6, devices=2, seed=6)
    assert verdict.slots[Stage.FOLLOWED.value] > 0, "some of it must have worked"
    assert sum(history.faults.values()) >= 10


@pytest.mark.soak
def test_a_thousand_slots_with_five_hundred_faults_have_nothing_wrong(tmp_path: Path) -> None:
    history, verdict = checked(tmp_path, slots=380, devices=3, seed=1000)
    assert sum(verdict.slots.values()) >= 1000
    assert sum(history.faults.values()) >= 500
