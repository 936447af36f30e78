"""What every Measurements keeps to: the cached one and the fake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from dash_app.domain.errors import ApiUnavailable, NotFound
from dash_app.domain.frames import check_index
from dash_app.domain.measurement import Published
from dash_app.domain.ports import Measurements
from dash_app.domain.weather import Observed, Weather
from services.cache import DiskStore
from services.measurements import CachedMeasurements
from tests.fakes.api import FakeEnergyApi, FakeMeasurements, project, session
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
SPAN = timedelta(hours=48)
P1 = project()
ADA = session("ada", P1)


@pytest.fixture
def api() -> FakeEnergyApi:
    return FakeEnergyApi(FakeClock(NOW))


@pytest.fixture(params=["cached", "patient", "fake"])
def measurements(request: pytest.FixtureRequest, api: FakeEnergyApi, tmp_path: Path) -> Measurements:
    clock = FakeClock(NOW)
    if request.param == "fake":
        return FakeMeasurements(api, clock)
    store = DiskStore(tmp_path, clock=clock)
    patient = request.param == "patient"
    return CachedMeasurements(api, store, clock=clock, timeout=timedelta(minutes=3000), patient=patient)


def test_opening_a_project_shows_the_last_48_h_and_is_counted(measurements: Measurements) -> None:
    window = measurements.open_project(ADA, P1)
    assert (window.start, window.end, window.data_until) == (NOW - SPAN, NOW, NOW)
    for series in window.series.values():
        check_index(series.index)
        assert len(series) == 192
    assert measurements.stats().openings == 1


@pytest.mark.parametrize("days", [1, 2, 3, 9])
def test_a_window_holds_the_steps_that_begin_in_it(measurements: Measurements, days: int) -> None:
    start = NOW - timedelta(days=days)
    window = measurements.load_window(ADA, P1, start, NOW)
    assert {name: (len(s), s.index[0]) for name, s in window.series.items()} == dict.fromkeys("12", (96 * days, start))


def test_the_measurands_are_those_of_the_project(measurements: Measurements) -> None:
    assert [m.measurand_id for m in measurements.measurands(ADA, P1)] == ["1", "2"]


def test_a_project_of_somebody_else_does_not_exist(measurements: Measurements) -> None:
    for ask in (measurements.open_project, measurements.live, measurements.measurands):
        with pytest.raises(NotFound):
            ask(ADA, project("p2"))
    for published in (measurements.prices, measurements.co2, measurements.weather):
        with pytest.raises(NotFound):
            published(ADA, "p2", NOW, NOW + SPAN)


def test_live_values_have_their_own_moment(measurements: Measurements) -> None:
    assert {value.at for value in measurements.live(ADA, P1)} == {NOW - timedelta(minutes=15)}


def test_published_series_come_with_the_moment_of_their_issue(measurements: Measurements, api: FakeEnergyApi) -> None:
    assert measurements.co2(ADA, "p1", NOW, NOW + SPAN) is None
    index = pd.date_range(NOW, NOW + timedelta(hours=3), freq="1h", inclusive="left", name="time")
    api.published["prices"] = Published(issued_at=NOW, values=pd.Series([0.1, -0.2, 4.0], index=index), unit="AUD/kWh")
    found = measurements.prices(ADA, "p1", NOW, NOW + SPAN)
    assert found is not None
    assert (found.issued_at, found.unit, found.values.tolist()) == (NOW, "AUD/kWh", [0.1, -0.2, 4.0])


def test_weather_comes_by_quantity_and_is_cut_to_what_was_asked_for(
    measurements: Measurements, api: FakeEnergyApi
) -> None:
    assert measurements.weather(ADA, "p1", NOW, NOW + SPAN) is None
    index = pd.date_range(NOW - SPAN, NOW, freq="1h", inclusive="left", name="time")
    values = pd.DataFrame({column: float(place) for place, column in enumerate(Weather)}, index=index)
    values.iloc[-1, 0] = float("nan")
    api.observed = Observed(issued_at=NOW, values=values)
    found = measurements.weather(ADA, "p1", NOW - timedelta(hours=3), NOW)
    assert found is not None
    assert found.issued_at == NOW
    assert list(found.values.columns) == list(Weather)
    assert found.values[Weather.TEMPERATURE_C].tolist() == pytest.approx([0.0, 0.0, float("nan")], nan_ok=True)
    assert found.values[Weather.IRRADIANCE_W_M2].tolist() == [2.0, 2.0, 2.0]


def test_a_time_without_any_weather_is_not_a_project_without_weather(
    measurements: Measurements, api: FakeEnergyApi
) -> None:
    index = pd.DatetimeIndex([], tz="UTC", name="time")
    api.observed = Observed(issued_at=None, values=pd.DataFrame(columns=list(Weather), index=index, dtype=float))
    for _once_more in range(2):
        found = measurements.weather(ADA, "p1", NOW, NOW + SPAN)
        assert found is not None
        assert found.values.empty


def test_without_the_api_and_without_saved_data_the_failure_is_told(
    measurements: Measurements, api: FakeEnergyApi
) -> None:
    api.fails = ApiUnavailable("refused")
    with pytest.raises(ApiUnavailable):
        measurements.open_project(ADA, P1)


def test_nothing_is_older_than_the_time_out_at_the_start(measurements: Measurements) -> None:
    assert measurements.purge_expired() == 0
