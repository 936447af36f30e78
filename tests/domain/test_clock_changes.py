"""Days of 23, 23.5, 24.5 and 25 hours: every slot once, energy as long as the day is, one mean for the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dash_app.domain.address import parse_view
from dash_app.domain.kpi import average_on_local_days, kpis_of

QUARTER = timedelta(minutes=15)
NOW = datetime(2021, 1, 1, tzinfo=UTC)
DAYS = [
    ("Australia/Melbourne", "2020-10-04", 92), ("Australia/Melbourne", "2020-04-05", 100),
    ("Europe/London", "2020-03-29", 92), ("Europe/London", "2020-10-25", 100),
    ("America/Los_Angeles", "2020-03-08", 92), ("America/Los_Angeles", "2020-11-01", 100),
    ("Australia/Lord_Howe", "2020-10-04", 94), ("Australia/Lord_Howe", "2020-04-05", 98),
    ("Asia/Kolkata", "2020-10-04", 96),
]  # fmt: skip


@pytest.mark.parametrize(("name", "day", "slots"), DAYS)
def test_a_day_has_every_quarter_hour_once_and_its_own_energy(name: str, day: str, slots: int) -> None:
    zone = ZoneInfo(name)
    view = parse_view(f"?range=day&at={day}", now=NOW, zone=zone, native=QUARTER)
    index = pd.date_range(view.start, view.end, freq=QUARTER, inclusive="left", name="time")
    assert len(index) == slots
    assert {str(moment.date()) for moment in index.tz_convert(zone)} == {day}
    power_kw = pd.Series(4.0, index=index)
    figures = kpis_of(power_kw, QUARTER, view.until, zone)
    assert figures.total_kwh == pytest.approx(slots)
    assert [one.energy_kwh for one in figures.days] == pytest.approx([slots])
    assert figures.coverage.complete
    assert average_on_local_days(power_kw, timedelta(days=1), zone).tolist() == [4.0]
    hours = average_on_local_days(power_kw, timedelta(hours=1), zone)
    assert hours.tolist() == [4.0] * len(hours)
