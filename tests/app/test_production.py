"""Production against demand: its figures against the shipped measurements of the Monash campus, summed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from components.graph import MAX_POINTS
from components.pair_bars import pair_bars_figure
from components.surplus_chart import SurplusPicture, surplus_chips, surplus_figure
from components.time_axis import wall
from dash_app.domain.kpi import DayEnergy
from dash_app.domain.measurement import Window
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.surplus import Span, by_day, by_month, surplus_of
from dash_app.workflows.measured import Measured, Place, load_measured, view_of
from pages.production_views import days_view, figures, missing_card, powers_view, spans
from tests.app.battery_app import build_battery
from tests.app.building import call, output_of, payload
from tests.components.test_parts import words
from tests.fakes.api import session
from tests.fakes.campus import NOW, QUARTER, ZONE, CampusMeasurements, measurands, project, series_of, site
from tests.fakes.clock import FakeClock
from tests.raw import column

HOURS = 0.25
FIRST, LAST = datetime(2020, 9, 6, 14, tzinfo=UTC), datetime(2020, 9, 13, 14, tzinfo=UTC)  # a local week
MIDNIGHT = datetime(2020, 9, 26, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def raw() -> list[tuple[datetime, float, float]]:
    """Return (start, PV, load) of each quarter hour of the week, as the shipped files have them, kW."""
    arrays = column("au_clayton/au_cla_pv_15min", *(f"solar{number}_kw" for number in range(6)))
    meters = column("au_clayton/au_cla_demand_15min", "building1_kw", "building6_kw")
    return [(at, sum(arrays[at]), sum(meters[at])) for at in sorted(arrays) if FIRST <= at < LAST and at in meters]


def of_week(raw: list[tuple[datetime, float, float]]) -> Measured:
    """Return the week as a page would have loaded it, one series for each side."""
    index = pd.DatetimeIndex([at for at, _pv, _load in raw], name="time")
    sides = ((1, Quantity.PV_KW), (2, Quantity.LOAD_KW))
    listed = tuple(
        Measurand(measurand_id=str(place), code=quantity, name=quantity, quantity=quantity, resolution=QUARTER)
        for place, quantity in sides
    )
    series = {str(place): pd.Series([row[place] for row in raw], index=index, dtype=float) for place, _q in sides}
    where = Place(project=project(), site=site(), measurands=listed, zone=ZONE)
    view = view_of(where, "?range=week&at=2020-09-10", FakeClock(NOW))
    window = Window(start=FIRST, end=LAST, series=series, fetched_at=NOW, data_until=LAST)
    return Measured(place=where, view=view, window=window)


def by_key(loaded: Measured) -> dict[str, Any]:
    return {figure.key: figure for figure in figures(loaded) or []}


def campus(search: str = "", *codes: str, hidden: dict[str, tuple[datetime, datetime]] | None = None) -> Measured:
    clock = FakeClock(NOW)
    measurements = CampusMeasurements(clock)
    measurements.hidden = hidden or {}
    kept = tuple(m for m in measurements.listed if not codes or m.code.startswith(codes))
    where = Place(project=project(), site=site(), measurands=kept, zone=ZONE)
    view = view_of(where, search, clock)
    return load_measured(session("u1", project()), where, view, opening=True, measurements=measurements)


def test_the_key_figures_equal_sums_over_the_shipped_rows(raw: list[tuple[datetime, float, float]]) -> None:
    assert len(raw) == 7 * 96
    shown = by_key(of_week(raw))
    surplus = sum(max(pv - load, 0.0) for _at, pv, load in raw) * HOURS
    deficit = sum(max(load - pv, 0.0) for _at, pv, load in raw) * HOURS
    demand = sum(load for _at, _pv, load in raw) * HOURS
    assert surplus > 100
    assert shown["surplus"].value == pytest.approx(surplus)
    assert shown["deficit"].value == pytest.approx(deficit)
    assert shown["covered"].value == pytest.approx(sum(min(pv, load) for _at, pv, load in raw) * HOURS / demand)
    assert shown["hours"].value == pytest.approx(sum(pv - load > 1e-6 for _at, pv, load in raw) * HOURS)
    assert shown["hours"].context.startswith("of 168\xa0h")
    assert all(figure.formula for figure in shown.values())


def test_the_days_are_the_sites_own_and_add_up_to_the_rows(raw: list[tuple[datetime, float, float]]) -> None:
    found = spans(of_week(raw))
    assert [span.first for span in found] == [date(2020, 9, 7) + timedelta(days=place) for place in range(7)]
    for span in found:
        rows = [row for row in raw if row[0].astimezone(ZONE).date() == span.first]
        assert span.production_kwh == pytest.approx(sum(row[1] for row in rows) * HOURS)
        assert span.demand_kwh == pytest.approx(sum(row[2] for row in rows) * HOURS)
        assert span.whole


def test_surplus_and_deficit_close_the_balance(raw: list[tuple[datetime, float, float]]) -> None:
    pv, load = (pd.Series([row[place] for row in raw]) for place in (1, 2))
    found = surplus_of(pv, load, QUARTER)
    assert found.surplus_kwh - found.deficit_kwh == pytest.approx(found.production_kwh - found.demand_kwh)


def test_the_campus_of_six_arrays_is_summed_before_it_is_compared() -> None:
    arrays = [series_of(m, MIDNIGHT, NOW) for m in measurands() if m.quantity is Quantity.PV_KW]
    meters = [series_of(m, MIDNIGHT, NOW) for m in measurands() if m.quantity is Quantity.LOAD_KW]
    surplus = 0.0
    for at in arrays[0].index:
        surplus += max(sum(a[at] for a in arrays) - sum(m[at] for m in meters), 0.0) * HOURS
    assert by_key(campus())["surplus"].value == pytest.approx(surplus)


def test_hours_without_a_value_are_left_out_and_said() -> None:
    shown = by_key(campus(hidden={"101": (MIDNIGHT, MIDNIGHT + timedelta(hours=3))}))
    assert shown["hours"].context.endswith("; 3.0\xa0h missing")
    assert shown["surplus"].text.startswith("≥ ")
    assert shown["deficit"].text.startswith("≥ ")


@pytest.mark.parametrize(
    ("codes", "note"),
    [(("e_demand",), "No PV in this project."), (("pv_production",), "No demand is measured in this project.")],
)
def test_a_project_that_lacks_one_of_the_two_says_so(codes: tuple[str, ...], note: str) -> None:
    loaded = campus("", *codes)
    assert note in words(missing_card(loaded))
    assert figures(loaded) is powers_view(loaded) is days_view(loaded) is None


def test_a_range_without_values_says_so_and_keeps_its_axes() -> None:
    loaded = campus(hidden={m.measurand_id: (MIDNIGHT, NOW) for m in measurands()})
    filled = powers_view(loaded)
    assert filled is not None
    assert filled["caption"] == "No values of both in this range."
    assert filled["drawn"]["figure"]["layout"]["xaxis"]["tickvals"]
    assert by_key(loaded)["covered"].value is None
    assert (days_view(loaded) or {})["caption"] == "No values of both in this range."


def test_today_is_never_a_whole_day() -> None:
    found = spans(campus())
    assert [span.whole for span in found] == [True, False]
    assert "on 0 of 2 days (complete: 1)." in (days_view(campus()) or {})["caption"]


def test_long_ranges_are_added_up_by_month() -> None:
    found = spans(campus("?range=custom&from=2020-06-15&to=2020-09-20"))
    assert [(span.first, span.last) for span in found] == [
        (date(2020, 6, 15), date(2020, 6, 30)),
        (date(2020, 7, 1), date(2020, 7, 31)),
        (date(2020, 8, 1), date(2020, 8, 31)),
        (date(2020, 9, 1), date(2020, 9, 20)),
    ]
    filled = days_view(campus("?range=custom&from=2020-06-15&to=2020-09-20")) or {}
    assert "of 4 months (complete: 4)." in filled["caption"]
    units = [note["text"] for note in filled["drawn"]["figure"]["layout"]["annotations"]]
    assert units == ["kWh per month"]
    assert filled["drawn"]["figure"]["layout"]["xaxis"]["ticktext"] == ["Jun", "Jul", "Aug", "Sep"]


def test_a_month_is_whole_only_when_every_day_is() -> None:
    def day(number: int, complete: bool) -> DayEnergy:
        return DayEnergy(day=date(2020, 9, number), energy_kwh=10.0, complete=complete)

    days = by_day((day(1, True), day(2, True)), (day(1, True), day(2, False)), date(2020, 9, 28))
    assert [span.whole for span in days] == [True, False]
    (month,) = by_month(days)
    assert (month.production_kwh, month.demand_kwh, month.whole) == (20.0, 20.0, False)
    (alone,) = by_day((day(1, True),), (), date(2020, 9, 28))
    assert (alone.demand_kwh, alone.whole) == (None, False)


def picture(pv: list[float], load: list[float], **changes: Any) -> SurplusPicture:
    index = pd.date_range(MIDNIGHT, periods=len(pv), freq="15min", name="time")
    known = {
        "start": MIDNIGHT, "end": MIDNIGHT + timedelta(days=1), "now": NOW, "zone": ZONE, "step": QUARTER,
        "pv": pd.Series(pv, index=index), "load": pd.Series(load, index=index),
    }  # fmt: skip
    return SurplusPicture(**{**known, **changes})


def test_the_areas_lie_between_the_two_lines() -> None:
    figure = surplus_figure(picture([0.0, 8.0, 12.0, float("nan")], [5.0, 5.0, 5.0, 5.0]))
    traces = {(trace.meta, trace.mode): trace for trace in figure.data}
    surplus, deficit = traces["surplus", "lines"], traces["deficit", "lines"]
    assert (min(surplus.y), max(surplus.y)) == (5.0, 12.0)
    assert (min(deficit.y), max(deficit.y)) == (0.0, 5.0)
    assert surplus.x[0] == wall(MIDNIGHT + QUARTER, ZONE)
    assert traces["pv", "lines"].line.shape == traces["load", "lines"].line.shape == "hv"
    assert list(traces["difference", "markers"].customdata[:2]) == ["deficit 5.0\xa0kW", "surplus 3.0\xa0kW"]
    assert figure.layout.meta["rows"][2][1:] == ["8.000", "5.000", "3.000", "0.000"]
    assert figure.layout.meta["rows"][4][1:] == ["", "5.000", "", ""]


def test_one_axis_holds_both_and_starts_at_zero() -> None:
    figure = surplus_figure(picture([90.0], [5.0]))
    assert tuple(figure.layout.yaxis.range) == (0, 100)
    assert {trace.yaxis for trace in figure.data} == {None}


def test_many_steps_are_thinned_and_keep_their_peaks() -> None:
    pv = [float(place % 40) for place in range(35_000)]
    pv[20_001] = 500.0
    figure = surplus_figure(picture(pv, [20.0] * 35_000, end=MIDNIGHT + timedelta(days=365)))
    assert max(len(trace.x) for trace in figure.data) <= MAX_POINTS
    assert max(y for trace in figure.data if trace.meta == "pv" for y in trace.y if y is not None) == 500.0


def test_each_chip_has_a_trace_to_switch() -> None:
    keys = {chip.to_plotly_json()["props"]["data-trace"] for chip in surplus_chips()}
    assert keys <= {trace.meta for trace in surplus_figure(picture([8.0], [5.0])).data}
    assert len(keys) == 4


def test_bars_come_in_pairs_and_what_is_not_whole_is_light() -> None:
    day = date(2020, 9, 1)
    known = Span(first=day, last=day, production_kwh=700.0, demand_kwh=900.0, whole=True)
    pair = (known, replace(known, production_kwh=None, demand_kwh=9.0, whole=False))
    made, used = pair_bars_figure(pair, "kWh per day").data
    assert (list(made.y), list(used.y)) == ([700.0, None], [900.0, 9.0])
    assert made.marker.color[0].endswith(",1)")
    assert made.marker.color[1].endswith(",0.4)")
    assert used.customdata[1].endswith("Not complete")
    assert made.customdata[0] == "Tue 1\xa0Sep\xa02020<br>Production 700\xa0kWh"


def test_the_page_fills_itself() -> None:
    app = build_battery()
    body = payload(
        app.app,
        output_of(app.app, "production-kpis.children"),
        production_address__pathname="/p/monash/production-vs-demand",
        production_address__search="?range=day",
    )
    answered = call(app.signed_in(), body)
    assert answered.status_code == 200, answered.get_data(as_text=True)
    filled = answered.get_json()["response"]
    assert len(filled["production-kpis"]["children"]) == 4
    assert filled["production-missing"]["hidden"] is True
    assert filled["production-powers-drawn"]["data"]["figure"]["data"]
