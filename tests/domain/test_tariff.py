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


def test_what_is_not_published_comes_from_a_week_earlier_and_is_marked() -> None:
    known = published(168 + 4, since=START - timedelta(weeks=1))
    values, estimated = estimate_ahead(known.values, TimeGrid(start=START, step=HOUR, steps=6))
    assert estimated.tolist() == [False] * 4 + [True] * 2
    assert values.iloc[4] == known.values.loc[START + 4 * HOUR - timedelta(weeks=1)]


def test_nothing_published_a_week_earlier_either_is_an_error_and_not_a_guess() -> None:
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
