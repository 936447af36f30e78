"""A trained forecaster as bytes and back: arrays, text and times, nothing that could be run.

The bytes are a numpy archive (`.npz`) that is read without pickles, and a JSON text beside the arrays in it.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from optimizer.forecast.boosting import Booster
from optimizer.forecast.mix import Runs
from optimizer.forecast.record import Record
from optimizer.forecast.training import Samples, Trained

FORM = 1
"""Bytes of another form are not read: the model is trained anew."""


def to_bytes(trained: Trained) -> bytes:
    """Return everything a trained forecaster is; `from_bytes` reads it."""
    told = {
        "form": FORM,
        "kind": trained.kind,
        "trained_at": trained.trained_at.isoformat(),
        "days": trained.days,
        "refit_at": trained.booster.refit_at.isoformat(),
        "newest": trained.samples.newest.isoformat(),
        "names": trained.record.runs.names,
        "step_s": trained.record.runs.step.total_seconds(),
    }
    texts = {"told": json.dumps(told), "booster": trained.booster.text}
    packed = {name: np.frombuffer(text.encode(), dtype=np.uint8) for name, text in texts.items()}
    body = io.BytesIO()
    np.savez_compressed(body, allow_pickle=False, **packed, **_arrays(trained))
    return body.getvalue()


def from_bytes(body: bytes) -> Trained:
    """Return the forecaster that `to_bytes` wrote; raise ValueError for anything else."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        told = json.loads(arrays.pop("told").tobytes())
        if told["form"] != FORM:
            raise ValueError(f"a forecaster of form {told['form']}, not {FORM}")
        return _trained(told, arrays)
    except (OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"these bytes are no forecaster: {error}") from error


def _arrays(trained: Trained) -> dict[str, np.ndarray]:
    samples, record = trained.samples, trained.record
    return {
        "x": samples.x,
        "target": samples.target,
        "weight": samples.weight,
        "at": _seconds(pd.DatetimeIndex(samples.at)),
        "origins": _seconds(record.origins),
        "forecasts": record.runs.forecasts,
        "actuals": record.runs.actuals,
        "mixed": record.mixed,
        "sizes": record.sizes,
        "bands": record.bands,
        "levels": record.levels,
    }


def _trained(told: dict[str, Any], arrays: dict[str, np.ndarray]) -> Trained:
    text = arrays["booster"].tobytes().decode()
    runs = Runs(
        names=tuple(told["names"]),
        origins=_moments(arrays["origins"]),
        forecasts=arrays["forecasts"],
        actuals=arrays["actuals"],
        step=timedelta(seconds=told["step_s"]),
    )
    record = Record(runs=runs, **{name: arrays[name] for name in ("mixed", "sizes", "bands", "levels")})
    samples = Samples(
        **{name: arrays[name] for name in ("x", "target", "weight")},
        at=_moments(arrays["at"]).to_numpy(),
        newest=pd.Timestamp(told["newest"]),
    )
    return Trained(
        kind=told["kind"],
        trained_at=datetime.fromisoformat(told["trained_at"]),
        booster=Booster(text=text, refit_at=pd.Timestamp(told["refit_at"])),
        samples=samples,
        record=record,
        days=told["days"],
    )


def _seconds(index: pd.DatetimeIndex) -> np.ndarray:
    return index.as_unit("s").asi8


def _moments(seconds: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(seconds.astype("datetime64[s]"))
