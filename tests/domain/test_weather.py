"""Degree days and what they explain, against a second calculation from the raw files and another library's fit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.kpi import DayEnergy, kpis_of
from dash_app.domain.weather import DegreeDays, degree_days, signature_of, working_days
from tests.raw import column

LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)


def day(number: int, kwh: float, *, complete: bool = True) -> DayEnergy:
    return DayEnergy(day=date(2021, 1, number), energy_kwh=kwh, complete=complete)


def flat(celsius: float, hours: int = 24, first: str = "2021-01-01") -> pd.Series:
    return pd.Series(celsius, index=pd.date_range(first, periods=hours, freq="h", tz="UTC"))


def table_of(heating: list[float], cooling: list[float], energy: list[float]) -> pd.DataFrame:
    columns = {DegreeDays.HEATING: heating, DegreeDays.COOLING: cooling, DegreeDays.ENERGY_KWH: energy}
    return pd.DataFrame(columns).assign(mean_c=0.0)


def test_degree_days_are_the_distance_to_the_base_temperature() -> None:
    one = degree_days(flat(5.5), (day(1, 100.0),), LONDON).iloc[0]
    assert (one["hdd"], one["cdd"], one["energy_kwh"], one["mean_c"]) == (10.0, 0.0, 100.0, 5.5)
    hot = degree_days(flat(25.0), (day(1, 100.0),), LONDON, cooling_base_c=18.0).iloc[0]
    assert (hot["hdd"], hot["cdd"]) == (0.0, 7.0)


def test_broken_days_and_days_without_enough_weather_do_not_count() -> None:
    weather = pd.concat([flat(5.0, 24), flat(5.0, 19, "2021-01-02"), flat(5.0, 20, "2021-01-03")])
    days = (day(1, 1.0, complete=False), day(2, 1.0), day(3, 1.0), day(4, 1.0))
    assert list(degree_days(weather, days, LONDON).index) == [date(2021, 1, 3)]


def test_the_fit_finds_both_slopes_exactly() -> None:
    table = table_of([10, 5, 0, 0, 0, 2], [0, 0, 4, 8, 0, 0], [150, 125, 112, 124, 100, 110])
    found = signature_of(table)
    assert found is not None
    assert (found.base_kwh, found.per_hdd, found.per_cdd) == pytest.approx((100.0, 5.0, 3.0))
    assert (found.r2, found.days) == (pytest.approx(1.0), 6)
    assert [found.at(celsius) for celsius in (5.5, 18.0, 24.0)] == pytest.approx([150.0, 100.0, 106.0])


def test_too_few_days_are_no_fit_and_days_without_degrees_no_slope() -> None:
    assert signature_of(table_of([1, 2, 3, 4], [0] * 4, [1, 2, 3, 4])) is None
    flat_fit = signature_of(table_of([0] * 6, [0] * 6, [7.0] * 6))
    assert flat_fit is not None
    assert (flat_fit.base_kwh, flat_fit.per_hdd, flat_fit.r2) == (pytest.approx(7.0), 0.0, 0.0)


def test_working_days_are_monday_to_friday() -> None:
    table = table_of([1.0] * 7, [0.0] * 7, [1.0] * 7).set_axis([date(2021, 1, 4 + k) for k in range(7)])
    assert [day.day for day in working_days(table).index] == [4, 5, 6, 7, 8]


def test_a_measured_winter_agrees_with_a_plain_loop_over_the_raw_files() -> None:
    """Cambridge b005 and Bedford's weather, November 2020 to February 2021: days, degrees, slope and R2."""
    demand = {at: kwh for at, (kwh,) in column("uk_cambridge/uk_cam_b005", "demand_kwh").items() if kwh}
    outdoor = {at: c for at, (c,) in column("uk_cambridge/weather_bedford", "temperature_c").items()}
    start, end = datetime(2020, 11, 1, tzinfo=LONDON), datetime(2021, 3, 1, tzinfo=LONDON)

    energy: dict[date, list[float]] = {}
    degrees: dict[date, list[float]] = {}
    for into, source in ((energy, demand), (degrees, outdoor)):
        for moment, value in source.items():
            if start <= moment < end:
                into.setdefault(moment.astimezone(LONDON).date(), []).append(value)
    rows = [(max(0.0, 15.5 - sum(degrees[at]) / 24), sum(kwh)) for at, kwh in energy.items() if len(kwh) == 24]
    x, y = np.array(rows).T
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()

    index = pd.date_range(start, end, freq="h", inclusive="left").tz_convert("UTC")
    power = pd.Series(demand).reindex(index)
    days = kpis_of(power, HOUR, end, LONDON).days
    table = degree_days(pd.Series(outdoor).reindex(index), days, LONDON)
    found = signature_of(table)
    assert found is not None
    assert len(rows) == len(table) == found.days == 120
    assert table["hdd"].sum() == pytest.approx(x.sum())
    assert found.per_hdd == pytest.approx(slope)
    assert found.r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
    assert found.base_kwh == pytest.approx(np.polyfit(x, y, 1)[1])
