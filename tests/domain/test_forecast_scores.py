"""Scores of forecasts against sums worked out one value at a time, in plain Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.forecast_scores import (
    Scored,
    calibration,
    cost_of_error,
    in_daylight,
    newest_of_each,
    score,
    scored_steps,
    scores_by_hour,
    scores_by_lead,
)
from dash_app.domain.forecasting import ForecastRecord
from tests.fakes.issued import QUARTER, frame_of, record

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Australia/Melbourne")
Plain = dict[str, float | datetime | None]


def series(start: datetime, end: datetime, step: timedelta = QUARTER, seed: int = 1) -> pd.Series:
    rng = Random(seed)
    index = pd.date_range(start, end, freq=step, inclusive="left", name="time")
    return pd.Series([rng.uniform(10, 90) if rng.random() > 0.05 else None for _ in index], index=index, dtype=float)


def made_at(issued_at: datetime, seed: int, steps: int = 192) -> ForecastRecord:
    rng = Random(seed)
    p50 = [rng.uniform(10, 90) for _ in range(steps)]
    p10, p90 = [v - rng.uniform(0, 30) for v in p50], [v + rng.uniform(0, 30) for v in p50]
    start = pd.Timestamp(issued_at).floor("15min").to_pydatetime()
    return record(issued_at, frame_of(start, p50, p10, p90))


MEASURED = series(NOW - timedelta(days=14), NOW)
RECORDS = [made_at(NOW - timedelta(hours=5 * back, minutes=7), back) for back in range(14, 0, -1)]
START = NOW - timedelta(days=2)


def plain_rows() -> list[Plain]:
    """Return what `scored_steps` is to return, by loops over single values."""
    real = {at.to_pydatetime(): value for at, value in MEASURED.items() if value == value}
    rows: list[Plain] = []
    for one in RECORDS:
        for at, said in one.frame.iterrows():
            begins = at.to_pydatetime()
            if begins < one.issued_at or begins < START or begins + QUARTER > NOW or begins not in real:
                continue
            day = begins - timedelta(days=1)
            while day + QUARTER > one.issued_at:
                day -= timedelta(days=1)
            week = begins - timedelta(days=7)
            while week + QUARTER > one.issued_at:
                week -= timedelta(days=7)
            rows.append({
                "issued": one.issued_at, "at": begins, "lead_h": (begins + QUARTER - one.issued_at) / HOUR,
                "real": real[begins], "said": said["p50"], "low": said["p10"], "high": said["p90"],
                "day": real.get(day), "week": real.get(week),
            })  # fmt: skip
    return rows


def found_rows() -> pd.DataFrame:
    return scored_steps(RECORDS, MEASURED, QUARTER, START, NOW)


def mean(values: list[float]) -> float:
    assert values
    return sum(values) / len(values)


def skill_of(rows: list[Plain], key: str) -> float:
    both = [row for row in rows if row[key] is not None]
    ours = mean([abs(row["said"] - row["real"]) for row in both])
    return 1 - ours / mean([abs(row[key] - row["real"]) for row in both])


def test_every_step_that_began_after_its_issue_and_is_over_is_a_row() -> None:
    found, expected = found_rows(), plain_rows()
    assert len(found) == len(expected) > 1000
    for column, key in (("real_kw", "real"), ("said_kw", "said"), ("low_kw", "low"), ("lead_h", "lead_h")):
        assert found[column].tolist() == pytest.approx([row[key] for row in expected])
    assert [at.to_pydatetime() for at in found[Scored.VALID_AT]] == [row["at"] for row in expected]


def test_persistence_knows_nothing_that_was_measured_after_the_issue() -> None:
    found, expected = found_rows(), plain_rows()
    for column, key in ((Scored.DAY_BEFORE, "day"), (Scored.WEEK_BEFORE, "week")):
        told = [None if value != value else value for value in found[column]]
        assert told == [row[key] for row in expected]
    assert any(row["lead_h"] > 24 and row["day"] is not None for row in expected)


def test_error_bias_and_skill_are_those_of_plain_sums() -> None:
    found, rows = score(found_rows()), plain_rows()
    assert found is not None and found.count == len(rows)
    assert found.mae_kw == pytest.approx(mean([abs(row["said"] - row["real"]) for row in rows]))
    assert found.bias_kw == pytest.approx(mean([row["said"] - row["real"] for row in rows]))
    assert found.measured_kw == pytest.approx(mean([row["real"] for row in rows]))
    known = [row for row in rows if row["day"] is not None]
    assert found.day_mae_kw == pytest.approx(mean([abs(row["day"] - row["real"]) for row in known]))
    assert found.skill == pytest.approx(skill_of(rows, "day"))
    assert found.week_skill == pytest.approx(skill_of(rows, "week"))


def test_a_lead_time_is_counted_to_the_end_of_the_step() -> None:
    issued = NOW - 12 * HOUR
    exact = scored_steps([made_at(issued, 3, steps=48)], MEASURED.ffill(), QUARTER, START, NOW)
    counts = [0 if found is None else found.count for found in scores_by_lead(exact)]
    assert counts == [4, 20, 24, 0]  # up to 1 h are the four steps that end within it


def test_errors_by_lead_time_and_by_hour_are_those_of_plain_sums() -> None:
    found, rows = found_rows(), plain_rows()
    edges = [(0.0, 1.0), (1.0, 6.0), (6.0, 24.0), (24.0, 999.0)]
    for by_lead, (low, high) in zip(scores_by_lead(found), edges, strict=True):
        here = [abs(row["said"] - row["real"]) for row in rows if low < row["lead_h"] <= high]
        assert by_lead is not None and by_lead.mae_kw == pytest.approx(mean(here))
    for hour, by_hour in enumerate(scores_by_hour(found, ZONE)):
        here = [abs(row["said"] - row["real"]) for row in rows if row["at"].astimezone(ZONE).hour == hour]
        assert by_hour is not None and (by_hour.count, by_hour.mae_kw) == (len(here), pytest.approx(mean(here)))


def test_the_shares_of_the_quantiles_are_counted() -> None:
    found, rows = calibration(found_rows()), plain_rows()
    assert found is not None
    assert found.below == pytest.approx(mean([float(row["real"] < row["low"]) for row in rows]))
    assert found.under_median == pytest.approx(mean([float(row["real"] < row["said"]) for row in rows]))
    assert found.above == pytest.approx(mean([float(row["real"] > row["high"]) for row in rows]))
    assert found.held == pytest.approx(mean([float(row["low"] <= row["real"] <= row["high"]) for row in rows]))


def test_the_newest_forecast_of_each_moment_is_the_last_that_was_issued_before_it() -> None:
    newest: dict[datetime, Plain] = {}
    for row in sorted(plain_rows(), key=lambda row: row["issued"]):
        newest[row["at"]] = row
    found = newest_of_each(found_rows())
    assert found[Scored.SAID].tolist() == [newest[at]["said"] for at in sorted(newest)]


def test_an_error_costs_what_it_is_wrong_by_times_the_spread_of_its_step() -> None:
    rng = Random(5)
    index = pd.date_range(START, NOW, freq="15min", inclusive="left", name="time")
    buy = [rng.uniform(0.1, 0.4) if rng.random() > 0.1 else None for _ in index]
    sell = [None if price is None else price - rng.uniform(-0.02, 0.2) for price in buy]
    prices = pd.DataFrame({"import_per_kwh": buy, "export_per_kwh": sell}, index=index, dtype=float)
    spread = {at.to_pydatetime(): b - s for at, b, s in zip(index, buy, sell, strict=True) if b is not None}
    rows = plain_rows()
    expected = sum(
        abs(row["said"] - row["real"]) * 0.25 * max(0.0, spread[row["at"]]) for row in rows if row["at"] in spread
    )
    found = cost_of_error(found_rows(), prices, QUARTER)
    assert found is not None and found.cost == pytest.approx(expected)
    hours = 0.25 * sum(row["at"] in spread for row in rows)
    assert (found.hours, found.unpriced_h) == (hours, 0.25 * len(rows) - hours)
    assert found.per_day == pytest.approx(expected / hours * 24)


def test_the_cost_by_hand() -> None:
    index = pd.date_range(NOW, periods=2, freq="h", name="time")
    rows = pd.DataFrame({"valid_at": index, "said_kw": [12.0, 7.0], "real_kw": [10.0, 10.0]})
    prices = pd.DataFrame({"import_per_kwh": [0.30, 0.20], "export_per_kwh": [0.10, 0.25]}, index=index)
    found = cost_of_error(rows, prices, HOUR)
    assert found is not None
    assert found.cost == pytest.approx(
        2.0 * 0.20
    )  # the second hour would have sold dearer than it bought: nothing lost
    assert found.per_day == pytest.approx(0.4 * 12)


def test_without_a_price_there_is_no_cost_of_a_day() -> None:
    nothing = pd.DataFrame({"import_per_kwh": [], "export_per_kwh": []}, index=pd.DatetimeIndex([], tz="UTC"))
    found = cost_of_error(found_rows(), nothing, QUARTER)
    assert found is not None and (found.cost, found.hours, found.per_day) == (0.0, 0.0, None)


def test_night_is_not_daylight() -> None:
    day = datetime(2026, 5, 19, 14, tzinfo=UTC)  # midnight in Melbourne
    end = day + 24 * HOUR
    whole = scored_steps([made_at(day, 1, steps=96)], series(day, end).fillna(1.0), QUARTER, day, end)
    lit = in_daylight(whole, pd.DatetimeIndex(whole[Scored.VALID_AT]), QUARTER, (-37.9, 145.1))
    hours = pd.DatetimeIndex(whole.loc[lit, Scored.VALID_AT]).tz_convert(ZONE)
    assert hours[0].strftime("%H:%M") in {"07:00", "07:15"}  # sunrise 7:20, sunset 17:14 on 20 May
    assert hours[-1].strftime("%H:%M") in {"17:00", "17:15"}


def test_nothing_scored_is_nothing_and_not_zero() -> None:
    none = scored_steps([], MEASURED, QUARTER, START, NOW)
    assert none.empty and list(none.columns) == [column.value for column in Scored]
    assert score(none) is None and calibration(none) is None
    assert scores_by_lead(none) == (None,) * 4 and scores_by_hour(none, ZONE) == (None,) * 24
    future = scored_steps([made_at(NOW, 1)], MEASURED, QUARTER, START, NOW)
    assert future.empty and score(newest_of_each(future)) is None


def test_a_meter_coarser_than_the_forecast_is_compared_with_the_means_of_whole_steps() -> None:
    begins = NOW - 4 * HOUR
    hourly = pd.Series([10.0, 20.0], index=pd.date_range(begins, periods=2, freq="h"))
    said = [8.0, 9.0, 11.0, 16.0, 24.0, 24.0, 24.0, 24.0]
    one = record(begins, frame_of(begins, said, said, said))
    found = scored_steps([one], hourly, HOUR, begins, NOW)
    assert found[Scored.SAID].tolist() == [11.0, 24.0]
    assert found[Scored.LEAD_H].tolist() == [1.0, 2.0]


@settings(max_examples=40, deadline=None)
@given(shift=st.floats(-50, 50), scale=st.floats(0.1, 10))
def test_a_shift_of_all_forecasts_moves_the_bias_and_units_scale_the_error(shift: float, scale: float) -> None:
    rows = found_rows()
    before, moved = score(rows), rows.assign(said_kw=rows["said_kw"] + shift)
    after, scaled = score(moved), score(rows.assign(said_kw=rows["said_kw"] * scale, real_kw=rows["real_kw"] * scale))
    assert before and after and scaled
    assert after.bias_kw == pytest.approx(before.bias_kw + shift)
    assert scaled.mae_kw == pytest.approx(scale * before.mae_kw)
    assert abs(after.bias_kw) <= after.mae_kw + 1e-9
