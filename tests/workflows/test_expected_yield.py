"""The expected yield of a place: the sun of the date of measurement, over data of the shipped campus."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.measurement import Window
from dash_app.domain.site import GridConnection, Measurand, Quantity, Site
from dash_app.workflows.expected_yield import clear_sky_of, expected_days, span_of
from dash_app.workflows.measured import Place
from tests.fakes.api import project
from tests.raw import column

QUARTER = timedelta(minutes=15)
MELBOURNE = ZoneInfo("Australia/Melbourne")
ARRAY = Measurand(measurand_id="1", code="pv", name="Array 1", quantity=Quantity.PV_KW, resolution=QUARTER)
SITE = Site(
    project_id="p1", name="Campus", timezone=MELBOURNE, currency="AUD", latitude=-37.911, longitude=145.134,
    place="Clayton, AU", grid=GridConnection(import_limit_kw=300, export_limit_kw=150),
)  # fmt: skip
DAYS = [date(2020, 9, 16) + timedelta(days=k) for k in range(14)]
SHIFT = timedelta(weeks=52 * 6)
NOW = datetime(2020, 9, 30, 2, tzinfo=UTC)


def place(*measurands: Measurand, site: Site | None = SITE) -> Place:
    return Place(project=project(), site=site, measurands=measurands, zone=MELBOURNE)


@pytest.fixture(scope="module")
def measured() -> pd.Series:
    known = {moment: value for moment, (value,) in column("au_clayton/au_cla_pv_15min", "solar0_kw").items()}
    series = pd.Series(known).sort_index()
    return series.loc["2020-08-10":"2020-09-30"].asfreq("15min")


def window(series: pd.Series) -> Window:
    start, end = series.index[0].to_pydatetime(), series.index[-1].to_pydatetime() + QUARTER
    return Window(start=start, end=end, series={"1": series}, fetched_at=end, data_until=end)


def test_the_sun_is_the_one_of_the_date_of_measurement() -> None:
    served = pd.date_range("2026-01-01", periods=96, freq="15min", tz="UTC")
    half_a_year = timedelta(days=184)
    now = datetime(2026, 1, 2, tzinfo=UTC)
    winter = clear_sky_of(SITE, served, QUARTER, half_a_year, now)
    summer = clear_sky_of(SITE, served, QUARTER, timedelta(0), now)
    assert winter.max() < 0.6 * summer.max()


def test_a_clock_change_between_serving_and_measuring_moves_no_noon() -> None:
    """Served in summer time at 13:00 is measured in winter time at 13:00 of the wall clock, not at 12:00."""
    now = datetime(2026, 11, 22, 3, tzinfo=UTC)
    measured_now = datetime(2026, 8, 22, 14, tzinfo=MELBOURNE)
    served = pd.date_range("2026-11-20", periods=96, freq="15min", tz=MELBOURNE).tz_convert("UTC")
    measured = pd.date_range("2026-08-20", periods=96, freq="15min", tz=MELBOURNE).tz_convert("UTC")
    found = clear_sky_of(SITE, served, QUARTER, now - measured_now, now)
    plain = clear_sky_of(SITE, measured, QUARTER, timedelta(0), now)
    assert found.to_numpy() == pytest.approx(plain.to_numpy())


def test_a_sunny_fortnight_is_expected_within_a_fifth(measured: pd.Series) -> None:
    found = expected_days(place(ARRAY), window(measured), DAYS, NOW)
    local = measured.groupby(measured.index.tz_convert(MELBOURNE).date).sum() * 0.25
    actual = np.array([local[each.day] for each in found])
    expected = np.array([each.expected_kwh for each in found])
    assert [each.day for each in found] == DAYS
    assert expected.sum() == pytest.approx(actual.sum(), rel=0.2)
    inside = [each.low_kwh <= local[each.day] <= each.high_kwh for each in found]
    assert sum(inside) >= len(DAYS) // 2


def test_replayed_data_are_expected_as_when_they_were_measured(measured: pd.Series) -> None:
    first = expected_days(place(ARRAY), window(measured), DAYS, NOW)
    served = measured.set_axis(measured.index + SHIFT)
    replayed = place(replace(ARRAY, measured_shift=SHIFT))
    again = expected_days(replayed, window(served), [day + SHIFT for day in DAYS], NOW + SHIFT)
    both = zip(first, again, strict=True)
    assert all(one.expected_kwh == pytest.approx(two.expected_kwh, rel=1e-9) for one, two in both)


def test_without_arrays_or_a_site_nothing_is_expected(measured: pd.Series) -> None:
    assert expected_days(place(), window(measured), DAYS, NOW) == ()
    assert expected_days(place(ARRAY, site=None), window(measured), DAYS, NOW) == ()
    assert expected_days(place(ARRAY), window(measured), [], NOW) == ()


def test_the_values_of_28_days_before_are_needed_up_to_the_last_days_end() -> None:
    start, end = span_of([date(2026, 11, 5), date(2026, 11, 6)], place(ARRAY))
    assert start == datetime(2026, 10, 7, 13, tzinfo=UTC)
    assert end == datetime(2026, 11, 6, 13, tzinfo=UTC)
