"""What the consumer, efficiency and temperature pages gather, against plain loops over the raw rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.frames import Power
from dash_app.domain.project import ProjectType
from dash_app.domain.weather import Weather
from dash_app.workflows.consumer import HISTORIES_FOR, Consumer, Histories, history_days, load_consumer
from dash_app.workflows.efficiency import Efficiency, days_needed, load_efficiency
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import Place, view_of
from dash_app.workflows.temperature import Temperature, load_temperature
from tests.fakes import files
from tests.fakes.api import session
from tests.fakes.clock import FakeClock
from tests.fakes.files import BERLIN, CAMBRIDGE_NOW, KONSTANZ_NOW, LONDON, FileMeasurements
from tests.fakes.store import FakeStore
from tests.raw import column

HOUR = timedelta(hours=1)
WEEK = "?range=week&at=2021-02-03"
MONDAY = datetime(2021, 2, 1, tzinfo=UTC)
HOURS = [MONDAY + k * HOUR for k in range(7 * 24)]


def gathered(load: Any, search: str, *, at: str = "cambridge", opening: bool = False, **more: Any) -> Any:
    """Return what a page gathers at Cambridge b005 or at the house in Konstanz."""
    cambridge = at == "cambridge"
    clock = FakeClock(CAMBRIDGE_NOW if cambridge else KONSTANZ_NOW)
    measurements: FileMeasurements = getattr(files, at)(clock)
    measurements.fails = more.pop("fails", [])
    measurements.lag = more.pop("lag", HOUR)
    site = more.pop("site", files.cambridge_site() if cambridge else files.konstanz_site())
    kind = ProjectType.TEMPERATURE if cambridge else ProjectType.ABNORMAL
    project = files.project_of(kind, *(m.measurand_id for m in measurements.listed))
    zone = LONDON if cambridge else BERLIN
    place = Place(project=project, site=site, measurands=measurements.listed, zone=zone)
    ports = {"measurements": measurements}
    if load is not load_efficiency:
        ports["recommendations"] = FakeStore(clock).recommendations
    return load(session("u1", project), place, view_of(place, search, clock), opening=opening, **ports, **more)


def consumer(search: str = WEEK, **more: Any) -> Consumer:
    found: Consumer = gathered(load_consumer, search, **more)
    return found


def efficiency(search: str = WEEK, **more: Any) -> Efficiency:
    found: Efficiency = gathered(load_efficiency, search, **more)
    return found


def temperature(search: str = WEEK, **more: Any) -> Temperature:
    found: Temperature = gathered(load_temperature, search, **more)
    return found


@cache
def raw(name: str, value: str) -> dict[datetime, float]:
    return {moment: values[0] for moment, values in column(f"uk_cambridge/{name}", value).items()}


def test_cost_and_co2_of_a_week_are_those_of_the_raw_rows() -> None:
    demand, tariff = raw("uk_cam_b005", "demand_kwh"), raw("price_gb_agile_region_a", "price_gbp_per_kwh")
    carbon = raw("co2_gb", "co2_kg_per_kwh")
    cost = consumer().cost()
    assert cost is not None
    assert cost.cost == pytest.approx(sum(demand[at] * (tariff[at] + 0.02) for at in HOURS))
    assert cost.co2_kg == pytest.approx(sum(demand[at] * carbon[at] for at in HOURS))
    assert cost.cost_complete
    assert cost.co2_complete


def test_all_of_the_load_came_from_the_grid_where_there_is_nothing_else() -> None:
    week = consumer()
    priced, cost = week.priced(), week.cost()
    assert priced is not None
    assert cost is not None
    assert priced[Power.GRID_KW].energy_kwh == pytest.approx(sum(raw("uk_cam_b005", "demand_kwh")[at] for at in HOURS))
    assert priced[Power.GRID_KW].at_grid_price == pytest.approx(cost.import_cost)
    assert priced[Power.PV_KW].energy_kwh == priced[Power.BATTERY_KW].energy_kwh == 0.0


def test_the_field_holds_the_90_days_up_to_the_views_last_one() -> None:
    grid = consumer().grid()
    demand = raw("uk_cam_b005", "demand_kwh")
    assert grid is not None
    assert (grid.days[0], grid.days[-1], len(grid.days)) == (date(2020, 11, 10), date(2021, 2, 7), 90)
    for day, hour in ((0, 0), (41, 13), (89, 23)):
        moment = datetime(2020, 11, 10, tzinfo=UTC) + timedelta(days=day, hours=hour)
        assert grid.mean_kw[hour, day] == pytest.approx(demand[moment])


def test_the_history_comes_after_the_first_drawing() -> None:
    assert consumer(opening=True).grid() is None
    assert efficiency(opening=True).days() == ()
    assert temperature(opening=True).degree_days() is None


@pytest.mark.parametrize(("lag_h", "hours", "missing"), [(1, 36, 0), (2, 35, 0), (4, 36, 3)])
def test_an_hour_that_merely_lags_is_no_missing_price(lag_h: int, hours: int, missing: int) -> None:
    cost = consumer("", lag=lag_h * HOUR).cost()
    assert cost is not None
    assert (cost.hours, cost.missing_price_h) == (hours, missing)


@pytest.mark.parametrize("fails", [[ApiUnavailable("prices")], [ApiUnavailable("prices"), ApiUnavailable("co2")]])
def test_a_server_without_prices_leaves_the_measurements_alone(fails: list[Exception]) -> None:
    week = consumer(fails=fails)
    assert week.worth is not None
    assert week.worth.unreached
    assert len(week.load_kw.dropna()) == 168
    cost = week.cost()
    assert cost is not None
    assert not cost.cost_known


def test_without_a_site_nothing_has_a_price() -> None:
    week = consumer(site=None)
    assert week.worth is None
    assert week.cost() is None
    assert week.priced() is not None


def test_shares_and_yield_of_the_house_are_those_of_the_raw_rows() -> None:
    """Konstanz, the week from 11 April 2016: steps where one of the meters is missing count nowhere."""
    names = ("pv_kwh", "grid_import_kwh", "grid_export_kwh")
    table = column("derived/de_kn_res4_interval_energy", *names)
    pv_alone = {at: kwh for at, (kwh,) in column("derived/de_kn_res4_interval_energy", "pv_kwh").items()}
    start = datetime(2016, 4, 11, tzinfo=BERLIN).astimezone(UTC)
    used = pv_sum = load_sum = energy = 0.0
    for at in (start + k * HOUR for k in range(168)):
        energy += pv_alone.get(at, 0.0)
        pv, brought, sent = table.get(at, (0.0, 0.0, 1.0))
        if (load := pv + brought - sent) >= 0:
            used, pv_sum, load_sum = used + min(pv, load), pv_sum + pv, load_sum + load
    week = efficiency("?range=week&at=2016-04-13", at="konstanz")
    consumed, sufficient, found = week.consumed(), week.sufficient(), week.yield_kwh_per_kwp()
    assert consumed is not None
    assert sufficient is not None
    assert found is not None
    assert consumed.fraction == pytest.approx(used / pv_sum)
    assert sufficient.fraction == pytest.approx(used / load_sum)
    assert found[0] == pytest.approx(energy / 10.0)
    assert energy > 50


def test_factor_and_base_share_of_a_week_are_those_of_the_raw_rows() -> None:
    values = sorted(raw("uk_cam_b005", "demand_kwh")[at] for at in HOURS)
    mean = sum(values) / len(values)
    base, share = efficiency().base()
    assert efficiency().factor() == pytest.approx(mean / values[-1])
    assert base == pytest.approx(np.quantile(values, 0.05))
    assert share == pytest.approx(np.quantile(values, 0.05) / mean)


def test_each_day_stands_beside_the_same_weekday_before() -> None:
    demand = raw("uk_cam_b005", "demand_kwh")
    days = efficiency("?range=custom&from=2021-01-11&to=2021-02-07").days()
    assert [day.day for day, _before in days] == [date(2021, 1, 11) + timedelta(days=k) for k in range(28)]
    for day, before in days[::9]:
        start = datetime(day.day.year, day.day.month, day.day.day, tzinfo=UTC)
        assert day.energy_kwh == pytest.approx(sum(demand[start + k * HOUR] for k in range(24)))
        assert before is not None
        earlier = start - timedelta(days=7)
        assert before.energy_kwh == pytest.approx(sum(demand[earlier + k * HOUR] for k in range(24)))


def test_a_history_is_read_once_for_each_person_and_range() -> None:
    kept: Histories = Kept(FakeClock(CAMBRIDGE_NOW), HISTORIES_FOR)
    first = consumer(kept=kept).history
    assert consumer(kept=kept).history is first
    assert consumer("?range=week&at=2021-01-20", kept=kept).history is not first


def test_a_short_range_is_shown_with_a_fortnight() -> None:
    assert len(efficiency("?range=day&at=2021-02-05").days()) == 14


def test_days_needed_reach_a_week_before_the_first_one_shown() -> None:
    assert days_needed(efficiency("?range=day&at=2021-02-05").view) == 60
    assert days_needed(efficiency("?range=custom&from=2020-10-10&to=2021-02-05").view) == 126


def test_the_weather_of_60_days_explains_what_a_loop_over_the_raw_rows_says() -> None:
    demand, outdoor = raw("uk_cam_b005", "demand_kwh"), raw("weather_bedford", "temperature_c")
    first = datetime(2021, 2, 7, tzinfo=UTC) - timedelta(days=59)
    rows = []
    for day in (first + timedelta(days=k) for k in range(60)):
        hours = [day + k * HOUR for k in range(24)]
        mean_c = sum(outdoor[at] for at in hours) / 24
        rows.append((max(0.0, 15.5 - mean_c), sum(demand[at] for at in hours)))
    x, y = np.array(rows).T
    slope, base = np.polyfit(x, y, 1)
    for fit in (efficiency().signature(), temperature().signature()):
        assert fit is not None
        assert (fit.per_hdd, fit.base_kwh) == pytest.approx((slope, base))
        assert fit.r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
        assert fit.days == 60


def test_the_weather_of_a_view_is_that_of_its_hours() -> None:
    outdoor = raw("weather_bedford", "temperature_c")
    assert temperature().column(Weather.TEMPERATURE_C).tolist() == [outdoor[at] for at in HOURS]


def test_without_weather_there_is_none_and_a_failing_one_is_told() -> None:
    nothing = temperature(site=replace(files.cambridge_site(), has_weather=False))
    assert nothing.observed is None
    assert nothing.column(Weather.TEMPERATURE_C).empty
    assert nothing.signature() is None
    failing = temperature(fails=[ApiUnavailable("weather")])
    assert failing.unreached
    assert len(failing.total(failing.place.measurands[0].quantity).dropna()) == 168


def test_the_90_days_end_today_while_the_view_goes_on() -> None:
    first, last = history_days(consumer("?range=month").view)
    assert last == date(2021, 2, 10)
    assert (last - first).days == 89
