"""The overview's callbacks through the whole app: who may see it, what an outage does to it, what it costs."""

from typing import Any

import pytest

from dash_app.domain.errors import ApiUnavailable, ApiUnreadable, RateLimited
from pages.range_page import drawn_safely
from tests.app.building import ANALYST, call, output_of, payload
from tests.app.campus_app import Campus, build_campus
from tests.components.test_parts import words
from tests.fakes.campus import NOW, QUARTER

DRAWN = "overview-load-drawn.data"


@pytest.fixture(scope="module")
def built() -> Campus:
    return build_campus()


@pytest.fixture
def campus(built: Campus) -> Campus:
    built.measurements.fails.clear()
    built.measurements.hidden.clear()
    built.measurements.saved_at = None
    built.measurements.dropped = 0
    return built


def ask(campus: Campus, part: str, path: str = "/p/monash/", search: str = "", before: Any = None) -> Any:
    body = payload(
        campus.app,
        output_of(campus.app, part),
        overview_address__pathname=path,
        overview_address__search=search,
        overview_filled__data=before,
    )
    return call(campus.signed_in(), body)


def answer(campus: Campus, **more: Any) -> dict[str, Any]:
    found = ask(campus, "overview-kpis.children", **more)
    assert found.status_code == 200, found.get_data(as_text=True)
    return dict(found.get_json()["response"])


def test_one_answer_fills_the_whole_page(campus: Campus) -> None:
    filled = answer(campus)
    assert len(filled["overview-kpis"]["children"]) == 4
    assert filled["overview-pv-drawn"]["data"]["figure"]["data"]
    assert filled["overview-content"]["hidden"] is False
    assert filled["overview-outage"]["hidden"] is True
    assert filled["overview-retry-tick"]["disabled"] is True


def test_opening_is_counted_once_and_refreshing_is_not(campus: Campus) -> None:
    before = campus.measurements.openings
    first = answer(campus)
    again = answer(campus, before=True)
    assert campus.measurements.openings == before + 1
    assert (first["overview-tick"]["interval"], again["overview-tick"]["interval"]) == (3_000, 60_000)


def test_an_unreachable_server_counts_down_and_hides_what_was_never_drawn(campus: Campus) -> None:
    campus.measurements.fails = [ApiUnavailable("refused")]
    filled = answer(campus)
    assert filled["overview-outage"]["hidden"] is False
    assert filled["overview-retry-tick"]["disabled"] is False
    assert filled["overview-content"]["hidden"] is True
    assert "overview-kpis" not in filled


def test_an_outage_leaves_what_is_drawn(campus: Campus) -> None:
    campus.measurements.fails = [ApiUnavailable("refused")]
    filled = answer(campus, before=True)
    assert filled["overview-content"]["hidden"] is False
    assert DRAWN.split(".")[0] not in filled


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (ApiUnreadable("HTML with 200"), "The server sent an unreadable answer."),
        (RateLimited("429", retry_after_s=40), "The server asks us to wait 40 s."),
    ],
)
def test_other_faults_of_the_server_have_their_own_sentence(campus: Campus, fault: Exception, sentence: str) -> None:
    campus.measurements.fails = [fault]
    filled = answer(campus)
    assert sentence in str(filled["overview-banner"]["children"])
    assert filled["overview-outage"]["hidden"] is True


def test_saved_data_are_labelled_with_their_time(campus: Campus) -> None:
    campus.measurements.saved_at = NOW - QUARTER
    assert "Showing saved data from 13:15." in str(answer(campus)["overview-banner"]["children"])


def test_dropped_values_are_counted(campus: Campus) -> None:
    campus.measurements.dropped = 12
    assert "12 unreadable values were left out." in str(answer(campus)["overview-banner"]["children"])


def test_another_range_asks_for_that_range(campus: Campus) -> None:
    answer(campus, search="?range=day&at=2020-09-20", before=True)
    asked = [(start.isoformat(), end.isoformat()) for start, end in campus.measurements.asked]
    assert ("2020-09-19T14:00:00+00:00", "2020-09-20T14:00:00+00:00") in asked


def test_the_head_names_what_the_address_got_wrong(campus: Campus) -> None:
    text = ask(campus, "overview-head-drawn.data", search="?range=eon").get_data(as_text=True)
    assert "\\u201ceon\\u201d is not a range we know." in text or "“eon” is not a range we know." in text


def test_the_now_card_says_that_the_battery_is_simulated(campus: Campus) -> None:
    assert "Charging (simulated battery)" in ask(campus, "overview-now.children").get_data(as_text=True)


def test_the_now_card_does_not_show_old_values_as_now(campus: Campus) -> None:
    campus.measurements.fails = [ApiUnavailable("refused")]
    assert "No value at this moment." in ask(campus, "overview-now.children").get_data(as_text=True)


def test_a_fault_of_ours_becomes_a_box_with_a_reference_and_tells_nothing_else() -> None:
    def broken() -> None:
        raise ZeroDivisionError("a fault of ours")

    box = words(drawn_safely(broken))
    assert box.startswith("Could not draw this. Ref ")
    assert "a fault of ours" not in box


def test_another_project_is_not_found(campus: Campus) -> None:
    assert ask(campus, "overview-kpis.children", path="/p/fontana1/").status_code == 404


def test_a_stranger_gets_nothing(campus: Campus) -> None:
    body = payload(campus.app, output_of(campus.app, "overview-kpis.children"), overview_address__pathname="/p/monash/")
    answered = call(campus.app.server.test_client(), body)
    assert answered.status_code == 401
    assert ANALYST not in answered.get_data(as_text=True)


def test_two_days_travel_in_little(campus: Campus) -> None:
    assert len(ask(campus, "overview-kpis.children").get_data()) < 150_000
