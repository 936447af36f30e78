"""Figures and times as text; the modules' own examples hold too."""

import doctest
from datetime import UTC, datetime
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

import components.graph
import components.numbers
import components.outage
import components.range_words
import components.states
import components.templates
import components.time_series
import dash_app.domain.kpi
import dash_app.domain.view
from components.numbers import clock_time, number, percent, since_words, with_unit, zone_words

MELBOURNE = ZoneInfo("Australia/Melbourne")


@pytest.mark.parametrize(
    "module",
    [
        components.numbers,
        components.outage,
        components.range_words,
        components.states,
        components.templates,
        components.time_series,
        dash_app.domain.kpi,
        dash_app.domain.view,
    ],
)
def test_the_examples_of_a_module_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_minus_is_a_minus_and_the_blank_before_a_unit_does_not_break() -> None:
    assert with_unit(-12.34, "kW") == "\u221212.3\u00a0kW"


def test_nothing_is_not_zero() -> None:
    assert number(None) == number(float("nan")) == "–"


@pytest.mark.parametrize(("value", "text"), [(99.94, "99.9"), (99.95, "100"), (100.4, "100"), (0.04, "0.0")])
def test_one_decimal_below_a_hundred_and_none_from_there_on(value: float, text: str) -> None:
    assert number(value) == text


def test_almost_all_is_not_all() -> None:
    assert percent(0.99999, 1) == "99.9\u00a0%"


def test_times_are_those_of_the_site_through_the_change_of_the_clock() -> None:
    before, after = datetime(2020, 10, 3, 15, 59, tzinfo=UTC), datetime(2020, 10, 3, 16, 0, tzinfo=UTC)
    assert (clock_time(before, MELBOURNE), clock_time(after, MELBOURNE)) == ("01:59", "03:00")
    assert (zone_words(before, MELBOURNE), zone_words(after, MELBOURNE)) == ("AEST", "AEDT")


def test_a_moment_of_another_day_says_its_day() -> None:
    now = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)
    assert since_words(datetime(2020, 9, 27, 14, 5, tzinfo=UTC), now, MELBOURNE) == "00:05"
    assert since_words(datetime(2020, 9, 27, 13, 55, tzinfo=UTC), now, MELBOURNE) == "Sun 27\u00a0Sep 23:55"
