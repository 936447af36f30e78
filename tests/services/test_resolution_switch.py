"""A meter that goes from hourly to quarter-hourly values at midday: nothing is invented for the hours before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dash_app.domain.measurement import Window, total_of
from dash_app.domain.site import Measurand, Quantity
from services.series import Points, regular

NOON = datetime(2020, 9, 28, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def listed(minutes: int) -> Measurand:
    return Measurand(
        measurand_id="1", code="e_demand", name="Load", quantity=Quantity.LOAD_KW, resolution=timedelta(minutes=minutes)
    )


def switched() -> Points:
    """Return 8.0 kW each hour before noon, then 4.0 kW each quarter of an hour."""
    points = Points()
    for hour in range(12):
        points.times_s.append((NOON + timedelta(hours=hour - 12)).timestamp())
        points.values.append(8.0)
    for quarter in range(48):
        points.times_s.append((NOON + quarter * QUARTER).timestamp())
        points.values.append(4.0)
    return points


def test_on_the_finer_grid_the_hours_before_are_single_values_among_missing_ones() -> None:
    series, dropped = regular(switched(), listed(15), now=NOON + timedelta(hours=12), ceiling_kw=None)
    assert dropped == 0
    before, after = series[series.index < NOON], series[series.index >= NOON]
    assert before.notna().sum() == 12
    assert before.isna().sum() == 36
    assert after.tolist() == [4.0] * 48


def test_on_the_coarser_grid_the_quarters_after_are_averaged() -> None:
    series, _dropped = regular(switched(), listed(60), now=NOON + timedelta(hours=12), ceiling_kw=None)
    assert series.tolist() == [8.0] * 12 + [4.0] * 12


@pytest.mark.parametrize("minutes", [15, 60])
def test_a_sum_over_meters_of_both_kinds_has_the_coarser_step(minutes: int) -> None:
    now = NOON + timedelta(hours=12)
    fine, _dropped = regular(switched(), listed(15), now=now, ceiling_kw=None)
    coarse, _dropped = regular(switched(), listed(60), now=now, ceiling_kw=None)
    series = {"1": fine if minutes == 15 else coarse}
    window = Window(start=NOON - timedelta(hours=12), end=now, series=series, fetched_at=now, data_until=now)
    total = total_of(window, (listed(minutes),), Quantity.LOAD_KW, timedelta(hours=1))
    assert total[total.index >= NOON].tolist() == [4.0] * 12
