"""What the overview shows, against sums over the campus done with plain Python."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dash_app.domain.recommendation import State
from dash_app.domain.site import Quantity
from pages.overview_cards import action_card, arrays_card, now_card, now_unknown_card, sources_card
from pages.overview_views import chart_view, key_figures
from tests.components.drawing import overview, place
from tests.components.test_parts import balance, parts_with, words
from tests.fakes.campus import NOW, ZONE, measurands, series_of, site

MIDNIGHT = datetime(2020, 9, 26, 14, tzinfo=UTC)
TODAY = datetime(2020, 9, 27, 14, tzinfo=UTC)


def pv_rows(start: datetime = MIDNIGHT) -> list[tuple[datetime, float]]:
    """Return (step start, sum of the six arrays) of every quarter hour since `start`."""
    arrays = [series_of(m, start, NOW) for m in measurands() if m.quantity is Quantity.PV_KW]
    return [(moment.to_pydatetime(), sum(array[moment] for array in arrays)) for moment in arrays[0].index]


def figures(*args: Any, **more: Any) -> dict[str, Any]:
    return {figure.key: figure for figure in key_figures(overview(*args, **more))}


def test_the_four_key_figures_equal_sums_over_the_raw_values() -> None:
    rows = pv_rows()
    powers = [power for _moment, power in rows]
    shown = figures()
    assert shown["current"].value == pytest.approx(powers[-1])
    assert shown["total"].value == pytest.approx(sum(powers) * 0.25)
    assert shown["average"].value == pytest.approx(sum(powers) / len(powers))
    assert shown["peak"].value == pytest.approx(max(powers))
    assert [figure.unit for figure in shown.values()] == ["kW", "kWh", "kW", "kW"]
    peak_at = max(rows, key=lambda row: row[1])[0].astimezone(ZONE)
    assert f"{peak_at:%H:%M}" in shown["peak"].context


def test_the_total_is_told_by_day_and_today_is_so_far() -> None:
    yesterday = sum(power for moment, power in pv_rows() if moment < TODAY) * 0.25
    today = sum(power for moment, power in pv_rows() if moment >= TODAY) * 0.25
    assert figures()["total"].context == f"27\u00a0Sep {yesterday:.0f}, today {today:.0f} so far"
    assert figures()["average"].context == "Over 37.5\u00a0h, nights included"


def test_the_resolution_changes_the_drawing_and_never_the_figures() -> None:
    fine, coarse = figures(), figures("?resolution=360")
    assert {key: figure.value for key, figure in fine.items()} == {key: f.value for key, f in coarse.items()}


def test_the_forecast_of_the_newest_value_stands_beside_it() -> None:
    assert figures()["current"].context.startswith("Forecast said 8")
    assert figures(planned=False)["current"].context == "Mean of 13:15–13:30"


def test_a_total_with_gaps_is_at_least_that_and_says_what_is_missing() -> None:
    gap = (datetime(2020, 9, 27, 0, tzinfo=UTC), datetime(2020, 9, 27, 6, tzinfo=UTC))
    total = figures(hidden={"101": gap})["total"]
    kept = sum(power for moment, power in pv_rows() if not gap[0] <= moment < gap[1]) * 0.25
    assert total.value == pytest.approx(kept)
    assert total.text.startswith("≥ ")
    assert total.context == "84\u00a0% of values, 1 gap"


def test_a_silent_pv_is_stale_and_says_since_when() -> None:
    silent = (datetime(2020, 9, 28, 2, tzinfo=UTC), NOW)
    current = figures(hidden={"103": silent})["current"]
    assert current.stale == "PV silent for 1\u00a0h 30\u00a0min."


def test_without_pv_the_figures_are_those_of_the_demand() -> None:
    shown = figures(at=place(None, "e_demand"))
    meters = [series_of(m, MIDNIGHT, NOW) for m in measurands() if m.quantity is Quantity.LOAD_KW]
    assert shown["total"].value == pytest.approx(sum(meter.sum() for meter in meters) * 0.25)
    assert shown["average"].context == "Over 37.5\u00a0h"


def test_a_past_range_has_no_current_power() -> None:
    shown = figures("?range=day&at=2020-09-20")
    assert shown["current"].label == "Last power of the range"
    assert shown["current"].stale == ""


def test_a_chart_says_its_unit_its_step_its_quality_and_its_extremes() -> None:
    filled = chart_view(overview(), Quantity.PV_KW)
    powers = [power for _moment, power in pv_rows()]
    assert words(filled["meta"]) == "6 arrays · kW, mean of 15\u00a0min · 100\u00a0% of values"
    start = f"From 0.0 to {max(powers):.0f}\u00a0kW, {sum(powers) * 0.25:,.0f}\u00a0kWh so far."
    assert filled["caption"].startswith(start)
    assert "The rest of today is expected to bring" in filled["caption"]


def test_without_any_value_the_chart_keeps_its_axes_and_says_so() -> None:
    everything = {m.measurand_id: (MIDNIGHT, NOW) for m in measurands()}
    filled = chart_view(overview(hidden=everything, planned=False), Quantity.PV_KW)
    assert filled["caption"].startswith("No values between Sun 27\u00a0Sep 00:00 and Mon 28\u00a0Sep 13:30.")
    assert filled["drawn"]["figure"]["layout"]["xaxis"]["tickvals"]


def test_the_arrays_show_today_only() -> None:
    card = arrays_card(overview())
    first = next(m for m in measurands() if m.measurand_id == "101")
    today = series_of(first, TODAY, NOW)
    assert f"Array 1 {today.sum() * 0.25:.0f}\u00a0kWh {today.iloc[-1]:.1f}\u00a0kW" in words(card)
    assert "Today by array" in words(card)
    assert words(card).endswith("All 6 report.")


def test_an_array_that_fell_silent_is_named() -> None:
    silent = (datetime(2020, 9, 28, 1, tzinfo=UTC), NOW)
    assert words(arrays_card(overview(hidden={"104": silent}))).endswith("Silent now: Array 4.")


def test_where_the_energy_came_from_adds_up_to_the_load() -> None:
    shown = overview()
    sources = shown.sources()
    meters = [series_of(m, MIDNIGHT, NOW) for m in measurands() if m.quantity is Quantity.LOAD_KW]
    assert sources is not None
    assert sources.total_kwh == pytest.approx(sum(meter.sum() for meter in meters) * 0.25)
    text = words(sources_card(shown))
    assert "Simulated battery" in text
    assert f"{sources.grid_kwh:.0f}\u00a0kWh" in text


def test_a_long_range_does_not_load_the_batterys_minutes() -> None:
    shown = overview("?range=year")
    assert shown.sources() is None
    assert set(shown.window.series) == {"101", "102", "103", "104", "105", "106", "201", "206"}


def test_what_waits_says_what_it_saves_and_leads_to_the_decision() -> None:
    card = action_card(overview())
    text = words(card)
    assert "1 recommendation waits" in text
    assert "Following R-1 saves AUD\u00a034.92 until Wed 30\u00a0Sep 00:00" in text
    assert "the simulated battery" in text
    assert "R-1 expires in 11\u00a0min" in text or "R-1 expires in 12\u00a0min" in text
    (review,) = parts_with(card, "btn-primary")
    assert review.href == "/p/monash/recommendations"


def test_an_expired_recommendation_does_not_wait() -> None:
    text = words(action_card(overview(now=NOW + timedelta(hours=1))))
    assert "Nothing waits for a decision" in text


def test_a_running_plan_says_until_when() -> None:
    shown = overview()
    running = replace(shown.recommendations[0], state=State.ACTIVE)
    text = words(action_card(replace(shown, recommendations=(running,))))
    assert "R-1 is approved and runs until Wed 30\u00a0Sep 00:00." in text


def test_a_project_without_a_battery_says_so() -> None:
    bare = replace(site(), battery=None)
    text = words(action_card(overview(at=place(bare))))
    assert text == "Next action No battery in this project."


def test_now_without_values_says_so_and_without_a_server_too() -> None:
    nothing = balance(pv_kw=None, load_kw=None, charge_kw=None, export_kw=None, newest=None, missing=("Array 1",))
    assert "No value at this moment." in words(now_card(nothing, place()))
    assert "No value at this moment." in words(now_unknown_card())


def test_a_day_of_twenty_three_hours_has_ninety_two_quarters() -> None:
    shown = overview("?range=day&at=2020-10-04", now=datetime(2020, 10, 5, 3, tzinfo=UTC), planned=False)
    assert len(shown.total(Quantity.PV_KW)) == 92
    assert shown.view.first == date(2020, 10, 4)
    assert figures("?range=day&at=2020-10-04", now=shown.view.now)["average"].context.startswith("Over 23.0\u00a0h")


def test_at_night_no_array_has_a_bar() -> None:
    card = arrays_card(overview(now=datetime(2020, 9, 27, 18, tzinfo=UTC), planned=False))
    assert {fill.style["width"] for fill in parts_with(card, "sb-track-fill")} == {"0%"}


def test_a_site_without_pv_or_battery_has_no_rows_for_them() -> None:
    text = words(sources_card(overview(at=place(None, "e_demand"))))
    assert "PV direct" not in text
    assert "battery" not in text.split("PV counts")[0]
    assert "Grid" in text
