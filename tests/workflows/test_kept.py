"""What is kept for a while is worked out once, never for too long, and never for somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dash_app.workflows.kept import Kept
from tests.fakes.clock import FakeClock

AGE = timedelta(minutes=5)


def test_a_result_is_worked_out_once_until_it_is_too_old() -> None:
    clock, made = FakeClock(), []
    kept: Kept[int] = Kept(clock, AGE)

    def make() -> int:
        made.append(1)
        return len(made)

    assert not kept.knows(("ada", "p1"))
    assert [kept.of(("ada", "p1"), make) for _turn in range(3)] == [1, 1, 1]
    assert kept.knows(("ada", "p1"))
    assert not kept.knows(("max", "p1"))
    clock.advance(AGE)
    assert not kept.knows(("ada", "p1"))
    assert kept.of(("ada", "p1"), make) == 2


def test_another_person_gets_another_result() -> None:
    kept: Kept[str] = Kept(FakeClock(), AGE)
    assert kept.of(("ada", "p1"), lambda: "hers") == "hers"
    assert kept.of(("max", "p1"), lambda: "his") == "his"


def test_an_error_is_not_kept() -> None:
    kept: Kept[int] = Kept(FakeClock(), AGE)

    def fail() -> int:
        raise OSError("refused")

    with pytest.raises(OSError, match="refused"):
        kept.of(("ada",), fail)
    assert kept.of(("ada",), lambda: 7) == 7


def test_the_oldest_gives_way() -> None:
    kept: Kept[int] = Kept(FakeClock(), AGE, most=2)
    for place in range(3):
        kept.of((place,), lambda: 1)
    assert kept.of((0,), lambda: 2) == 2
    assert kept.of((2,), lambda: 2) == 1
