"""Fit a forecaster to what was measured at a site, or let one go on: the part of training that takes its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, cast

import pandas as pd

from dash_app.domain.errors import StaleData
from dash_app.domain.site import Quantity
from dash_app.workflows.forecasting import Past

if TYPE_CHECKING:
    from optimizer.forecast.training import Trained


def first_measured(past: Past) -> datetime:
    """Return the moment of the first value."""
    return cast(pd.Timestamp, past.values.first_valid_index()).to_pydatetime()


def fitted(past: Past, previous: Trained | None) -> Trained:
    """Return a forecaster trained on `past`; its record goes on where `previous` is of the same resolution.

    Raises StaleData for what cannot be trained on.
    """
    from optimizer.forecast.model import train_load, train_pv

    site, index = past.site, pd.DatetimeIndex(past.values.index)
    same = previous is not None and pd.Timedelta(previous.record.runs.step) == index[1] - index[0]
    before = previous if same else None
    if past.quantity is Quantity.LOAD_KW:
        return _tried(past, lambda: train_load(past.values, zone=site.timezone, issued_at=past.now, previous=before))
    return _tried(
        past,
        lambda: train_pv(
            past.values,
            zone=site.timezone,
            issued_at=past.now,
            latitude=site.latitude,
            longitude=site.longitude,
            measured_shift=past.shift,
            previous=before,
        ),
    )


def continued(past: Past, trained: Trained) -> Trained:
    """Return a forecaster whose record goes on up to now; raise StaleData where it does not fit what is measured."""
    from optimizer.forecast.model import advance_load, advance_pv

    site = past.site
    if past.quantity is Quantity.LOAD_KW:
        return _tried(past, lambda: advance_load(trained, past.values, zone=site.timezone, issued_at=past.now))
    return _tried(
        past,
        lambda: advance_pv(
            trained,
            past.values,
            zone=site.timezone,
            issued_at=past.now,
            latitude=site.latitude,
            longitude=site.longitude,
            measured_shift=past.shift,
        ),
    )


def _tried(past: Past, work: Callable[[], Trained]) -> Trained:
    try:
        return work()
    except ValueError as error:
        raise StaleData(f"{past.site.name}, {past.quantity.value}: no model can be trained: {error}.") from error
