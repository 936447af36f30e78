"""Observed weather as the API writes it: units, holes, nonsense, and the embedded edge's own answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dash_app.domain.errors import ApiUnreadable
from dash_app.domain.weather import Weather
from services.published import parse_published, parse_weather
from slothbox.market import publications
from slothbox.sites import demo_sites
from tests.raw import column
from tests.slothbox.edge_bench import Bench

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def answer(**series: list[Any]) -> dict[str, Any]:
    return {"issued_at": NOON.isoformat(), "start": NOON.isoformat(), "step_s": 3600, "unit": "as named",
            "series": series}  # fmt: skip


def test_each_quantity_has_its_unit_and_holes_stay_holes() -> None:
    found = parse_weather(answer(temperature_c=[7.5, None], relative_humidity_pct=[80, "x"], fog=[1, 2]), "/weather")
    assert found.issued_at == NOON
    assert list(found.values.columns) == list(Weather)
    assert found.values[Weather.TEMPERATURE_C].tolist() == pytest.approx([7.5, float("nan")], nan_ok=True)
    assert found.values[Weather.HUMIDITY].tolist() == pytest.approx([0.8, float("nan")], nan_ok=True)
    assert found.values[Weather.IRRADIANCE_W_M2].isna().all()


def test_what_no_weather_on_earth_can_be_is_missing() -> None:
    found = parse_weather(answer(temperature_c=[1e300, -120, -40], global_irradiance_w_m2=[-3, 9e9, 900]), "/weather")
    assert found.values[Weather.TEMPERATURE_C].notna().tolist() == [False, False, True]
    assert found.values[Weather.IRRADIANCE_W_M2].notna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (answer(temperature_c=[1, 2], relative_humidity_pct=[1]), r"/weather\.series"),
        (answer(temperature_c="warm"), r"/weather\.series\.temperature_c"),
        ({**answer(temperature_c=[1]), "step_s": 0}, r"/weather\.step_s"),
        ({**answer(temperature_c=[1]), "start": None}, r"/weather\.start"),
        ({"issued_at": None}, r"/weather\.series"),
        ([], "/weather"),
    ],
)
def test_what_cannot_be_read_names_its_field(body: Any, field: str) -> None:
    with pytest.raises(ApiUnreadable, match=field):
        parse_weather(body, "/weather")


def test_a_time_before_anything_was_published_is_empty() -> None:
    nothing = {**answer(temperature_c=[], relative_humidity_pct=[]), "issued_at": None}
    assert parse_weather(nothing, "/weather").values.empty
    assert (
        parse_published({"issued_at": None, "start": None, "step_s": 3600, "unit": "kg/kWh", "values": []}, "/co2")
        is None
    )


def test_what_the_edge_says_is_what_its_files_say(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    site = demo_sites()["cambridge-b005"]
    spec = site.market("weather")
    assert spec is not None
    newest = next(iter(publications(site, spec, None, bench.now)))
    bench.context.published.put(site.project_id, "weather", newest.issued_at, newest.values)
    start = datetime(2026, 11, 20, tzinfo=UTC)
    query = "project=cambridge-b005&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z"
    found = parse_weather(bench.get(f"/weather?{query}").json, "/weather")

    measured = datetime(2019, 7, 1, tzinfo=UTC) + (start - datetime(2025, 6, 23, tzinfo=UTC))
    names = ("temperature_c", "relative_humidity_pct", "global_irradiance_w_m2")
    raw = column("uk_cambridge/weather_bedford", *names)
    hours = [raw[measured + timedelta(hours=hour)] for hour in range(24)]
    assert found.values[Weather.TEMPERATURE_C].tolist() == pytest.approx([hour[0] for hour in hours])
    assert found.values[Weather.HUMIDITY].tolist() == pytest.approx([hour[1] / 100 for hour in hours])
    ended = [raw[measured + timedelta(hours=hour + 1)][2] for hour in range(24)]
    assert found.values[Weather.IRRADIANCE_W_M2].tolist() == pytest.approx(ended)
