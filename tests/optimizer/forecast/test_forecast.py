"""The forecaster against hand-made series whose answer is known, and against its own promises."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.time import TimeGrid
from optimizer.forecast import components
from optimizer.forecast.history import build_history
from optimizer.forecast.mix import learn_weights, run_components, training_origins
from optimizer.forecast.model import LOAD_COMPONENTS, forecast_load, forecast_pv
from optimizer.forecast.sun import clear_sky_shape, local_sun

QUARTER = timedelta(minutes=15)
LONDON = ZoneInfo("Europe/London")
END = datetime(2021, 6, 7, 9, 0, tzinfo=UTC)


def weekly_series(weeks: int, *, zone: ZoneInfo = LONDON, end: datetime = END) -> pd.Series:
    """A load that only depends on the local weekday and hour: 10 kW + hour, 5 kW less at weekends."""
    index = pd.date_range(end - timedelta(weeks=weeks), end, freq=QUARTER, inclusive="left", name="time")
    return pd.Series(truth(index, zone), index=index)


def truth(index: pd.DatetimeIndex, zone: ZoneInfo = LONDON) -> np.ndarray:
    local = index.tz_convert(zone)
    return 10.0 + local.hour.to_numpy() - 5.0 * (local.day_of_week.to_numpy() >= 5)


def grid(start: datetime = END, steps: int = 192) -> TimeGrid:
    return TimeGrid(start=start, step=QUARTER, steps=steps)


def test_a_perfectly_weekly_load_is_forecast_exactly() -> None:
    forecast = forecast_load(weekly_series(12), grid(), zone=LONDON, issued_at=END)
    np.testing.assert_allclose(forecast.frame["p50"], truth(forecast.frame.index), atol=0.2)


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Europe/London", datetime(2021, 3, 27, 12, tzinfo=UTC)),
        ("Europe/London", datetime(2021, 10, 30, 12, tzinfo=UTC)),
        ("Australia/Melbourne", datetime(2020, 10, 3, 6, tzinfo=UTC)),
        ("Australia/Melbourne", datetime(2021, 4, 3, 6, tzinfo=UTC)),
    ],
)
def test_lags_follow_the_wall_clock_across_a_clock_change(zone: str, end: datetime) -> None:
    place = ZoneInfo(zone)
    history = build_history(weekly_series(8, zone=place, end=end), zone=place, issued_at=end)
    local = pd.date_range(history.values.index[-1] + QUARTER, periods=192, freq=QUARTER)
    expected = 10.0 + local.hour - 5.0 * (local.day_of_week >= 5)
    np.testing.assert_allclose(components.weekly_median(history, local), expected)


def test_nothing_after_the_issue_time_changes_the_forecast() -> None:
    series = weekly_series(7)
    spoiled = series.copy()
    spoiled[spoiled.index >= END - timedelta(days=3)] = 9999.0
    at = grid(END - timedelta(days=3))
    one = forecast_load(series, at, zone=LONDON, issued_at=at.start).frame
    other = forecast_load(spoiled, at, zone=LONDON, issued_at=at.start).frame
    pd.testing.assert_frame_equal(one, other)


def test_weights_only_know_targets_that_are_past() -> None:
    history = build_history(weekly_series(12), zone=LONDON, issued_at=END)
    runs = run_components(LOAD_COMPONENTS, history, training_origins(history)[-12:], 192)
    origin = runs.origins[6]
    known = runs.known_at(origin)
    assert known[:6].any() and not known[6:].any()
    changed = runs.actuals.copy()
    changed[~known] += 1000.0
    later = type(runs)(
        names=runs.names, origins=runs.origins, forecasts=runs.forecasts, actuals=changed, step=runs.step
    )
    np.testing.assert_array_equal(learn_weights(runs, origin), learn_weights(later, origin))


def test_zero_runs_and_spikes_are_left_out_and_counted() -> None:
    series = weekly_series(8)
    series.iloc[100:200] = 0.0
    series.iloc[300] = 5000.0
    history = build_history(series, zone=LONDON, issued_at=END)
    assert (history.zero_runs, history.spikes) == (100, 1)
    assert history.values.max() < 100.0


def test_a_young_site_is_forecast_from_what_it_has() -> None:
    series = weekly_series(1).iloc[-3 * 96 :]
    forecast = forecast_load(series, grid(), zone=LONDON, issued_at=END)
    assert list(forecast.weights) == ["day_naive"]
    assert forecast.frame.notna().all().all()


def test_no_history_is_an_error_and_not_a_profile() -> None:
    with pytest.raises(ValueError, match="too few"):
        forecast_load(weekly_series(1).iloc[:0], grid(), zone=LONDON, issued_at=END)


def test_quantiles_are_ordered_and_never_negative() -> None:
    noise = np.random.default_rng(7).normal(0, 6, 12 * 7 * 96)
    series = (weekly_series(12) + noise).clip(lower=0)
    frame = forecast_load(series, grid(), zone=LONDON, issued_at=END).frame
    assert (frame["p10"] <= frame["p50"]).all() and (frame["p50"] <= frame["p90"]).all() and (frame >= 0).all().all()
    inside = (truth(frame.index) >= frame["p10"]) & (truth(frame.index) <= frame["p90"])
    assert inside.mean() > 0.9


def test_clear_sky_days_repeat_as_the_sun_moves() -> None:
    index = pd.date_range(END - timedelta(days=60), END, freq=QUARTER, inclusive="left", name="time")
    place = {"latitude": 52.2, "longitude": 0.13}
    pv = pd.Series(clear_sky_shape(index, QUARTER, **place) / 10, index=index)
    forecast = forecast_pv(pv, grid(), zone=LONDON, issued_at=END, **place)
    expected = clear_sky_shape(forecast.frame.index, QUARTER, **place) / 10
    day = expected > 5
    np.testing.assert_allclose(forecast.frame["p50"][day], expected[day], rtol=0.03)
    assert (forecast.frame[expected == 0.0] == 0.0).all().all()


def test_the_sun_is_the_one_of_the_date_of_measurement() -> None:
    shift = timedelta(weeks=26)
    index = pd.date_range(END - timedelta(days=40), END, freq=QUARTER, inclusive="left", name="time")
    place = {"latitude": -37.9, "longitude": 145.1}
    pv = pd.Series(clear_sky_shape(index - shift, QUARTER, **place) / 10, index=index)
    melbourne = ZoneInfo("Australia/Melbourne")
    frame = forecast_pv(pv, grid(), zone=melbourne, issued_at=END, measured_shift=shift, **place).frame
    expected = clear_sky_shape(frame.index - shift, QUARTER, **place) / 10
    day = expected > 10
    np.testing.assert_allclose(frame["p50"][day], expected[day], rtol=0.08)


def test_the_sun_of_a_replay_runs_on_the_wall_clock_across_a_clock_change() -> None:
    """Served in June in Melbourne (winter time), measured 26 weeks before (summer time): nine o'clock stays nine."""
    melbourne = ZoneInfo("Australia/Melbourne")
    end = datetime(2021, 6, 7, 2, 0, tzinfo=UTC)
    wall = pd.date_range("2021-04-20 00:00", "2021-06-09 12:00", freq=QUARTER, inclusive="left")
    measured = (wall - timedelta(weeks=26)).tz_localize(melbourne).tz_convert("UTC")
    place = {"latitude": -37.9, "longitude": 145.1}
    true = pd.Series(clear_sky_shape(measured, QUARTER, **place) / 10, index=wall.tz_localize(melbourne))
    true = true.tz_convert("UTC")
    shift = end - (end.astimezone(melbourne).replace(tzinfo=None) - timedelta(weeks=26)).replace(tzinfo=melbourne)
    assert shift == timedelta(weeks=26, hours=1)
    history = build_history(true, zone=melbourne, issued_at=end, positive=False)
    sun = local_sun(history, -37.9, 145.1, shift, end)
    at_noon = pd.Timestamp("2021-06-08 12:00")
    expected = clear_sky_shape(
        pd.DatetimeIndex([at_noon - timedelta(weeks=26)]).tz_localize(melbourne).tz_convert("UTC"), QUARTER, **place
    )
    assert sun[at_noon] == pytest.approx(expected[0])
