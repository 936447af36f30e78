"""`energy-dashboard forecast --project`: what the ledger says, as a shell sees it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.cli import main
from services.store import open_store
from tests.fakes.forecast_ledger import a_forecast, a_model, a_switch
from tests.fakes.payloads import NOON, QUARTER

SECRET = "k" * 40


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", SECRET)
    return tmp_path


@pytest.fixture
def written(state: Path) -> None:
    store = open_store(f"sqlite:///{(state / 'plans.sqlite').absolute()}", secret_key=SECRET)
    store.forecasts.record([a_forecast(NOON), a_forecast(NOON + QUARTER, first_kw=20.0)])
    store.forecasts.add_model(a_model())
    store.forecasts.add_model(a_model(NOON + timedelta(days=1), error_kw=None, rival_error_kw=None, scored=0))
    store.forecasts.add_switch(a_switch())
    store.close()


@pytest.mark.usefixtures("written")
def test_the_newest_forecast_comes_out_with_the_models_and_the_reason_of_each_switch(capsys) -> None:
    assert main(["forecast", "--project", "monash"]) == 0
    out, words = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["p50"] for row in rows] == [f"{20.0 + place}" for place in range(8)]
    assert rows[0]["issued_at"] == rows[0]["valid_at"] == "2026-11-03T12:15:00+00:00"
    assert words.splitlines() == [
        "by simple, 42 days of history, 5 values left out",
        "champion monash-load-20261103T120000: trained 2026-11-03 12:00 UTC in 18 s; 9 kW out of sample, "
        "simple mix 10 kW",
        "challenger monash-load-20261104T120000: trained 2026-11-04 12:00 UTC in 18 s; not scored out of sample, "
        "simple mix not scored",
        "2026-11-03 12:01 UTC simple -> monash-load-20261103T120000: first trained (10 kW and 9 kW over 5000 values)",
    ]


@pytest.mark.usefixtures("written")
def test_the_forecast_as_it_was_known_at_a_moment(capsys) -> None:
    assert main(["forecast", "--project", "monash", "--issued-at", "2026-11-03T12:10:00+00:00"]) == 0
    assert "2026-11-03T12:00:00+00:00,2026-11-03T12:00:00+00:00,9.0,10.0,11.0" in capsys.readouterr().out


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--project", "nowhere"], "No forecast of load_kw of 'nowhere'"),
        (["--project", "monash", "--kind", "pv"], "No forecast of pv_kw of 'monash'"),
        (["h.csv", "--project", "monash"], "the history h.csv is not needed"),
        ([], "name a history, or a --project"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_sentence(words: list[str], why: str, capsys) -> None:
    assert main(["forecast", *words]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert why in err


def test_without_a_state_there_is_nothing_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "nowhere"))
    assert main(["forecast", "--project", "monash"]) == 1
    assert "is not there; nothing has been forecast yet" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
