"""The explorer: what the address chooses, and figures against the raw files, worked out without the application."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.errors import ApiUnavailable, SessionEnded
from dash_app.domain.measurement import LiveValue
from dash_app.domain.site import Measurand, Quantity
from dash_app.workflows.explorer import MOST, Charts, Explorer, choice_of, first_choice, load_explorer, load_newest
from dash_app.workflows.measured import Place, view_of
from tests.fakes.api import session
from tests.fakes.campus import NOW, QUARTER, ZONE, CampusMeasurements, project, site
from tests.fakes.clock import FakeClock
from tests.raw import column

WEEK = (datetime(2020, 9, 13, 14, tzinfo=UTC), datetime(2020, 9, 20, 14, tzinfo=UTC))
SOC = Measurand(
    measurand_id="303", code="SOC", name="State of charge", quantity=Quantity.SOC, resolution=QUARTER, unit="%"
)
GAS = Measurand(measurand_id="401", code="gas", name="Gas", quantity=Quantity.UNKNOWN, resolution=QUARTER, unit="m3/h")


def raw(building: str) -> Measurand:
    return Measurand(
        measurand_id=building,
        code=f"e_demand_{building}",
        name=building.title(),
        quantity=Quantity.LOAD_KW,
        resolution=QUARTER,
        on_connection=building == "building1",
        sparse=building in {"building4", "building5"},
    )


class RawMeasurements(CampusMeasurements):
    """The port with series put in by a test, the raw files' own ones among them."""

    def __init__(self, *listed: Measurand, **series: pd.Series) -> None:
        super().__init__(FakeClock(NOW))
        self.listed = listed
        self.series = series

    def measurands(self, session: Any, project: Any) -> tuple[Measurand, ...]:
        return self.listed

    def _series(self, m: Measurand, start: datetime, end: datetime) -> pd.Series:
        known = self.series[m.measurand_id]
        return known[(known.index >= start) & (known.index < end)]


def raw_values(building: str) -> dict[datetime, float]:
    known = column("au_clayton/au_cla_demand_15min", f"{building}_kw")
    return {stamp: values[0] for stamp, values in known.items() if WEEK[0] <= stamp < WEEK[1]}


def series_of(values: dict[datetime, float]) -> pd.Series:
    index = pd.DatetimeIndex(list(values), tz="UTC", name="time")
    grid = pd.date_range(index.min(), index.max(), freq="15min", name="time")
    return pd.Series(list(values.values()), index=index).reindex(grid)


def explored(measurements: CampusMeasurements, search: str) -> Explorer:
    place = place_of(*measurements.listed)
    view = view_of(place, search, measurements.clock)
    return load_explorer(session(), place, view, opening=False, measurements=measurements)


def place_of(*measurands: Measurand) -> Place:
    return Place(project=project(), site=site(), measurands=measurands, zone=ZONE)


def numbered(count: int) -> tuple[Measurand, ...]:
    return tuple(replace(raw("building1"), measurand_id=str(number)) for number in range(count))


