"""What the Forecast page gathers: the choice of the address, the ledger over a range, persistence, prices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

import pandas as pd
import pytest

from dash_app.domain.errors import PlanRejected
from dash_app.domain.forecast_scores import Scored
from dash_app.domain.forecasting import ForecastRecord, Role
from dash_app.domain.frames import Band
from dash_app.domain.measurement import Published
from dash_app.domain.site import Quantity, TariffPart
from dash_app.workflows.forecast_choice import Choice, choice_of, every_of, load_moments
from dash_app.workflows.forecast_ledger import Memory
from dash_app.workflows.forecast_page import ForecastPage, load_forecast_page, newest_frame
from dash_app.workflows.measured import Place, view_of
from tests.fakes.api import session
from tests.fakes.campus import NOW, QUARTER, ZONE, CampusMeasurements, project, series_of, site
from tests.fakes.clock import FakeClock
from tests.fakes.issued import of_the_campus
from tests.fakes.store import FakeStore

HOUR = timedelta(hours=1)
HOURLY = [NOW - back * HOUR for back in range(72, -1, -1)]
LOAD, PV = Quantity.LOAD_KW, Quantity.PV_KW


class Priced(CampusMeasurements):
    """The campus with an hourly price of 0.20 by day of the month's parity: 0.2 on even days, 0.4 on odd ones."""

    def prices(self, session, project_id, start, end):
        index = pd.date_range(pd.Timestamp(start).floor("h"), end, freq="h", name="time")
        values = [0.2 if at.day % 2 == 0 else 0.4 for at in index]
        return Published(issued_at=NOW, values=pd.Series(values, index=index), unit="AUD/kWh")


@cache
def issued(moment: datetime, quantity: Quantity) -> ForecastRecord:
    return of_the_campus(moment, quantity)


def ledger(moments: list[datetime] = HOURLY, quantity: Quantity = LOAD) -> FakeStore:
    store = FakeStore(FakeClock(NOW))
    store.forecasts.kept.extend(issued(moment, quantity) for moment in moments)
    return store


def place(measurements: CampusMeasurements) -> Place:
    part = TariffPart(valid_from=date(2020, 1, 1), fees_per_kwh=0.05, export_per_kwh=0.05)
    return Place(project=project(), site=replace(site(), tariff=(part,)), measurands=measurements.listed, zone=ZONE)


def loaded(
    search: str = "", *, store: FakeStore | None = None, opening: bool = False, priced: bool = True
) -> ForecastPage:
    measurements = (Priced if priced else CampusMeasurements)(FakeClock(NOW))
    where = place(measurements)
    return load_forecast_page(
        session("u1", project()),
        where,
        view_of(where, search, measurements.clock),
        opening=opening,
        measurements=measurements,
        forecasts=(store or ledger()).forecasts,
        memory=Memory(measurements.clock),
    )


def chosen(search: str) -> Choice:
    measurements = CampusMeasurements(FakeClock(NOW))
    return choice_of(place(measurements), view_of(place(measurements), search, measurements.clock))


def test_the_demand_and_the_newest_are_shown_unless_the_address_says_otherwise() -> None:
    assert chosen("") == Choice(quantity=LOAD, known=None)
    assert chosen("?of=pv").quantity is PV
    assert chosen("?known=2020-09-28T02:00:00Z").known == NOW.replace(hour=2, minute=0, second=0)


@pytest.mark.parametrize("bad", ["known=yesterday", "known=2020-09-28T02:00", "known=2030-01-01T00:00:00Z", "of=heat"])
def test_what_the_address_says_wrongly_is_named_and_falls_back(bad: str) -> None:
    found = chosen(f"?{bad}")
    assert (found.quantity, found.known) == (LOAD, None)
    assert found.unknown == (tuple(bad.split("=")),)


def test_a_project_without_pv_has_no_forecast_of_it() -> None:
    measurements = CampusMeasurements(FakeClock(NOW))
    measurements.listed = tuple(m for m in measurements.listed if m.quantity is not PV)
    found = choice_of(place(measurements), view_of(place(measurements), "?of=pv", measurements.clock))
    assert (found.quantity, found.unknown) == (LOAD, (("of", "pv"),))


def test_of_each_moment_the_newest_forecast_made_before_it_is_drawn_to_its_end() -> None:
    found = loaded().forecast()
    assert found is not None and found.index.is_unique and found.index.is_monotonic_increasing
    newest = of_the_campus(HOURLY[-1])
    assert found.index[-1] == newest.frame.index[-1]
    assert newest_frame([]) is None


