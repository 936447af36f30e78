"""The comparison through a page: every figure against the raw series, every reason said, nothing else harmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from components.compared import numbers_of
from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.site import Quantity
from tests.app.building import text_of
from tests.app.campus_app import Campus, build_campus
from tests.app.test_overview_callbacks import ask
from tests.fakes.campus import NOW, measurands, series_of

MIDNIGHT = datetime(2020, 9, 27, 14, tzinfo=UTC)  # the beginning of 28 September in Melbourne
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def built() -> Campus:
    return build_campus()


@pytest.fixture
def campus(built: Campus) -> Campus:
    built.measurements.fails.clear()
    built.measurements.hidden.clear()
    return built


def filled(campus: Campus, search: str) -> dict[str, Any]:
    answered = ask(campus, "overview-kpis.children", search=search)
    assert answered.status_code == 200, answered.get_data(as_text=True)
    return dict(answered.get_json()["response"])


def pv_kw(start: datetime, end: datetime) -> np.ndarray:
    parts = [series_of(m, start, end).to_numpy() for m in measurands() if m.quantity is Quantity.PV_KW]
    return np.sum(parts, axis=0)


def contexts(shown: dict[str, Any]) -> dict[str, str]:
    cards = shown["overview-kpis"]["children"]
    return {card["props"]["data-kpi"]: text_of(card["props"]["children"][-1]["props"]["children"]) for card in cards}


def lines(shown: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trace for trace in shown[name]["data"]["figure"]["data"] if trace.get("meta") == "compared"]


def test_today_is_compared_with_yesterday_up_to_the_same_time(campus: Campus) -> None:
    said = contexts(filled(campus, "?range=day&compare=previous"))
    now_kwh = pv_kw(MIDNIGHT, NOW).sum() / 4
    before = pv_kw(MIDNIGHT - DAY, NOW - DAY)
    change = now_kwh / (before.sum() / 4) - 1
    direction = (
        "the same now"
        if abs(change) < 0.005
        else f"{abs(change):.0%}".replace("%", "\u00a0% ") + ("more now" if change > 0 else "less now")
    )
    assert f"Previous: {before.sum() / 4:.0f} kWh, {direction}" in said["total"]
    assert f"Previous: {before.max():.0f} kW" in said["peak"]


def test_both_charts_show_the_other_day_whole(campus: Campus) -> None:
    shown = filled(campus, "?range=day&compare=previous")
    (line,) = lines(shown, "overview-pv-drawn")
    np.testing.assert_allclose(numbers_of(line["y"]), pv_kw(MIDNIGHT - DAY, MIDNIGHT), atol=1e-9)
    assert line["x"][0].startswith("2020-09-28T00:00")
    assert len(lines(shown, "overview-load-drawn")) == 1


def test_without_a_comparison_there_is_no_grey_line(campus: Campus) -> None:
    assert lines(filled(campus, "?range=day"), "overview-pv-drawn") == []


@pytest.mark.parametrize(
    ("search", "reason"),
    [
        ("?range=year&at=2019-03-01&compare=year", "nothing is kept of 1\u00a0Jan"),
        ("?range=day&compare=previous", "nothing was measured in 27\u00a0Sep"),
    ],
)
def test_what_cannot_be_compared_is_said_with_the_reason(campus: Campus, search: str, reason: str) -> None:
    for m in measurands():
        campus.measurements.hidden[m.measurand_id] = (MIDNIGHT - DAY, MIDNIGHT)
    shown = filled(campus, search)
    assert reason in text_of(shown["overview-banner"]["children"])
    assert lines(shown, "overview-pv-drawn") == []
    assert len(contexts(shown)) == 4


def test_an_outage_while_comparing_leaves_the_page_as_it_is(campus: Campus) -> None:
    load = campus.measurements.load_window

    def only_now(session: Any, project: Any, start: datetime, end: datetime, ids: Any = None) -> Any:
        if end < NOW - timedelta(hours=1):
            raise ApiUnavailable("refused")
        return load(session, project, start, end, ids)

    campus.measurements.load_window = only_now  # type: ignore[method-assign]
    shown = filled(campus, "?range=week&compare=previous")
    campus.measurements.load_window = load  # type: ignore[method-assign]
    assert "cannot be loaded now" in text_of(shown["overview-banner"]["children"])
    assert shown["overview-pv-drawn"]["data"]["figure"]["data"]


BAD = [
    "?range=day&at=9999-99-99",
    "?resolution=0",
    "?range=custom&from=2020-09-20&to=2020-09-10",
    "?range=custom&from=2010-01-01&to=2020-09-28",
    "?range=day&range=week",
    "?compare=mars",
    "?range=%00%ff",
]


@pytest.mark.parametrize("search", BAD)
def test_a_bad_address_has_its_note_and_the_page_its_data(campus: Campus, search: str) -> None:
    head = ask(campus, "overview-head-drawn.data", search=search)
    assert head.status_code == 200
    assert "sb-notes" in head.get_data(as_text=True)
    shown = filled(campus, search)
    assert shown["overview-load-drawn"]["data"]["figure"]["data"]
    assert len(shown["overview-kpis"]["children"]) == 4


@pytest.mark.parametrize("kind", ["15min", "30min", "1h", "3h", "12h", "24h", "day", "week", "month", "year"])
def test_every_range_fills_the_page(campus: Campus, kind: str) -> None:
    for compare in ("", "&compare=previous", "&compare=year"):
        shown = filled(campus, f"?range={kind}{compare}")
        assert "Could not draw" not in text_of(shown)
        assert len(shown["overview-kpis"]["children"]) == 4
