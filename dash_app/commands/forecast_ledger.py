"""What the forecast ledger says of a project: the forecast of a moment, the models, and why which of them forecasts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from dash_app.domain.errors import ConfigError, NotFound
from dash_app.domain.forecasting import ForecastRecord, ModelRecord, ModelSwitch, role_of
from dash_app.domain.ports import Forecasts
from dash_app.domain.site import Quantity

QUANTITIES = {"load": Quantity.LOAD_KW, "pv": Quantity.PV_KW}


def show_ledger(project_id: str, kind: str, moment: datetime | None, *, history: str | None) -> int:
    """Write the newest forecast, or the one known at `moment`, to stdout, and the models to stderr; return 0.

    Raises ConfigError without a store or with a history as well, NotFound where nothing was forecast.
    """
    from dash_app import wiring
    from dash_app.settings import Settings

    if history is not None:
        raise ConfigError(f"--project: the history {history} is not needed, and would not be used")
    settings = Settings.from_env()
    if not settings.state_dir.is_dir():
        raise ConfigError(f"STATE_DIR: {settings.state_dir} is not there; nothing has been forecast yet")
    store = wiring.plan_store(settings)
    said = known(store.forecasts, project_id, QUANTITIES[kind], moment or wiring.now())
    sys.stderr.write(ledger_words(store.forecasts, said))
    sys.stdout.write(as_csv(said.frame, said.issued_at.isoformat()))
    store.close()
    return 0


def known(forecasts: Forecasts, project_id: str, quantity: Quantity, moment: datetime) -> ForecastRecord:
    """Return the forecast that plans were made from at a moment; raise NotFound where there is none."""
    said = forecasts.known_at(project_id, quantity, moment)
    if said is None:
        raise NotFound(f"No forecast of {quantity.value} of {project_id!r} was issued by {moment.isoformat()}.")
    return said


def ledger_words(forecasts: Forecasts, said: ForecastRecord) -> str:
    """Return what the forecast stands on, each model with its role, and each switch with its reason, a line each."""
    models = forecasts.models(said.project_id, said.quantity)
    switches = forecasts.switches(said.project_id, said.quantity)
    stands = f"by {said.model_id}, {said.days_of_history:.0f} days of history, {said.excluded} values left out"
    lines = [stands, *(_model_line(model, models, switches) for model in models), *map(_switch_line, switches)]
    return "\n".join(lines) + "\n"


def as_csv(frame: pd.DataFrame, issued_at: str) -> str:
    """Return a forecast as CSV: issued_at, valid_at and a column for each quantile."""
    stamps = [stamp.isoformat() for stamp in frame.index]
    out = frame.round(6).reset_index(drop=True)
    out.insert(0, "valid_at", stamps)
    out.insert(0, "issued_at", issued_at)
    return out.to_csv(index=False, lineterminator="\n")


def _model_line(model: ModelRecord, models: Sequence[ModelRecord], switches: Sequence[ModelSwitch]) -> str:
    role = role_of(model, models, switches).value
    scored = f"{_kw(model.error_kw)} out of sample, simple mix {_kw(model.rival_error_kw)}"
    return f"{role} {model.model_id}: trained {_minute(model.trained_at)} in {model.took_s:.0f} s; {scored}"


def _switch_line(switch: ModelSwitch) -> str:
    errors = f"{_kw(switch.from_error_kw)} and {_kw(switch.to_error_kw)} over {switch.scored} values"
    why = switch.reason.value.replace("_", " ")
    return f"{_minute(switch.at)} {switch.from_model} -> {switch.to_model}: {why} ({errors})"


def _kw(error_kw: float | None) -> str:
    return "not scored" if error_kw is None else f"{error_kw:.3g} kW"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