@pytest.mark.parametrize("building", ["building1", "building3", "building4", "building6"])
def test_the_figures_of_a_week_are_those_of_the_raw_file(building: str) -> None:
    values = raw_values(building)
    found = explored(
        RawMeasurements(raw(building), **{building: series_of(values)}), f"?range=week&at=2020-09-15&m={building}"
    )
    facts = found.facts(raw(building))
    assert facts.count == len(values) > 100
    assert facts.lowest == min(values.values())
    assert facts.highest == max(values.values())
    assert facts.mean == pytest.approx(fmean(values.values()))
    assert facts.sum_h == pytest.approx(sum(values.values()) / 4)
    late = WEEK[1] - max(values) - QUARTER  # a meter may lag two steps behind before they count as missing
    steps = 7 * 96 - (late // QUARTER if late <= 2 * QUARTER else 0)
    due = [WEEK[0] + place * QUARTER for place in range(steps)]
    assert facts.coverage.fraction == pytest.approx(len(values) / steps)
    begins = [stamp for stamp in due if stamp not in values and (stamp == due[0] or stamp - QUARTER in values)]
    assert len(facts.coverage.gaps) == len(begins)
    assert (facts.last, facts.last_at) == (values[max(values)], max(values))


def test_a_measurand_on_another_connection_is_shown() -> None:
    building = raw("building3")
    assert not building.on_connection
    values = explored(
        RawMeasurements(building, building3=series_of(raw_values("building3"))),
        "?range=week&at=2020-09-15&m=building3",
    ).values(building)
    assert values.notna().all() and len(values) == 7 * 96


def test_the_address_chooses_in_its_own_order_and_once() -> None:
    choice = choice_of(place_of(*numbered(5)), {"m": "3,1,3, 2 ,,"})
    assert [m.measurand_id for m in choice.measurands] == ["3", "1", "2"]
    assert choice.charts is Charts.EACH


def test_what_is_not_measured_here_is_named_and_the_rest_is_shown() -> None:
    choice = choice_of(place_of(*numbered(2)), {"m": "999,1,<img src=x>", "charts": "unit"})
    assert [m.measurand_id for m in choice.measurands] == ["1"]
    assert choice.unknown == ("999", "<img src=x>")
    assert choice.charts is Charts.UNIT


def test_an_empty_choice_is_one_and_an_unknown_kind_of_charts_falls_back() -> None:
    choice = choice_of(place_of(*numbered(2)), {"m": "none", "charts": "pie"})
    assert (choice.measurands, choice.unknown, choice.charts) == ((), (), Charts.EACH)


def test_more_than_fit_are_counted() -> None:
    choice = choice_of(place_of(*numbered(MOST + 3)), {"m": ",".join(str(n) for n in range(MOST + 3))})
    assert (len(choice.measurands), choice.too_many) == (MOST, 3)


def test_without_a_choice_the_first_of_each_quantity_is_shown() -> None:
    listed = CampusMeasurements(FakeClock(NOW)).listed
    assert [m.name for m in first_choice(place_of(*listed))] == ["Array 1", "Building 1", "Import"]
    assert first_choice(place_of(GAS)) == (GAS,)
    assert first_choice(place_of()) == ()


def test_duplicate_and_unsorted_stamps_and_infinite_values_break_nothing() -> None:
    index = pd.DatetimeIndex(
        ["2020-09-28T01:15Z", "2020-09-28T01:00Z", "2020-09-28T01:15Z", "2020-09-28T01:30Z"], name="time"
    )
    series = pd.Series([1.0, 2.0, 5.0, np.inf], index=index)
    building = raw("building1")
    known = explored(RawMeasurements(building, building1=series), "?range=day&m=building1").values(building).dropna()
    assert known.to_dict() == {pd.Timestamp("2020-09-28T01:00Z"): 2.0, pd.Timestamp("2020-09-28T01:15Z"): 5.0}


def test_a_huge_value_stays_what_it_is() -> None:
    index = pd.date_range("2020-09-28", periods=4, freq="15min", tz="UTC", name="time")
    found = explored(
        RawMeasurements(raw("building1"), building1=pd.Series([1e300, 1.5e308, 1.5e308, 1.0], index=index)),
        "?range=day&m=building1",
    )
    facts = found.facts(raw("building1"))
    assert facts.highest == 1.5e308
    assert facts.sum_h == float("inf")


def test_a_state_of_charge_is_shown_in_percent_and_its_newest_value_too() -> None:
    index = pd.date_range("2020-09-28", periods=4, freq="15min", tz="UTC", name="time")
    measurements = RawMeasurements(SOC, **{"303": pd.Series([0.1, 0.5, 0.9, 0.4], index=index)})
    found = explored(measurements, "?range=day&m=303")
    facts = found.facts(SOC)
    assert (facts.lowest, facts.highest) == pytest.approx((10.0, 90.0))
    newest = found.last_value(SOC)
    assert newest is not None and newest.value == pytest.approx(40.0)


def test_the_last_value_of_a_silent_measurand_is_looked_for_before_the_range() -> None:
    index = pd.date_range("2020-09-10", periods=4, freq="15min", tz="UTC", name="time")
    measurements = RawMeasurements(GAS, **{"401": pd.Series([7.0, 8.0, 9.0, np.nan], index=index)})
    found = explored(measurements, "?m=401")
    assert found.facts(GAS).count == 0
    moment = index[2].to_pydatetime()
    assert found.last_value(GAS) == LiveValue(measurand_id="401", at=moment, value=9.0)


def test_a_measurand_that_never_said_anything_has_no_last_value() -> None:
    nothing = pd.Series([], index=pd.DatetimeIndex([], tz="UTC", name="time"), dtype=float)
    assert explored(RawMeasurements(GAS, **{"401": nothing}), "?m=401").last_value(GAS) is None


def test_the_newest_values_are_missing_while_the_server_is_and_an_ended_session_is_not_hidden() -> None:
    measurements = CampusMeasurements(FakeClock(NOW))
    place = place_of(*measurements.listed)
    assert len(load_newest(session("u1", project()), place, NOW, measurements=measurements)) == len(measurements.listed)
    measurements.fails = [ApiUnavailable("refused")]
    assert load_newest(session("u1", project()), place, NOW, measurements=measurements) == {}
    measurements.fails = [SessionEnded("over")]
    with pytest.raises(SessionEnded):
        load_newest(session("u1", project()), place, NOW, measurements=measurements)


def test_only_what_is_chosen_is_asked_for_over_a_long_range() -> None:
    measurements = CampusMeasurements(FakeClock(NOW))
    explored(measurements, "?range=month&at=2020-08-10&m=101")
    start, end = measurements.asked[0]
    assert end - start == timedelta(days=31)
