"""Set-point against measured: what was told holds until the next row, a release or the end of its slot."""

from datetime import timedelta

import pandas as pd
import pytest

from dash_app.domain.dispatch import LedgerRow, Stage
from dash_app.domain.tracking import Tracking, planned, told_by
from tests.domain.test_chain import a_plan, rows
from tests.fakes.payloads import NOON, QUARTER

NAN = float("nan")
MINUTE = timedelta(minutes=1)


def points(found: pd.Series) -> list[tuple[float, float | None]]:
    """Return (minutes after noon, kW), None where nothing was told."""
    return [((at - NOON) / MINUTE, None if pd.isna(kw) else kw) for at, kw in found.items()]


def told(*facts: tuple[float, Stage], now_min: float = 7) -> list[tuple[float, float | None]]:
    return points(told_by(rows(*facts), NOON + now_min * MINUTE))


def test_only_what_was_read_back_counts_as_told_and_holds_until_now() -> None:
    assert told((0, Stage.INTENDED), (1, Stage.SENT), (60, Stage.READ_BACK)) == [(1, 10.0), (7, 10.0)]


def test_a_release_ends_it() -> None:
    assert told((0, Stage.READ_BACK), (120, Stage.RELEASED)) == [(0, 10.0), (2, None)]


def test_a_slot_that_nothing_follows_ends_it_at_its_own_end() -> None:
    assert told((0, Stage.READ_BACK), now_min=40) == [(0, 10.0), (15, None)]


def test_between_two_slots_it_holds_on_but_not_over_a_missing_one() -> None:
    def two(later_s: float) -> list[LedgerRow]:
        return rows((0, Stage.READ_BACK), (later_s, Stage.READ_BACK))

    assert points(told_by(two(905), NOON + 15.5 * MINUTE)) == [(0, 10.0), (905 / 60, 10.0), (15.5, 10.0)]
    assert (15.0, None) in points(told_by(two(1805), NOON + 31 * MINUTE))


def test_nothing_told_is_an_empty_series() -> None:
    assert told_by([], NOON).empty


def test_what_is_planned_begins_now_and_ends_with_the_window() -> None:
    found = planned(a_plan(), NOON + 5 * MINUTE, NOON + 20 * MINUTE)
    assert points(found) == [(5, 10.0), (15, 10.0), (20, 10.0)]
    assert planned(None, NOON, NOON + QUARTER).empty


def tracking(told: pd.Series, measured: pd.Series) -> Tracking:
    return Tracking(
        start=NOON, end=NOON + QUARTER, now=NOON + QUARTER, told=told, measured=measured, step=MINUTE,
        ahead=pd.Series(dtype=float),
    )  # fmt: skip


def test_the_deviation_is_taken_where_both_are_known() -> None:
    index = pd.date_range(NOON, periods=3, freq=MINUTE)
    known = pd.Series([10.0, NAN], index=[index[1], index[2]])
    deviation = tracking(known, pd.Series([9.0, 9.5, 9.0], index=index)).deviation()
    assert list(deviation) == [pytest.approx(0.5)]
    assert tracking(known[:0], pd.Series([9.0], index=index[:1])).deviation().empty
