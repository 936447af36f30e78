"""What one kWh costs: published prices, the tariff's parts, and the marked estimate beyond them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.errors import StaleData
from dash_app.domain.frames import Price
from dash_app.domain.measurement import Published
from dash_app.domain.site import GridConnection, Site, TariffPart
from dash_app.domain.tariff import estimate_ahead, known_prices, on_grid, price_frame
from dash_app.domain.time import TimeGrid

START = datetime(2020, 9, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)


def site(*parts: TariffPart) -> Site:
    return Site(
        project_id="p", name="P", timezone=ZoneInfo("UTC"), currency="EUR", latitude=0.0, longitude=0.0, place="",
        grid=GridConnection(import_limit_kw=1.0, export_limit_kw=1.0), tariff=parts,
    )  # fmt: skip


def published(hours: int, *, since: datetime, value: float = 0.1) -> Published:
    index = pd.date_range(since, periods=hours, freq="h", name="time")
    values = pd.Series(value + 0.001 * np.arange(hours), index=index)
    return Published(issued_at=START, values=values, unit="EUR/kWh")


def test_a_finer_grid_holds_the_hour_and_a_coarser_one_averages_it() -> None:
    values = pd.Series([1.0, 3.0], index=pd.date_range(START, periods=2, freq="h", name="time"))
    quarter = TimeGrid(start=START, step=HOUR / 4, steps=8)
    assert on_grid(values, quarter).tolist() == [1.0] * 4 + [3.0] * 4
    assert on_grid(values, TimeGrid(start=START, step=2 * HOUR, steps=1)).tolist() == [2.0]


def test_a_step_beyond_what_was_published_is_not_held_constant() -> None:
    values = pd.Series([1.0, 3.0], index=pd.date_range(START, periods=2, freq="h", name="time"))
    assert on_grid(values, TimeGrid(start=START, step=HOUR, steps=3)).isna().tolist() == [False, False, True]


def test_what_is_not_published_comes_from_the_same_hour_of_the_days_before_and_is_marked() -> None:
    index = pd.date_range(START - timedelta(days=8), periods=8 * 24 + 4, freq="h", name="time")
    values = pd.Series(0.1 + 0.01 * index.hour + 0.1 * (index >= START - timedelta(days=1)), index=index)
    found, estimated = estimate_ahead(values, TimeGrid(start=START, step=HOUR, steps=6))
    assert estimated.tolist() == [False] * 4 + [True] * 2
    assert found.iloc[:4].tolist() == values.iloc[-4:].tolist()
    off = 0.2 - (6 * 0.1 + 0.2) / 7
    assert found.iloc[4] == pytest.approx(0.14 + 0.1 / 7 + off * np.exp(-1 / 24))
    assert found.iloc[5] == pytest.approx(0.15 + 0.1 / 7 + off * np.exp(-2 / 24))


def test_a_tariff_that_repeats_every_week_is_repeated_exactly() -> None:
    index = pd.date_range(START - timedelta(days=15), START, freq="h", inclusive="left", name="time")
    values = pd.Series(
        np.where((index.day_of_week < 5) & (index.hour >= 17) & (index.hour < 21), 0.4, 0.1), index=index
    )
    grid = TimeGrid(start=START, step=HOUR / 4, steps=192)
    found, estimated = estimate_ahead(values, grid)
    evening = (grid.index().hour >= 17) & (grid.index().hour < 21)
    assert found.tolist() == np.where(evening, 0.4, 0.1).tolist()
    assert estimated.all()


def test_days_that_were_not_published_are_passed_over() -> None:
    index = pd.date_range(START - timedelta(days=9), START, freq="h", inclusive="left", name="time")
    values = pd.Series(0.1, index=index)
    values[(index >= START - timedelta(days=2)) & (index < START - timedelta(days=1))] = np.nan
    found, _ = estimate_ahead(values, TimeGrid(start=START, step=HOUR, steps=48))
    assert found.to_numpy() == pytest.approx(np.full(48, 0.1))


def test_a_spot_price_that_is_known_only_when_it_is_over_is_estimated_whole() -> None:
    random = np.random.default_rng(1)
    index = pd.date_range(START - timedelta(days=15), START, freq="30min", inclusive="left", name="time")
    values = pd.Series(0.1 + random.normal(0, 0.02, len(index)), index=index)
    grid = TimeGrid(start=START, step=HOUR / 4, steps=192)
    found, estimated = estimate_ahead(values, grid)
    assert estimated.all()
    off = (
        sum(values.iloc[-1 - i] - np.mean([values.iloc[-1 - i - 48 * day] for day in range(1, 8)]) for i in (0, 1)) / 2
    )
    last = [values.loc[START + 30 * HOUR - timedelta(days=day)] for day in range(2, 9)]
    assert found.loc[START + 30 * HOUR] == pytest.approx(np.mean(last) + off * np.exp(-30.25 / 24))


def test_with_two_days_known_the_two_are_used() -> None:
    known = published(48, since=START - timedelta(days=2))
    found, _ = estimate_ahead(known.values, TimeGrid(start=START, step=HOUR, steps=24))
    assert found.notna().all()


def test_nothing_published_for_that_hour_before_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(StaleData, match="2020-09-28T02:00"):
        estimate_ahead(published(2, since=START).values, TimeGrid(start=START, step=HOUR, steps=6))


def test_fees_factors_and_exports_are_applied_from_their_day_on() -> None:
    old = TariffPart(valid_from=date(2020, 1, 1), fees_per_kwh=0.05, export_per_kwh=0.08)
    new = TariffPart(valid_from=date(2020, 9, 29), energy_factor=1.2, fees_per_kwh=0.1, export_factor=0.9)
    frame = price_frame(published(48, since=START), TimeGrid(start=START, step=HOUR, steps=48), site(old, new))
    assert frame[Price.IMPORT].iloc[0] == pytest.approx(0.1 + 0.05)
    assert frame[Price.EXPORT].iloc[0] == 0.08
    assert frame[Price.IMPORT].iloc[24] == pytest.approx(0.124 * 1.2 + 0.1)
    assert frame[Price.EXPORT].iloc[24] == pytest.approx(0.124 * 0.9)


def test_negative_prices_are_valid_and_not_clipped() -> None:
    frame = price_frame(
        published(4, since=START, value=-4.0), TimeGrid(start=START, step=HOUR, steps=4),
        site(TariffPart(valid_from=date(2020, 1, 1))),
    )  # fmt: skip
    assert frame[Price.IMPORT].iloc[0] == frame[Price.EXPORT].iloc[0] == -4.0


def test_a_day_without_a_tariff_is_said() -> None:
    late = TariffPart(valid_from=date(2021, 1, 1))
    with pytest.raises(StaleData, match="no tariff for 2020-09-28"):
        price_frame(published(4, since=START), TimeGrid(start=START, step=HOUR, steps=4), site(late))


def test_known_prices_stop_where_nothing_was_published_and_are_never_guessed() -> None:
    part = TariffPart(valid_from=date(2020, 1, 1), energy_factor=2.0, fees_per_kwh=0.05)
    frame = known_prices(published(2, since=START), TimeGrid(start=START, step=HOUR, steps=3), site(part))
    assert frame[Price.IMPORT].tolist()[:2] == pytest.approx([2 * 0.1 + 0.05, 2 * 0.101 + 0.05])
    assert frame[Price.IMPORT].isna().tolist() == [False, False, True]
    assert frame[Price.ESTIMATED].tolist() == [0.0, 0.0, 0.0]
