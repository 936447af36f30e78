"""Consumer, efficiency and temperature through the whole app: figures on screen against raw rows, and their states."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from dash_app.domain.errors import ApiUnavailable
from tests.app.campus_app import Campus, build_campus
from tests.app.use_app import UseApp, build_use, fill
from tests.fakes import files
from tests.raw import column

WEEK = "?range=week&at=2021-02-03"
HOURS = [datetime(2021, 2, 1, tzinfo=UTC) + timedelta(hours=k) for k in range(168)]


@pytest.fixture(scope="module")
def cambridge() -> UseApp:
    return build_use()


@pytest.fixture(scope="module")
def konstanz() -> UseApp:
    return build_use("konstanz")


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


@cache
def raw(name: str, value: str) -> dict[datetime, float]:
    return {moment: values[0] for moment, values in column(f"uk_cambridge/{name}", value).items()}


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every component of an answer."""
    if isinstance(tree, list):
        for one in tree:
            yield from nodes(one)
    elif isinstance(tree, dict) and "props" in tree:
        yield tree["props"]
        yield from nodes(tree["props"].get("children"))


def figures(filled: dict[str, Any], page: str, row: str = "kpis") -> dict[str, float | None]:
    """Return the key figures of a page's row in full precision, as scripts read them."""
    cards = [props for props in nodes(filled[f"{page}-{row}"]["children"]) if "data-kpi" in props]
    return {card["data-kpi"]: float(card["data-value"]) if card["data-value"] else None for card in cards}


def text(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False)


def test_the_consumers_figures_are_those_of_the_raw_rows(cambridge: UseApp) -> None:
    demand, tariff = raw("uk_cam_b005", "demand_kwh"), raw("price_gb_agile_region_a", "price_gbp_per_kwh")
    found = figures(cambridge.filled("consumer", WEEK), "consumer")
    assert found["total"] == pytest.approx(sum(demand[at] for at in HOURS))
    assert found["peak"] == max(demand[at] for at in HOURS)
    assert found["current"] == demand[HOURS[-1]]
    assert found["cost"] == pytest.approx(sum(demand[at] * (tariff[at] + 0.02) for at in HOURS))


def test_the_consumers_charts_hold_what_the_rows_hold(cambridge: UseApp) -> None:
    demand, carbon = raw("uk_cam_b005", "demand_kwh"), raw("co2_gb", "co2_kg_per_kwh")
    filled = cambridge.filled("consumer", WEEK)
    curve = filled["consumer-curve-drawn"]["data"]["figure"]["layout"]["meta"]["rows"]
    ordered = sorted((demand[at] for at in HOURS), reverse=True)
    assert curve[-1] == ["100", f"{ordered[-1]:.3f}"]
    assert dict(curve)["50"] == f"{ordered[83]:.3f}"
    field = filled["consumer-map-drawn"]["data"]["figure"]["layout"]["meta"]["rows"]
    assert (len(field), field[-1][0], field[-1][1]) == (91, "2021-02-07", f"{demand[HOURS[-24]]:.1f}")
    sources = text(filled["consumer-sources"]["children"])
    kg = sum(demand[at] * carbon[at] for at in HOURS)
    assert f"{sum(demand[at] for at in HOURS):,.0f}" in sources
    assert f"{kg:,.1f}" in sources or f"{kg:,.0f}" in sources
    assert "PV direct" not in sources


def test_a_page_opens_without_the_90_days_and_gets_them_with_its_first_refresh(cambridge: UseApp) -> None:
    opened = cambridge.filled("consumer", before=None)
    assert "Loading 90 days of demand" in text(opened["consumer-map-caption"])
    assert opened["consumer-tick"]["interval"] == 3_000
    assert "consumer-map-drawn" not in opened
    assert cambridge.filled("consumer")["consumer-map-drawn"]["data"]["figure"]["data"]


def test_efficiency_figures_are_those_of_the_raw_rows(cambridge: UseApp) -> None:
    demand, tariff = raw("uk_cam_b005", "demand_kwh"), raw("price_gb_agile_region_a", "price_gbp_per_kwh")
    carbon = raw("co2_gb", "co2_kg_per_kwh")
    values = np.array([demand[at] for at in HOURS])
    found = figures(cambridge.filled("efficiency", WEEK), "efficiency")
    assert set(found) == {"load-factor", "base-share", "cost-per-kwh", "co2-per-kwh"}
    assert found["load-factor"] == pytest.approx(values.mean() / values.max())
    assert found["base-share"] == pytest.approx(np.quantile(values, 0.05) / values.mean())
    money = sum(demand[at] * (tariff[at] + 0.02) for at in HOURS)
    assert found["cost-per-kwh"] == pytest.approx(money / values.sum())
    assert found["co2-per-kwh"] == pytest.approx(sum(demand[at] * carbon[at] for at in HOURS) / values.sum())


def test_a_house_with_pv_has_yield_and_shares_and_no_weather(konstanz: UseApp) -> None:
    filled = konstanz.filled("efficiency", "?range=week&at=2016-04-13")
    found = figures(filled, "efficiency", "pv")
    assert set(found) == {"yield", "self-consumption", "self-sufficiency"}
    assert 0 < (found["self-sufficiency"] or 0) < 1
    assert filled["efficiency-weather-frame"]["hidden"] is True
    assert "No weather is measured for this project." in text(filled["efficiency-fit"]["children"])
    assert "No prices were published for this range" in text(filled["efficiency-kpis"]["children"])
    assert filled["efficiency-arrays"]["hidden"] is True


