"""A forecast stays as it was issued: the file refuses every change, and one made behind its back is found out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.errors import PlanRejected
from dash_app.domain.frames import Band
from dash_app.domain.site import Quantity
from services.store import PlanStore
from tests.fakes.forecast_ledger import a_band, a_forecast, a_model, a_switch
from tests.fakes.payloads import NOON, QUARTER


@pytest.fixture
def written(store: PlanStore) -> Path:
    """Return the file of a ledger with a model, its switch and two forecasts, one of them 90 days old."""
    store.forecasts.add_model(a_model())
    store.forecasts.add_switch(a_switch())
    store.forecasts.record([a_forecast(NOON - timedelta(days=90)), a_forecast(NOON)])
    return store.database.path


def outside(path: Path, statement: str) -> None:
    """Run a statement as a stranger with the file in hand would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("table", "change"),
    [("forecasts", "band = x'00'"), ("forecast_models", "error_kw = 0"), ("model_switches", "reason = 'none'")],
)
def test_a_record_can_be_neither_changed_nor_removed_nor_replaced(written: Path, table: str, change: str) -> None:
    for statement in (
        f"UPDATE {table} SET {change}",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            outside(written, statement)


def test_a_forecast_may_go_only_when_it_is_older_than_it_is_kept(store: PlanStore, written: Path) -> None:
    store.forecasts.record([a_forecast(NOON - timedelta(days=399))])
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        outside(written, "DELETE FROM forecasts WHERE first_of_six")
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        outside(written, "DELETE FROM forecasts WHERE issued_at > '2026-11-03'")
    store.forecasts.record([a_forecast(NOON + timedelta(days=2))])
    assert len(store.forecasts.issued("monash", Quantity.LOAD_KW, NOON - timedelta(days=500), NOON)) == 1


@pytest.mark.parametrize(
    "change", ["model_id = 'better'", "told = replace(told, '0.25', '0.26')", "told = '{}'", "band = x'00'"]
)
def test_a_forecast_that_was_changed_is_never_shown(store: PlanStore, written: Path, change: str) -> None:
    outside(written, "DROP TRIGGER forecasts_no_update")
    outside(written, f"UPDATE forecasts SET {change} WHERE issued_at > '2026-11-03'")
    with pytest.raises(PlanRejected, match=r"issued at 2026-11-03T12:00:00\+00:00, was changed after it was stored"):
        store.forecasts.known_at("monash", Quantity.LOAD_KW, NOON)


def test_a_day_of_forecasts_takes_less_than_two_kilobytes_each(store: PlanStore) -> None:
    random = np.random.default_rng(7)
    for place in range(96):
        walk = 40.0 + random.normal(0, 2.0, 192).cumsum()[:, None] + np.array([[-3.0, 0.0, 3.0]])
        start = NOON + place * QUARTER
        frame = a_band(start, steps=192) * 0 + np.maximum(walk, 0.0)
        parts = pd.DataFrame({f"part {number}": frame["p50"] * (1 + number / 50) for number in range(7)})
        store.forecasts.record([a_forecast(start, frame=frame, components=parts)])
    with closing(sqlite3.connect(store.database.path)) as connection:
        (mean,) = connection.execute(
            "SELECT avg(length(band) + length(told) + coalesce(length(components), 0)) FROM forecasts"
        ).fetchone()
    assert mean < 2000


def test_a_forecast_is_the_same_whether_its_columns_are_named_by_words_or_by_members(store: PlanStore) -> None:
    members = a_band().rename(columns={band.value: band for band in Band})
    store.forecasts.record([a_forecast(frame=members)])
    (found,) = store.forecasts.issued("monash", Quantity.LOAD_KW, NOON, NOON + QUARTER)
    assert found.forecast_id == a_forecast().forecast_id
