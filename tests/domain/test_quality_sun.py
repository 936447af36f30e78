"""The sun against pvlib, and when replayed values were measured."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from pvlib.solarposition import get_solarposition

from dash_app.domain.quality_sun import solar_elevation, step_elevation
from dash_app.domain.time import measured_at

PLACES = {
    "Cambridge": (52.194, 0.131),
    "Fontana": (34.092, -117.435),
    "Clayton": (-37.911, 145.134),
    "Konstanz": (47.66, 9.175),
    "Tromsø": (69.65, 18.96),
    "Quito": (-0.18, -78.47),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("year", [2016, 2026, 2040])
def test_the_sun_stands_where_pvlib_says(place: str, year: int) -> None:
    index = pd.date_range(f"{year}-01-01", f"{year}-12-31", freq="7h7min", tz="UTC")
    expected = get_solarposition(index, *PLACES[place])["elevation"].to_numpy()
    assert np.abs(solar_elevation(index, *PLACES[place]) - expected).max() < 0.02


def test_each_step_has_the_sun_of_both_of_its_ends() -> None:
    index = pd.date_range("2020-09-28", periods=3, freq="h", tz="UTC")
    start, end = step_elevation(index, timedelta(hours=1), *PLACES["Konstanz"])
    assert end[:-1] == pytest.approx(start[1:])


def test_without_a_replay_values_were_measured_when_they_are_served() -> None:
    index = pd.date_range("2020-09-28", periods=3, freq="h", tz="UTC")
    assert measured_at(index, timedelta(0), datetime(2020, 9, 29, tzinfo=UTC), ZoneInfo("UTC")).equals(index)


def test_a_replay_keeps_the_wall_clock_where_the_clock_change_lies_between() -> None:
    zone = ZoneInfo("Australia/Melbourne")
    now = datetime(2026, 11, 22, 3, tzinfo=UTC)
    civil_shift = datetime(2026, 11, 3) - datetime(2020, 9, 1)  # noqa: DTZ001 - the wall clock is naive by intent
    source_now = (datetime(2026, 11, 22, 14) - civil_shift).replace(tzinfo=zone)  # noqa: DTZ001 - as above
    served = pd.DatetimeIndex([pd.Timestamp("2026-11-20 12:00", tz=zone), pd.Timestamp("2026-08-20 12:00", tz=zone)])
    measured = measured_at(served.tz_convert("UTC"), now - source_now.astimezone(UTC), now, zone)
    assert [moment.isoformat() for moment in measured.tz_convert(zone)] == [
        "2020-09-18T12:00:00+10:00",
        "2020-06-18T12:00:00+10:00",
    ]