def test_as_known_at_a_moment_is_the_forecast_issued_last_before_it() -> None:
    known = NOW - 5.5 * HOUR
    found = loaded(f"?known={known:%Y-%m-%dT%H:%M:%SZ}")
    assert found.shown is not None and found.shown.issued_at == NOW - 6 * HOUR
    frame = found.forecast()
    assert frame is not None and frame.index[0] >= pd.Timestamp(NOW - 6 * HOUR)
    assert len(frame) == len(found.shown.frame) - 1  # the step that had begun is not a forecast
    assert set(found.shown_rows[Scored.ISSUED_AT]) == {pd.Timestamp(NOW - 6 * HOUR)}


def test_before_the_first_forecast_nothing_was_known() -> None:
    assert loaded("?known=2020-09-01T00:00:00Z").shown is None


def test_scores_are_of_the_range_and_of_forecasts_issued_up_to_two_days_before_it() -> None:
    found = loaded("?range=day")
    start = pd.Timestamp("2020-09-27T14:00Z")
    assert found.rows[Scored.VALID_AT].min() == start
    assert found.rows[Scored.VALID_AT].max() == pd.Timestamp("2020-09-28T03:15Z")
    assert found.ledger.records[0].issued_at >= start - 48 * HOUR
    assert found.rows[Scored.LEAD_H].max() > 24


def test_what_came_is_what_was_measured() -> None:
    found = loaded("?range=day")
    meters = [m for m in found.place.measurands if m.quantity is LOAD]
    real = sum(series_of(m, found.view.start, NOW) for m in meters)
    for at, value in zip(found.rows[Scored.VALID_AT], found.rows[Scored.REAL], strict=True):
        assert value == pytest.approx(real[at])


def test_persistence_is_known_from_the_first_step_on_except_while_the_page_opens() -> None:
    assert loaded("?range=day").rows[Scored.WEEK_BEFORE].notna().all()
    opening = loaded("?range=day", opening=True)
    assert not opening.whole and opening.rows[Scored.WEEK_BEFORE].isna().all()
    assert len(opening.rows) == len(loaded("?range=day").rows)


def test_pv_is_scored_in_daylight_only() -> None:
    found = loaded("?range=day&of=pv", store=ledger(quantity=PV))
    hours = pd.DatetimeIndex(found.rows[Scored.VALID_AT]).tz_convert(ZONE).hour
    assert len(found.rows) and hours.min() >= 5 and hours.max() <= 18


def test_the_cost_is_that_of_the_newest_forecast_of_each_moment_at_the_tariffs_spread() -> None:
    found = loaded("?range=day")
    newest = found.forecast()
    assert newest is not None
    meters = [m for m in found.place.measurands if m.quantity is LOAD]
    real = sum(series_of(m, found.view.start, NOW) for m in meters)
    total, hours = 0.0, 0.0
    for at, value in real.items():
        spread = (0.2 if at.day % 2 == 0 else 0.4) + 0.05 - 0.05
        total += abs(newest[Band.P50][at] - value) * 0.25 * spread
        hours += 0.25
    cost = found.cost_of_newest()
    assert cost is not None and (cost.cost, cost.hours) == (pytest.approx(total), hours)
    assert cost.per_day == pytest.approx(total / hours * 24)


def test_without_prices_there_is_no_cost() -> None:
    assert loaded("?range=day", priced=False).cost_of_newest() is None


def test_a_rival_is_compared_with_the_champion_over_the_same_steps_of_the_same_moments() -> None:
    store, late = ledger(), timedelta(minutes=5)
    rivals = [
        replace(issued(at, LOAD), issued_at=at + late, role=Role.CHALLENGER, model_id=name)
        for at in HOURLY[:60:6]
        for name in ("same", "other")
    ]
    far = [replace(one, frame=one.frame * 2.0) if one.model_id == "other" else one for one in rivals]
    store.forecasts.kept.extend(far)
    found = loaded("?range=day", store=store).beside
    assert set(found) == {"same", "other"}
    champion, same = found["same"]
    assert champion == same and champion.count > 100
    assert found["other"][0] == champion and found["other"][1].mae_kw > 2 * champion.mae_kw
    assert loaded("?range=day").beside == {}


def test_a_rival_that_forecast_alone_is_compared_with_nobody() -> None:
    store = FakeStore(FakeClock(NOW))
    store.forecasts.kept.append(issued(NOW - 3 * HOUR, LOAD))
    store.forecasts.kept.append(replace(issued(NOW - HOUR, LOAD), role=Role.CHALLENGER, model_id="alone"))
    assert loaded("?range=day", store=store).beside == {}


