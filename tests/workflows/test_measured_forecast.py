"""What had been forecast: the newest forecast of each moment made before it, ours and the server's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from dash_app.domain.frames import Band
from dash_app.domain.site import Measurand, Quantity
from dash_app.workflows.measured import Place, view_of
from dash_app.workflows.measured_forecast import (
    MeasuredForecast,
    Source,
    load_measured_forecast,
    newest_of_each_moment,
)
from tests.fakes.api import session
from tests.fakes.campus import (
    ARRAYS_KWP,
    NOW,
    QUARTER,
    ZONE,
    CampusMeasurements,
    measurands,
    plan,
    project,
    series_of,
    site,
)
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore

HOUR = timedelta(hours=1)
SERVER_PV = Measurand(
    measurand_id="901",
    code="pv_forecast",
    name="PV forecast",
    quantity=Quantity.PV_FORECAST_KW,
    resolution=QUARTER,
)


class WithForecasts(CampusMeasurements):
    """The campus whose server also forecasts PV: always 20 kW, up to whatever is asked for."""

    def __init__(self) -> None:
        super().__init__(FakeClock(NOW))
        self.listed = (*measurands(), SERVER_PV)

    def measurands(self, session, project):
        return self.listed

    def _series(self, m: Measurand, start: datetime, end: datetime) -> pd.Series:
        if m != SERVER_PV:
            return super()._series(m, start, end)
        index = pd.date_range(pd.Timestamp(start).ceil("15min"), end, freq="15min", inclusive="left", name="time")
        return pd.Series(20.0, index=index)


def loaded(search: str = "", *, measurements: CampusMeasurements | None = None, plans: int = 1) -> MeasuredForecast:
    measurements = measurements or CampusMeasurements(FakeClock(NOW))
    store = FakeStore(FakeClock(NOW))
    for number in range(plans):
        store.recommendations.add(plan(datetime(2020, 9, 27, 14 + 4 * number, tzinfo=UTC)), by="planner@example.org")
    place = Place(project=project(), site=site(), measurands=measurements.listed, zone=ZONE)
    return load_measured_forecast(
        session("u1", project()),
        place,
        view_of(place, search, measurements.clock),
        opening=False,
        measurements=measurements,
        recommendations=store.recommendations,
    )


def test_of_each_moment_the_newest_forecast_counts_that_was_made_before_it() -> None:
    older, newer = plan(datetime(2020, 9, 27, 14, tzinfo=UTC)), plan(datetime(2020, 9, 27, 18, tzinfo=UTC))
    older = replace(older, plan={**older.plan, "pv_kw": [1.0] * len(older.steps)})
    newer = replace(
        newer,
        plan={**newer.plan, "pv_kw": [2.0] * len(newer.steps)},
        computed_at=newer.computed_at + timedelta(minutes=5),
    )
    known = newest_of_each_moment((newer, older), "pv")
    assert known.index.is_unique and known.index.is_monotonic_increasing
    assert known.loc["2020-09-27T17:45Z", Band.P50] == 1.0
    assert known.loc["2020-09-27T18:00Z", Band.P50] == 1.0  # the newer one was made five minutes after this began
    assert known.loc["2020-09-27T18:15Z", Band.P50] == 2.0
    assert known.loc["2020-09-27T18:00Z", "lead_h"] == 4.0
    assert known.loc["2020-09-27T18:15Z", "lead_h"] == pytest.approx(10 / 60)


def test_no_plan_is_no_forecast() -> None:
    found = loaded(plans=0)
    assert found.forecasts(Quantity.PV_KW) == ()
    assert newest_of_each_moment((), "pv").empty


def test_our_forecast_is_cut_to_the_range_and_knows_its_step_and_lead() -> None:
    forecast = loaded("?range=day").forecasts(Quantity.LOAD_KW)[0]
    assert (forecast.source, forecast.step) == (Source.OURS, QUARTER)
    assert forecast.frame.index[0] == pd.Timestamp("2020-09-27T14:00Z")
    assert forecast.frame.index[-1] == pd.Timestamp("2020-09-28T13:45Z")
    assert list(forecast.frame.columns) == [Band.P50, Band.P10, Band.P90]
    hours = [(number * 0.25) for number in range(55)]  # 14:00 to 03:30, all made at 14:00
    assert forecast.lead == timedelta(hours=sum(hours) / len(hours))


def test_the_error_is_that_of_the_steps_that_are_over() -> None:
    found = loaded("?range=day")
    forecast = found.forecasts(Quantity.PV_KW)[0]
    error = found.error(Quantity.PV_KW, forecast)
    start, end = datetime(2020, 9, 27, 14, tzinfo=UTC), datetime(2020, 9, 28, 14, tzinfo=UTC)
    arrays = [series_of(m, start, end) for m in measurands() if m.quantity is Quantity.PV_KW]
    assert len(arrays) == len(ARRAYS_KWP)
    real = [sum(values) for values in zip(*(series.tolist() for series in arrays), strict=True)]
    said = forecast.frame[Band.P50].tolist()[: len(real)]
    low, high = (forecast.frame[column].tolist()[: len(real)] for column in (Band.P10, Band.P90))
    assert error is not None and error.count == len(real) == 54
    assert error.mae_kw == pytest.approx(sum(abs(s - r) for s, r in zip(said, real, strict=True)) / 54)
    assert error.bias_kw == pytest.approx(sum(s - r for s, r in zip(said, real, strict=True)) / 54)
    inside = sum(a <= r <= b for a, r, b in zip(low, real, high, strict=True))
    assert error.inside == pytest.approx(inside / 54)


def test_the_servers_forecast_reaches_beyond_now_and_has_no_band() -> None:
    found = loaded("?range=day", measurements=WithForecasts())
    ours, server = found.forecasts(Quantity.PV_KW)
    assert (ours.source, server.source) == (Source.OURS, Source.SERVER)
    assert len(server.frame) == 96
    assert server.lead is None
    error = found.error(Quantity.PV_KW, server)
    assert error is not None and error.inside is None and error.count == 54
    real = found.total(Quantity.PV_KW).dropna()
    assert error.bias_kw == pytest.approx(20.0 - real.mean())


def test_a_range_of_the_past_has_the_forecasts_that_reach_into_it_only() -> None:
    assert loaded("?range=day&at=2020-09-20").forecasts(Quantity.PV_KW) == ()
