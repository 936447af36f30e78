"""What was forecast, by which model, and which model forecasts now: the words of the forecast ledger.

A `ForecastRecord` is written before the plan that used it is shown, and never changes. Models are kept as they were
trained; which of them is the champion (what plans are made from) follows from the `ModelSwitch` rows alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import pandas as pd

from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.site import Quantity

LEAD_EDGES_H = (1.0, 6.0, 24.0)
"""Lead times are counted in buckets: up to 1 h, 1-6 h, 6-24 h, beyond; weights have one value for each of them."""

FORECAST_QUANTITIES = (Quantity.LOAD_KW, Quantity.PV_KW)
"""What is forecast and recorded."""

KEPT_WHOLE = timedelta(days=60)
"""For so long every forecast is kept; beyond it, up to KEPT_THIN, the first one of every THIN_EVERY."""
KEPT_THIN = timedelta(days=400)
THIN_EVERY = timedelta(hours=6)

DECIMALS = 3
"""Forecasts are kept to the watt."""

SIMPLE_MODEL_ID = "simple"
"""The mix of simple models: every site's first champion. It is never trained and always there."""


class Role(StrEnum):
    """Whether plans were made from a forecast (champion), or it was made beside it to be compared (challenger)."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    RETIRED = "retired"


class ModelKind(StrEnum):
    """What a forecast stands on: the ladder that a young site climbs. Below SIMPLE there is too little history."""

    NAIVE_DAY = "naive_day"
    PROFILE = "profile"
    SIMPLE = "simple"
    TRAINED = "trained"

    @property
    def cold(self) -> bool:
        """Whether the site has too little history for the full mix."""
        return self in (ModelKind.NAIVE_DAY, ModelKind.PROFILE)


class SwitchReason(StrEnum):
    """Why another model became the champion."""

    FIRST_TRAINED = "first_trained"
    BETTER_ON_LEDGER = "better_on_ledger"
    NEWER_AS_GOOD = "newer_as_good"
    MODEL_LOST = "model_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRecord:
    """One forecast as it was issued.

    `frame` has frames.Band (kW) on a regular UTC index; `components` what each part said (P50, kW) on the same index:
    the ledger keeps it with the first forecast of every six hours. `weights[component]` has one value for each bucket
    of LEAD_EDGES_H; a column sums to 1.
    `inputs_digest` is the hash of what had been measured; `left_out` counts by kind what was measured and not used,
    `missing` what was not measured. `trained_at` is None for models that are not trained.
    """

    project_id: str
    quantity: Quantity
    role: Role
    issued_at: datetime
    model_id: str
    model_kind: ModelKind
    trained_at: datetime | None
    inputs_digest: str
    weights: dict[str, tuple[float, ...]]
    left_out: dict[str, int]
    missing: int
    days_of_history: float
    frame: pd.DataFrame = field(compare=False)
    components: pd.DataFrame | None = field(compare=False, default=None)

    @property
    def step(self) -> timedelta:
        """The length of one step."""
        index = pd.DatetimeIndex(self.frame.index)
        return pd.Timedelta(index[1] - index[0]).to_pytimedelta() if len(index) > 1 else timedelta(minutes=15)

    @property
    def excluded(self) -> int:
        """How many values were measured and not used."""
        return sum(self.left_out.values())

    @property
    def forecast_id(self) -> str:
        """The hash of what was said, by whom and from what: a forecast that was changed has another one."""
        told = [self.project_id, self.quantity.value, self.role.value, self.issued_at.isoformat(), self.model_id]
        told += [self.inputs_digest, json.dumps(self.weights, sort_keys=True)]
        hashed = hashlib.sha256("|".join(told).encode())
        columns = [str(name) for name in self.frame.columns]
        hashed.update(f"{self.frame.index[0].isoformat()}|{self.step}|{columns}".encode())
        hashed.update(self.frame.to_numpy(dtype=float).round(DECIMALS).tobytes())
        return hashed.hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """A model as it was trained, in `took_s` seconds of the machine's processor.

    `error_kw` was its MAE out of sample then, over `scored` values, `rival_error_kw` that of the simple mix on the same
    ones; None where the history was too short to tell.
    """

    model_id: str
    project_id: str
    quantity: Quantity
    kind: ModelKind
    trained_at: datetime
    days_of_history: float
    error_kw: float | None
    rival_error_kw: float | None
    scored: int
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSwitch:
    """From then on plans are made from `to_model`; the errors are MAE in kW over the same `scored` values, if any."""

    project_id: str
    quantity: Quantity
    at: datetime
    from_model: str
    to_model: str
    reason: SwitchReason
    from_error_kw: float | None
    to_error_kw: float | None
    scored: int


class ModelFiles(Protocol):
    """Where trained models are kept as bytes: what was not written by us, or is damaged, is never handed out."""

    def keep(self, model_id: str, body: bytes) -> None:
        """Keep `body`, durably, in place of what was kept for the model; raise StoreUnavailable."""
        ...

    def load(self, model_id: str) -> bytes | None:
        """Return what was kept, or None when there is nothing that can be trusted."""
        ...

    def mark(self, model_id: str) -> str:
        """Return a text that is another one whenever something else is kept for the model; "" where nothing is."""
        ...

    def drop_others(self, model_ids: Collection[str]) -> int:
        """Remove what is kept for any other model; return how many files that were."""
        ...


class NoModelFiles:
    """No place for models: none is ever there."""

    def keep(self, model_id: str, body: bytes) -> None:
        """Refuse."""
        raise StoreUnavailable(f"There is no place to keep the model {model_id}.")

    def load(self, _model_id: str) -> bytes | None:
        """Return None."""
        return None

    def mark(self, _model_id: str) -> str:
        """Return ""."""
        return ""

    def drop_others(self, _model_ids: Collection[str]) -> int:
        """Return 0."""
        return 0


def champion_of(switches: Iterable[ModelSwitch]) -> str:
    """Return the id of the model that plans are made from, from the switches of one quantity, oldest first."""
    champion = SIMPLE_MODEL_ID
    for switch in switches:
        champion = switch.to_model
    return champion


def role_of(model: ModelRecord, models: Iterable[ModelRecord], switches: Iterable[ModelSwitch]) -> Role:
    """Return the role a model has now: the newest one is the challenger unless it is the champion."""
    if model.model_id == champion_of(switches):
        return Role.CHAMPION
    newest = max(models, key=lambda one: one.trained_at)
    return Role.CHALLENGER if model.model_id == newest.model_id else Role.RETIRED