def test_longer_ranges_look_at_fewer_forecasts() -> None:
    steps = [loaded(f"?range={name}").every for name in ("48h", "week", "month", "year")]
    assert steps == [timedelta(0), HOUR, 6 * HOUR, timedelta(days=1)]
    quarters_of_the_day = {int(at.timestamp()) // (6 * 3600) for at in HOURLY}
    assert len(loaded("?range=month").ledger.records) == len(quarters_of_the_day)


def test_the_moments_that_are_offered_lie_in_the_range_and_are_at_most_48() -> None:
    quarters = [NOW - place * QUARTER for place in range(220, -1, -1)]
    measurements = CampusMeasurements(FakeClock(NOW))
    where = place(measurements)
    for search in ("", "?range=day", "?range=year"):
        view = view_of(where, search, measurements.clock)
        _choice, moments = load_moments(where, view, ledger(quarters).forecasts)
        assert 0 < len(moments) <= 48
        assert all(view.start <= moment < view.end for moment in moments)
        assert every_of(view) <= timedelta(days=1)


def test_without_any_forecast_there_is_nothing_and_no_fault() -> None:
    found = loaded(store=FakeStore(FakeClock(NOW)))
    assert found.newest is None and found.forecast() is None and found.rows.empty
    assert found.cost_of_newest() is None and found.beside == {}


def test_the_ledger_is_read_again_only_when_something_was_issued() -> None:
    store, asked = ledger(HOURLY[:-1]), []

    class Counted:
        def __getattr__(self, name: str) -> object:
            asked.append(name)
            return getattr(store.forecasts, name)

    measurements = Priced(FakeClock(NOW))
    where, memory = place(measurements), Memory(measurements.clock)

    def load() -> ForecastPage:
        view = view_of(where, "?range=day", measurements.clock)
        return load_forecast_page(
            session("u1", project()), where, view, opening=False, measurements=measurements,
            forecasts=Counted(), memory=memory,
        )  # fmt: skip

    before, again = load(), load()
    assert asked.count("issued") == 2 and again.ledger.records == before.ledger.records
    store.forecasts.kept.append(issued(HOURLY[-1], LOAD))
    assert load().ledger.records[-1].issued_at == HOURLY[-1]
    assert asked.count("issued") == 4


def test_what_each_part_said_alone_is_scored_where_the_ledger_kept_it() -> None:
    store = ledger()
    last = store.forecasts.kept[-12]
    parts = pd.DataFrame({"day_mean": last.frame["p50"] + 2.0, "similar_days": last.frame["p50"] * 0.0})
    store.forecasts.kept[-12] = replace(last, components=parts)
    found = loaded("?range=day", store=store)
    assert set(found.part_rows) == {"day_mean", "similar_days"}
    mine = found.rows[found.rows[Scored.ISSUED_AT] == pd.Timestamp(last.issued_at)]
    rows = found.part_rows["day_mean"]
    assert rows[Scored.SAID].tolist() == pytest.approx((mine[Scored.SAID] + 2.0).tolist())
    assert rows[Scored.REAL].tolist() == mine[Scored.REAL].tolist()
    assert loaded("?range=day").part_rows == {}


def test_a_changed_row_of_the_ledger_is_said_and_nothing_of_it_is_shown() -> None:
    class Changed:
        def __getattr__(self, name: str) -> object:
            def refuse(*_args: object, **_more: object) -> object:
                raise PlanRejected("The forecast abc of monash was changed after it was stored.")

            return refuse

    store = FakeStore(FakeClock(NOW))
    store.forecasts = Changed()
    found = loaded("?range=day", store=store)
    assert found.ledger.damaged == "The forecast abc of monash was changed after it was stored."
    assert found.newest is None and found.rows.empty and found.forecast() is None
    view = view_of(found.place, "?range=day", FakeClock(NOW))
    assert load_moments(found.place, view, store.forecasts)[1] == []


def test_a_part_of_what_was_loaded_is_seen_where_the_view_ends_earlier() -> None:
    found = loaded("?range=day")
    until = NOW - 3 * HOUR
    earlier = replace(found, view=replace(found.view, now=until))
    assert len(found.seen) == len(found.rows)
    assert earlier.seen[Scored.VALID_AT].max() + pd.Timedelta(QUARTER) <= pd.Timestamp(until)
    assert 0 < len(earlier.seen) < len(found.seen)
    assert loaded("?range=day", store=FakeStore(FakeClock(NOW))).seen.empty
