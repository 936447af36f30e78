"""The Forecast page: every figure against sums over the ledger, its choices, what it says without a forecast."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.numbers import percent, with_unit
from dash_app.domain.forecasting import ForecastRecord, ModelKind, Role, SwitchReason
from dash_app.workflows.forecast_ledger import Ledger
from pages import forecast_basis as basis
from pages import forecast_chart as chart
from pages import forecast_choice as choosing
from pages import forecast_figures as figures
from pages.forecast import PAGE
from pages.forecast_words import cold_words, reason_words, skill_words
from tests.app.building import call, output_of, payload
from tests.app.campus_app import Campus
from tests.app.forecast_app import a_model, a_switch, build_forecast
from tests.app.use_app import fill
from tests.components.test_parts import words
from tests.fakes.campus import NOW, QUARTER, measurands, series_of, site
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.workflows.test_forecast_page import LOAD, ledger, loaded

HOUR = timedelta(hours=1)
Row = tuple[datetime, datetime, float, float, float, float]
"""Issued, valid, said, low, high, real."""


def day_rows() -> list[Row]:
    """Return what was said and what came on the day of the campus, by loops over single values."""
    start = datetime.fromisoformat("2020-09-27T14:00+00:00")
    meters = [m for m in measurands() if m.quantity is LOAD]
    real = {at.to_pydatetime(): value for at, value in sum(series_of(m, start, NOW) for m in meters).items()}
    rows: list[Row] = []
    for record in ledger().forecasts.kept:
        for at, said in record.frame.iterrows():
            moment = at.to_pydatetime()
            if moment in real and moment >= record.issued_at:
                rows.append((record.issued_at, moment, said["p50"], said["p10"], said["p90"], real[moment]))
    return rows


def figures_of(search: str = "?range=day") -> dict[str, Any]:
    cards = figures.key_figures(loaded(search))
    assert cards is not None
    return {getattr(card, "data-kpi"): float(getattr(card, "data-value")) for card in cards}


def test_the_key_figures_are_sums_over_the_ledger() -> None:
    rows, shown = day_rows(), figures_of()
    assert shown["error"] == pytest.approx(sum(abs(said - real) for _, _, said, _, _, real in rows) / len(rows))
    inside = sum(low <= real <= high for _, _, _, low, high, real in rows)
    assert shown["held"] == pytest.approx(inside / len(rows))
    newest = {at: abs(said - real) for _, at, said, _, _, real in sorted(rows)}
    cost = sum(0.25 * kw * (0.2 if at.day % 2 == 0 else 0.4) for at, kw in newest.items())
    assert shown["cost"] == pytest.approx(cost / (0.25 * len(newest)) * 24)


def test_the_skill_is_that_against_the_same_time_of_the_newest_day_known() -> None:
    meters = [m for m in measurands() if m.quantity is LOAD]
    before = NOW - timedelta(days=10)
    real = {at.to_pydatetime(): value for at, value in sum(series_of(m, before, NOW) for m in meters).items()}
    ours, other = [], []
    for issued, at, said, _low, _high, came in day_rows():
        day = at - timedelta(days=1)
        while day + QUARTER > issued:
            day -= timedelta(days=1)
        ours.append(abs(said - came))
        other.append(abs(real[day] - came))
    assert figures_of()["skill"] == pytest.approx(1 - sum(ours) / sum(other))


def test_bars_by_lead_time_and_by_hour_are_means_over_the_ledger() -> None:
    page, rows = loaded("?range=day"), day_rows()
    lead = (figures.lead_view(page) or {})["drawn"]["figure"]["data"][0]["y"]
    edges = ((0.0, 1.0), (1.0, 6.0), (6.0, 24.0), (24.0, 99.0))
    for bar, (low, high) in zip(lead, edges, strict=True):
        here = [abs(s - r) for issued, at, s, _, _, r in rows if low < (at + QUARTER - issued) / HOUR <= high]
        assert bar == pytest.approx(sum(here) / len(here))
    hours = (figures.hour_view(page) or {})["drawn"]["figure"]["data"][0]["y"]
    assert len(hours) == 24 and hours[20] is None  # the evening has not come yet
    nine = [abs(s - r) for _, at, s, _, _, r in rows if at.astimezone(page.view.zone).hour == 9]
    assert hours[9] == pytest.approx(sum(nine) / len(nine))


def test_the_table_of_the_band_has_the_shares_of_each_lead_time() -> None:
    text, rows = words(figures.band_card(loaded("?range=day"))), day_rows()
    below = sum(real < low for _, _, _, low, _, real in rows) / len(rows)
    above = sum(real > high for _, _, _, _, high, real in rows) / len(rows)
    assert f"{percent(below)} {percent(1 - below - above)} {percent(above)} {len(rows):,}" in text
    assert "up to 1\u00a0h" in text and "over 24\u00a0h" in text


def test_the_chart_shows_what_came_and_what_had_been_expected_to_its_end() -> None:
    page = loaded("?range=day")
    filled = chart.band_view(page) or {}
    found = {trace["meta"]: trace for trace in filled["drawn"]["figure"]["data"]}
    assert set(found) == {"measured", "forecast", "band"}
    newest = page.newest
    assert newest is not None
    last = pd.Timestamp(newest.frame.index[-1]).tz_convert(page.view.zone).tz_localize(None)
    assert pd.Timestamp(found["forecast"]["x"][-1]) == last
    said = np.frombuffer(base64.b64decode(found["forecast"]["y"]["bdata"]))
    assert said[-1] == pytest.approx(newest.frame["p50"].iloc[-1])
    newest_by_moment = {at: abs(s - r) for _, at, s, _, _, r in sorted(day_rows())}
    off = sum(newest_by_moment.values()) / len(newest_by_moment)
    assert f"Off by {with_unit(off, 'kW')} on average over {len(newest_by_moment)} steps." in filled["caption"]


def test_as_known_at_a_moment_draws_its_line_and_says_how_it_did_since() -> None:
    page = loaded("?range=day&known=2020-09-27T20:45:00Z")
    filled = chart.band_view(page) or {}
    notes = [note["text"] for note in filled["drawn"]["figure"]["layout"]["annotations"]]
    assert "As known at 06:30" in notes
    issued = NOW - 7 * HOUR
    off = [abs(s - r) for at, _, s, _, _, r in day_rows() if at == issued]
    assert filled["caption"].startswith("Issued Mon 28\u00a0Sep 06:30: Simple mix, on 120 days of history.")
    assert f"Off by {with_unit(sum(off) / len(off), 'kW')} on average over {len(off)} steps." in filled["caption"]


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("?range=day&known=2020-09-01T00:00:00Z", "Nothing had been forecast yet at Tue 1\u00a0Sep 10:00."),
        ("?range=month", "Forecasts are drawn up to steps of 1\u00a0h."),
        ("?range=week", "of one in each 1\u00a0h"),
    ],
)
def test_the_caption_says_what_is_drawn(search: str, sentence: str) -> None:
    assert sentence in (chart.band_view(loaded(search)) or {})["caption"]


def test_few_steps_are_said_to_say_little() -> None:
    early = FakeStore(FakeClock(NOW))
    early.forecasts.kept.extend(one for one in ledger().forecasts.kept if one.issued_at == NOW - HOUR)
    page = loaded("?range=day", store=early)
    assert "steps only: they say little" in words(figures.key_figures(page))
    assert "Fewer than 30 steps say little." in words(figures.band_card(page))


def test_a_forecast_of_which_no_step_is_over_is_not_judged() -> None:
    fresh = FakeStore(FakeClock(NOW))
    fresh.forecasts.kept.extend(one for one in ledger().forecasts.kept if one.issued_at == NOW)
    page = loaded("?range=day", store=fresh)
    assert figures.lead_view(page) is None and figures.hour_view(page) is None
    assert "no step is over yet" in words(figures.key_figures(page))
    assert "Nothing to compare yet" in words(figures.band_card(page))
    assert basis.none_card(page) is None


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (site(), "The first forecast is made with the next plan."),
        (replace(site(), battery=None), "Forecasts are made with the plans of a battery, and there is none"),
        (None, "Forecasts are made with the plans of a battery, and there is none"),
    ],
)
def test_without_a_forecast_the_reason_is_said_and_no_figure_is_shown(of: Any, sentence: str) -> None:
    page = loaded("?range=day", store=FakeStore(FakeClock(NOW)))
    bare = replace(page, place=replace(page.place, site=of))
    assert sentence in words(basis.none_card(bare))
    parts = (figures.key_figures, figures.lead_view, figures.hour_view, figures.band_card, basis.shares_card)
    assert [draw(bare) for draw in (*parts, basis.left_out_card, basis.models_card, basis.switches_card)] == [None] * 8
    assert (chart.band_view(bare) or {})["caption"] == "No forecast yet."


def test_a_changed_ledger_is_said_where_the_forecast_would_stand() -> None:
    page = loaded("?range=day", store=FakeStore(FakeClock(NOW)))
    damaged = replace(page, ledger=Ledger(damaged="The forecast abc was changed."))
    assert "Forecasts are not shown: The forecast abc was changed." in words(basis.none_card(damaged))
    assert (chart.band_view(damaged) or {})["caption"] == "No forecast is shown."


def test_a_project_that_measures_neither_says_so() -> None:
    page = loaded("?range=day", store=FakeStore(FakeClock(NOW)))
    bare = replace(page, place=replace(page.place, measurands=()))
    assert "Neither demand nor PV is measured" in words(basis.none_card(bare))
    assert chart.band_view(bare) is None and chart.band_table(bare) is None


def told(record: ForecastRecord) -> Any:
    store = ledger()
    store.forecasts.kept.append(record)
    return loaded("?range=day", store=store)


def newest_with(**changes: Any) -> ForecastRecord:
    return replace(ledger().forecasts.kept[-1], issued_at=NOW, **changes)


def test_the_share_of_each_part_stands_in_words_the_largest_of_each_lead_time_bold() -> None:
    weights = {"boosting": (0.7, 0.2, 0.5, 0.5), "weekly_median": (0.3, 0.8, 0.5, 0.497), "day_mean": (0, 0, 0, 0.003)}
    weights["similar_days"] = (0, 0, 0, 0)
    card = basis.shares_card(told(newest_with(weights=weights)))
    rows = [[words(cell) for cell in row.children] for row in rows_of(card)]
    assert rows[0] == ["Median of the same time of week", *(percent(share) for share in weights["weekly_median"])]
    assert rows[1] == ["Gradient boosting on all of these", *(percent(share) for share in weights["boosting"])]
    assert rows[2][0] == "2 other parts"
    bold = [[type(cell.children).__name__ == "B" for cell in row.children[1:]] for row in rows_of(card)]
    assert bold[0] == [False, True, True, False] and bold[1] == [True, False, True, True]


def test_how_far_each_part_alone_was_off_is_the_mean_over_its_own_steps() -> None:
    store = ledger()
    last = store.forecasts.kept[-12]
    parts = pd.DataFrame({"week_med": last.frame["p50"] - 3.0})
    store.forecasts.kept[-12] = replace(last, components=parts)
    card = basis.shares_card(loaded("?range=day", store=store))
    rows = {words(row.children[0]): words(row.children[-1]) for row in rows_of(card)}
    off = [abs(said - 3.0 - real) for at, _, said, _, _, real in day_rows() if at == last.issued_at]
    assert rows == {"week med": with_unit(sum(off) / len(off), "kW"), "Mean of the last days": "–"}


def test_what_was_left_out_is_counted_by_kind() -> None:
    card = basis.left_out_card(told(newest_with(left_out={"spikes": 3, "zero_runs": 96, "stuck": 0}, missing=214)))
    rows = [[words(cell) for cell in row.children] for row in rows_of(card)]
    assert rows == [["long runs of zeros", "96"], ["spikes", "3"], ["not measured", "214"]]
    assert "99 values left out" in words(card)
    whole = basis.left_out_card(told(newest_with(left_out={}, missing=0)))
    assert "Every value of the history was used." in words(whole)


def test_champion_and_challenger_stand_with_their_errors_and_each_change_with_its_reason() -> None:
    store = ledger()
    store.forecasts.add_model(a_model())
    store.forecasts.add_model(replace(a_model(), model_id="load-2", trained_at=NOW, error_kw=None, rival_error_kw=None))
    store.forecasts.add_switch(a_switch())
    page = loaded("?range=day", store=store)
    rows = [[words(cell) for cell in row.children] for row in rows_of(basis.models_card(page))]
    assert [row[-1] for row in rows] == ["Challenger", "Champion", "Stands by"]
    assert rows[1][1:4] == ["3.11\u00a0kW", "3.36\u00a0kW", "–"]
    assert rows[0][1] == "not told: too little history"
    change = words(basis.switches_card(page))
    assert "Simple mix → Trained on 27\u00a0Sep\u00a02020 13:30" in change
    assert "Off by 3.11\u00a0kW instead of 3.36\u00a0kW, over the same 4,200 values." in change


@pytest.mark.parametrize("reason", SwitchReason)
def test_every_reason_of_a_change_has_a_sentence_with_and_without_errors(reason: SwitchReason) -> None:
    assert "Off by" in reason_words(replace(a_switch(), reason=reason))
    alone = reason_words(replace(a_switch(), reason=reason, from_error_kw=None, to_error_kw=None))
    assert alone.endswith(".") and "Off by" not in alone


def test_a_rival_stands_with_its_error_and_the_champions_over_the_same_steps() -> None:
    store = ledger()
    at = NOW - 5 * HOUR
    champion = next(one for one in store.forecasts.kept if one.issued_at == at)
    rival = replace(champion, role=Role.CHALLENGER, model_id="load-1", frame=champion.frame + 1.0)
    store.forecasts.kept.append(rival)
    store.forecasts.add_model(a_model())
    page = loaded("?range=day", store=store)
    rows = [[words(cell) for cell in row.children] for row in rows_of(basis.models_card(page))]
    mine = [abs(said - real) for issued, _, said, _, _, real in day_rows() if issued == at]
    other = [abs(said + 1.0 - real) for issued, _, said, _, _, real in day_rows() if issued == at]
    off = [with_unit(sum(kw) / len(kw), "kW", 2) for kw in (other, mine)]
    assert rows[0][3] == f"{off[0]} against {off[1]}" and rows[1][3] == "–"
    assert rows[0][-1] == "Challenger" and rows[1][-1] == "Champion"
    assert "No other model has forecast" in words(basis.models_card(loaded("?range=day")))


@pytest.mark.parametrize(
    ("kind", "days", "sentence"),
    [
        (ModelKind.NAIVE_DAY, 5.4, "Too little history (5 days): each day is expected to be like the one before."),
        (ModelKind.PROFILE, 12.0, "Too little history (12 days): the same time of past days is averaged"),
        (ModelKind.SIMPLE, 40.0, ""),
        (ModelKind.TRAINED, 400.0, ""),
    ],
)
def test_a_young_site_says_what_its_forecast_stands_on(kind: ModelKind, days: float, sentence: str) -> None:
    record = newest_with(model_kind=kind, days_of_history=days)
    assert cold_words(record).startswith(sentence) and bool(sentence) == bool(cold_words(record))
    assert (cold_words(record) in choosing.banner_words(told(record))) == bool(sentence)


def test_what_the_address_says_wrongly_is_named() -> None:
    page = loaded("?range=day&of=heat&known=tomorrow")
    assert choosing.banner_words(page) == [
        "“heat” is not forecast here. Showing Electricity demand.",
        "“tomorrow” is not a past moment. Showing the newest forecasts.",
    ]


def test_skill_in_words_goes_both_ways() -> None:
    assert (skill_words(0.21), skill_words(-0.4)) == ("21\u00a0% smaller", "40\u00a0% larger")


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_forecast()


def test_the_page_is_filled_in_a_running_app(campus: Campus) -> None:
    answer = fill(campus.app, campus.signed_in(), "forecast", "?of=pv", project="monash")
    assert answer["forecast-none"]["hidden"] is True
    assert "PV production" in answer["forecast-band-meta"]["children"]
    assert "in daylight only" in str(answer["forecast-held"]["children"])
    assert "Could not draw" not in str(answer)


def test_the_choice_offers_the_moments_of_the_range_and_keeps_the_address(campus: Campus) -> None:
    body = payload(
        campus.app,
        output_of(campus.app, "forecast-choice.children"),
        forecast_address__pathname="/p/monash/forecast",
        forecast_address__search="?range=day&known=2020-09-27T20:30:12Z",
    )
    shown = call(campus.signed_in(), body).get_json()["response"]["forecast-choice"]["children"]
    select = next(part for part in walk(shown) if part.get("type") == "Select")["props"]
    values = [option["value"] for option in select["options"]]
    assert select["value"] == "2020-09-27T20:30:12Z" and values[0] == "newest"
    assert values[1:] == sorted(values[1:], reverse=True) and len(values) == 14
    links = [part["props"]["href"] for part in walk(shown) if part.get("type") == "A"]
    assert links == [
        "/p/monash/forecast?range=day&known=2020-09-27T20%3A30%3A12Z&of=load",
        "/p/monash/forecast?range=day&known=2020-09-27T20%3A30%3A12Z&of=pv",
    ]


def test_the_file_holds_measured_and_forecast_side_by_side(campus: Campus) -> None:
    answer = campus.signed_in().get(f"/p/monash/export/{PAGE.key}/band.csv?range=day")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [name.split(" [")[0] for name in rows[0][2:]] == [
        "Measured", "Forecast", "Lower end of the band", "Upper end of the band",
    ]  # fmt: skip
    assert rows[1][2] and rows[1][3] and not rows[-1][2] and rows[-1][3]


def rows_of(card: Any) -> list[Any]:
    return [row for body in parts_of(card, "Tbody") for row in body.children]


def parts_of(part: Any, kind: str) -> Iterator[Any]:
    if type(part).__name__ == kind:
        yield part
    children = getattr(part, "children", part if isinstance(part, list) else None)
    for child in children if isinstance(children, list) else [children]:
        if child is not None and not isinstance(child, str):
            yield from parts_of(child, kind)


def walk(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        yield from walk(part.get("props", {}).get("children"))
    elif isinstance(part, list):
        for child in part:
            yield from walk(child)
