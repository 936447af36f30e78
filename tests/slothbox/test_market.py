"""The publication rules: what is known when, on both sides of the clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slothbox.demo.model import DemoSite, MarketSpec
from slothbox.market import issued_at, known_until, publications
from slothbox.replay import load_replay
from slothbox.sites import demo_sites, site

LONDON = ZoneInfo("Europe/London")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def series(project: str, kind: str) -> tuple[DemoSite, MarketSpec]:
    demo_site = site(project)
    spec = demo_site.market(kind)
    assert spec is not None
    return demo_site, spec


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_tomorrows_prices_in_cambridge_are_known_from_four_in_the_afternoon() -> None:
    b071 = series("cambridge-b071", "prices")
    assert known_until(*b071, datetime(2026, 11, 20, 15, 59, tzinfo=LONDON)) == utc(2026, 11, 21)
    assert known_until(*b071, datetime(2026, 11, 20, 16, 0, tzinfo=LONDON)) == utc(2026, 11, 22)
    assert issued_at(*b071, datetime(2026, 11, 20, 15, 59, tzinfo=LONDON)) == utc(2026, 11, 19, 16)
    assert issued_at(*b071, datetime(2026, 11, 20, 16, 0, tzinfo=LONDON)) == utc(2026, 11, 20, 16)


@pytest.mark.parametrize(("change", "hours"), [((2027, 3, 28), 23), ((2026, 10, 25), 25)])
def test_the_day_of_a_clock_change_is_published_whole(change: tuple[int, int, int], hours: int) -> None:
    b071 = series("cambridge-b071", "prices")
    evening_before = datetime(*change, 17, tzinfo=LONDON) - timedelta(days=1)
    (day,) = publications(*b071, known_until(*b071, evening_before - timedelta(hours=3)), evening_before)
    assert len(day.values) == hours
    assert day.values.index[0].tz_convert(LONDON).to_pydatetime() == datetime(*change, tzinfo=LONDON)


def test_konstanz_publishes_at_one_in_the_afternoon() -> None:
    house = series("konstanz-4", "prices")
    assert known_until(*house, utc(2026, 11, 20, 11, 59)) == utc(2026, 11, 20, 23)
    assert known_until(*house, utc(2026, 11, 20, 12, 0)) == utc(2026, 11, 21, 23)


def test_a_spot_price_is_known_when_its_half_hour_has_ended() -> None:
    campus = series("monash", "prices")
    assert known_until(*campus, utc(2026, 11, 20, 10, 29, 59)) == utc(2026, 11, 20, 10, 0)
    assert known_until(*campus, utc(2026, 11, 20, 10, 30)) == utc(2026, 11, 20, 10, 30)
    assert issued_at(*campus, utc(2026, 11, 20, 10, 45)) == utc(2026, 11, 20, 10, 30)


def test_a_tariff_is_known_for_the_fourteen_days_after_today() -> None:
    home = series("fontana-1", "prices")
    expected = datetime(2026, 12, 5, tzinfo=LOS_ANGELES)
    assert known_until(*home, datetime(2026, 11, 20, 9, 30, tzinfo=LOS_ANGELES)) == expected


@pytest.mark.parametrize(
    ("project", "kind"), [("cambridge-b071", "co2"), ("fontana-1", "co2"), ("cambridge-b005", "weather")]
)
def test_nothing_is_known_ahead_of_what_is_only_observed(project: str, kind: str) -> None:
    assert known_until(*series(project, kind), utc(2026, 11, 20, 10, 59)) == utc(2026, 11, 20, 10)


def test_the_first_start_publishes_sixty_days_newest_first() -> None:
    b071 = series("cambridge-b071", "prices")
    now = datetime(2026, 11, 20, 12, tzinfo=LONDON)
    pieces = list(publications(*b071, None, now))
    assert sum(len(piece.values) for piece in pieces) == 60 * 24 + 12
    assert pieces[0].values.index[-1] == utc(2026, 11, 20, 23)
    assert pieces[-1].values.index[0] == utc(2026, 9, 21, 12)
    assert all(piece.issued_at <= now for piece in pieces)


def test_what_is_known_already_is_not_published_again() -> None:
    b071 = series("cambridge-b071", "prices")
    now = datetime(2026, 11, 20, 17, tzinfo=LONDON)
    assert list(publications(*b071, known_until(*b071, now), now + timedelta(hours=20))) == []


def test_a_price_is_that_of_the_replay() -> None:
    campus = series("monash", "prices")
    now = utc(2026, 11, 20, 10, 45)
    (piece,) = publications(*campus, now - timedelta(hours=1), now)
    body = piece.body()
    expected = load_replay("monash").market("prices", utc(2026, 11, 20, 10), utc(2026, 11, 20, 10, 30))
    assert body["values"] == [pytest.approx(expected["value"].iloc[0], abs=1e-6)]
    assert (body["project"], body["kind"], body["unit"], body["step_s"]) == ("monash", "prices", "AUD/kWh", 1800)
    assert body["start"] == "2026-11-20T10:00:00+00:00"
    assert body["issued_at"] == "2026-11-20T10:30:00+00:00"


def test_what_the_source_lacks_stays_missing() -> None:
    campus = series("monash", "prices")
    before_the_first_price = utc(2026, 10, 1)
    assert list(publications(*campus, before_the_first_price - timedelta(days=3), before_the_first_price)) == []


def test_weather_is_published_by_quantity() -> None:
    b005 = series("cambridge-b005", "weather")
    now = utc(2026, 11, 20, 10, 30)
    (piece,) = publications(*b005, now - timedelta(hours=2, minutes=30), now)
    weather = piece.body()["series"]
    assert isinstance(weather, dict)
    assert {name: len(values) for name, values in weather.items()} == {
        "temperature_c": 2,
        "relative_humidity_pct": 2,
        "global_irradiance_w_m2": 2,
    }


def test_every_published_series_of_the_demo_has_a_rule_that_never_looks_ahead_of_its_issue() -> None:
    now = utc(2026, 11, 20, 10, 30)
    for demo_site in demo_sites().values():
        for spec in demo_site.markets:
            assert issued_at(demo_site, spec, now) <= now
            for piece in publications(demo_site, spec, now - timedelta(days=1), now):
                assert piece.values.index[-1] < known_until(demo_site, spec, now)