def test_the_fit_says_how_much_on_how_many_days(cambridge: UseApp) -> None:
    fit = text(cambridge.filled("efficiency", WEEK)["efficiency-fit"]["children"])
    assert "Least squares over 60 days" in fit
    assert "Each heating degree day" in fit
    assert "Of working days alone" in fit
    opened = cambridge.filled("efficiency", WEEK, before=None)
    assert "Loading 60 days of demand and weather" in text(opened["efficiency-fit"]["children"])


def test_temperature_figures_are_those_of_the_raw_rows(cambridge: UseApp) -> None:
    outdoor, humidity = raw("weather_bedford", "temperature_c"), raw("weather_bedford", "relative_humidity_pct")
    degrees = [outdoor[at] for at in HOURS]
    filled = cambridge.filled("temperature", WEEK)
    found = figures(filled, "temperature")
    assert (found["low"], found["high"]) == (min(degrees), max(degrees))
    assert found["mean"] == pytest.approx(sum(degrees) / 168)
    assert found["humidity"] == pytest.approx(sum(humidity[at] for at in HOURS) / 16800)
    drawn = filled["temperature-weather-drawn"]["data"]["figure"]
    assert [one["meta"] for one in drawn["data"]] == ["temperature_c", "relative_humidity", "global_irradiance_w_m2"]
    assert filled["temperature-missing"]["hidden"] is True


@pytest.mark.parametrize("page", ["consumer", "efficiency", "temperature"])
def test_every_key_figure_says_how_it_is_computed(cambridge: UseApp, konstanz: UseApp, page: str) -> None:
    for app in (cambridge, konstanz):
        filled = app.filled(page)
        children = [filled[f"{page}-{row}"]["children"] for row in ("kpis", "pv") if f"{page}-{row}" in filled]
        cards = [props for props in nodes(children) if "data-kpi" in props]
        assert cards
        for card in cards:
            assert "sb-formula-sheet" in text(card), card["data-kpi"]


def test_without_weather_the_page_says_so_and_keeps_the_demand(konstanz: UseApp) -> None:
    filled = konstanz.filled("temperature")
    assert "No weather is measured for this project." in text(filled["temperature-missing"]["children"])
    hidden = {part: filled[f"temperature-{part}-frame"]["hidden"] for part in ("weather", "scatter", "demand")}
    assert hidden == {"weather": True, "scatter": True, "demand": False}
    assert filled["temperature-fit"]["hidden"] is True


def test_weather_that_cannot_be_reached_harms_nothing_else(cambridge: UseApp) -> None:
    cambridge.measurements.fails = [ApiUnavailable("weather")]
    filled = cambridge.filled("temperature", WEEK, before=None)
    assert "The weather cannot be reached now." in text(filled["temperature-missing"]["children"])
    assert filled["temperature-outage"]["hidden"] is True
    assert filled["temperature-demand-drawn"]["data"]["figure"]["data"]


def test_prices_that_cannot_be_reached_harm_nothing_else(cambridge: UseApp) -> None:
    cambridge.measurements.fails = [ApiUnavailable("prices"), ApiUnavailable("co2")]
    filled = cambridge.filled("consumer", WEEK, before=None)
    assert "Prices cannot be reached now" in text(filled["consumer-kpis"]["children"])
    assert figures(filled, "consumer")["total"]
    assert filled["consumer-outage"]["hidden"] is True


def test_missing_prices_mark_the_cost(cambridge: UseApp) -> None:
    known = cambridge.measurements.price
    assert known is not None
    holes = known.values.copy()
    holes.loc[HOURS[3] : HOURS[9]] = np.nan
    cambridge.measurements.price = replace(known, values=holes)
    try:
        shown = text(cambridge.filled("consumer", WEEK)["consumer-kpis"]["children"])
    finally:
        cambridge.measurements.price = known
    assert "≥ GBP" in shown
    assert "7.0\u00a0h without a price or a value" in shown


def test_a_site_without_weather_has_no_scatter_even_where_the_api_has_some() -> None:
    built = build_use(site=replace(files.cambridge_site(), has_weather=False))
    assert built.filled("efficiency", WEEK)["efficiency-weather-frame"]["hidden"] is True


@pytest.mark.parametrize("search", ["?range=year", "?range=month", "?range=1h", "?range=custom&from=2020-09-01"])
@pytest.mark.parametrize("page", ["consumer", "efficiency"])
def test_every_range_of_a_campus_with_a_battery_is_drawn(campus: Campus, page: str, search: str) -> None:
    filled = fill(campus.app, campus.signed_in(), page, search, project="monash")
    assert "Could not draw this" not in text(filled)
    assert figures(filled, page)


def test_a_year_with_a_battery_says_why_there_is_no_cost(campus: Campus) -> None:
    filled = fill(campus.app, campus.signed_in(), "consumer", "?range=year", project="monash")
    assert figures(filled, "consumer")["cost"] is None
    assert "Known for ranges of up to a month with a measured load." in text(filled["consumer-sources"]["children"])
    assert filled["consumer-sankey-frame"]["hidden"] is True
