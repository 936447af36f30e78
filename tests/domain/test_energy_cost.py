"""Cost and CO2 against hand computation, and against plain loops over the raw price and CO2 files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dash_app.domain.energy_cost import co2_of_steps, cost_of, price_of_steps, priced_sources
from dash_app.domain.frames import Power, Price
from dash_app.domain.measurement import Published
from dash_app.domain.site import GridConnection, Site, TariffPart
from dash_app.domain.tariff import price_frame
from dash_app.domain.time import TimeGrid
from tests.raw import column

HOUR = timedelta(hours=1)
START = datetime(2021, 3, 1, tzinfo=UTC)
NAN = float("nan")


def site(*tariff: TariffPart) -> Site:
    return Site(
        project_id="p", name="P", timezone=ZoneInfo("Europe/London"), currency="GBP", latitude=52, longitude=0,
        place="", grid=GridConnection(import_limit_kw=700, export_limit_kw=100), tariff=tariff,
    )  # fmt: skip


def published(values: list[float], start: datetime = START, freq: str = "h") -> Published:
    index = pd.date_range(start, periods=len(values), freq=freq, name="time")
    return Published(issued_at=start, values=pd.Series(values, index=index, dtype=float), unit="GBP/kWh")


def grid(steps: int, step: timedelta = HOUR) -> TimeGrid:
    return TimeGrid(start=START, step=step, steps=steps)


PLAIN = site(TariffPart(valid_from=date(2016, 1, 1), energy_factor=2.0, fees_per_kwh=0.1, export_per_kwh=0.05))


def test_prices_follow_the_tariff_and_are_never_estimated() -> None:
    prices = price_of_steps(published([0.2, NAN, -0.1]), grid(4), PLAIN)
    assert prices[Price.IMPORT].tolist() == pytest.approx([0.5, NAN, -0.1, NAN], nan_ok=True)
    assert prices[Price.EXPORT].tolist() == [0.05] * 4


def test_an_export_price_without_a_fixed_one_follows_the_market() -> None:
    prices = price_of_steps(published([0.2, NAN]), grid(2), site(TariffPart(valid_from=date(2016, 1, 1))))
    assert prices[Price.EXPORT].tolist() == pytest.approx([0.2, NAN], nan_ok=True)


def test_before_any_tariff_and_without_any_price_nothing_has_a_price() -> None:
    late = site(TariffPart(valid_from=date(2021, 3, 2)))
    assert price_of_steps(published([0.2] * 30), grid(30), late).isna().all(axis=None)
    assert price_of_steps(None, grid(3), PLAIN)[Price.IMPORT].isna().all()


def test_where_everything_was_published_the_prices_are_those_of_the_plans() -> None:
    known = published([0.1, 0.3, -0.2, 0.0] * 12, freq="30min")
    ours, theirs = price_of_steps(known, grid(24), PLAIN), price_frame(known, grid(24), PLAIN)
    assert ours[Price.IMPORT].tolist() == pytest.approx(theirs[Price.IMPORT].tolist())
    assert ours[Price.EXPORT].tolist() == pytest.approx(theirs[Price.EXPORT].tolist())


def test_what_cannot_be_priced_is_left_out_and_counted() -> None:
    power = pd.Series([10.0, NAN, 4.0, -2.0], index=grid(4).index())
    prices = price_of_steps(published([0.05, 0.05, NAN, 0.05]), grid(4), PLAIN)
    known = cost_of(power, prices, pd.Series([0.2, 0.2, 0.3, NAN], index=power.index), HOUR)
    assert (known.import_kwh, known.export_kwh) == (14.0, 2.0)
    assert (known.import_cost, known.export_revenue, known.cost) == pytest.approx((2.0, 0.1, 1.9))
    assert (known.missing_power_h, known.missing_price_h, known.missing_co2_h) == (1.0, 2.0, 2.0)
    assert known.co2_kg == pytest.approx(3.2)
    assert (known.priced_kwh, known.counted_kwh) == (10.0, 14.0)
    assert known.cost_per_kwh == pytest.approx(0.2)
    assert known.co2_per_kwh == pytest.approx(3.2 / 14)
    assert known.cost_known
    assert not known.cost_complete
    assert not known.co2_complete


def test_without_a_co2_series_there_is_no_co2() -> None:
    power = pd.Series([1.0], index=grid(1).index())
    assert cost_of(power, price_of_steps(None, grid(1), PLAIN), None, HOUR).co2_kg is None
    assert not cost_of(power, price_of_steps(None, grid(1), PLAIN), None, HOUR).cost_known
    assert cost_of(power, price_of_steps(None, grid(1), PLAIN), None, HOUR).cost_per_kwh is None
    assert co2_of_steps(None, grid(1)) is None


def test_what_was_published_beyond_the_measurements_does_not_matter() -> None:
    power = pd.Series([10.0, 4.0], index=grid(2).index())
    prices, co2 = price_of_steps(published([0.05] * 9), grid(9), PLAIN), co2_of_steps(published([0.3] * 9), grid(9))
    known = cost_of(power, prices, co2, HOUR)
    assert (known.cost, known.co2_kg) == pytest.approx((2.8, 4.2))
    assert known.cost_complete
    assert known.co2_complete


def test_a_measured_month_costs_what_a_loop_over_the_raw_files_says() -> None:
    """Cambridge b071 in March 2021: demand, Agile prices, national carbon intensity."""
    demand = {at: kwh for at, (kwh,) in column("uk_cambridge/uk_cam_b071", "demand_kwh").items() if kwh}
    tariff = {at: price for at, (price,) in column("uk_cambridge/price_gb_agile_region_a", "price_gbp_per_kwh").items()}
    carbon = {at: kg for at, (kg,) in column("uk_cambridge/co2_gb", "co2_kg_per_kwh").items()}
    month = [START + k * HOUR for k in range(31 * 24)]
    money = sum(demand[at] * (2 * tariff[at] + 0.1) for at in month if at in demand and at in tariff)
    kg = sum(demand[at] * carbon[at] for at in month if at in demand and at in carbon)

    steps = grid(31 * 24)
    power = pd.Series(demand).reindex(steps.index())
    prices = price_of_steps(published([tariff.get(at, NAN) for at in month]), steps, PLAIN)
    co2 = co2_of_steps(published([carbon.get(at, NAN) for at in month]), steps)
    known = cost_of(power, prices, co2, HOUR)
    assert known.cost == pytest.approx(money)
    assert known.co2_kg == pytest.approx(kg)
    assert money > 1000


def test_sources_are_worth_what_the_same_energy_costs_from_the_grid() -> None:
    index = grid(3).index()
    balance = pd.DataFrame(
        {
            Power.PV_KW: [6.0, 0.0, NAN],
            Power.LOAD_KW: [4.0, 5.0, 9.0],
            Power.BATTERY_KW: [-2.0, 3.0, 0.0],
            Power.GRID_KW: [0.0, 2.0, 9.0],
        },
        index=index,
    )
    prices = pd.DataFrame({Price.IMPORT: [0.1, 0.2, 9.0]}, index=index)
    found = priced_sources(balance, prices, pd.Series([0.5, NAN, 1.0], index=index), HOUR)
    assert {name: one.energy_kwh for name, one in found.items()} == {"pv_kw": 4.0, "battery_kw": 3.0, "grid_kw": 2.0}
    assert [one.at_grid_price for one in found.values()] == pytest.approx([0.4, 0.6, 0.4])
    assert found[Power.PV_KW].co2_kg == 2.0
    nothing = priced_sources(balance, prices * NAN, None, HOUR)
    assert {(one.at_grid_price, one.co2_kg) for one in nothing.values()} == {(None, None)}
