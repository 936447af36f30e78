"""Prices over a view for charts: what was published, and beyond that what the plan in force expects, marked as such."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from dash_app.domain.errors import StaleData
from dash_app.domain.frames import Plan, Price
from dash_app.domain.ports import Measurements, Session
from dash_app.domain.recommendation import Recommendation
from dash_app.domain.tariff import known_prices
from dash_app.domain.time import TimeGrid
from dash_app.domain.view import View
from dash_app.workflows.measured import Place


def prices_over(
    session: Session, place: Place, view: View, plan: Recommendation | None, measurements: Measurements
) -> tuple[pd.DataFrame | None, timedelta]:
    """Return frames.Price over the view, with its step: as published, then as the plan in force guessed; or None."""
    site, hour = place.site, timedelta(hours=1)
    published = measurements.prices(session, place.project.project_id, view.start, view.end) if site else None
    if site is None or published is None or published.values.notna().sum() < 2:
        return None, hour
    index = pd.DatetimeIndex(published.values.index)
    step = (index[1] - index[0]).to_pytimedelta()
    try:
        known = known_prices(published, TimeGrid.between(view.start, view.end, step), site)
    except StaleData:
        return None, hour
    known = known.loc[known.index < view.end]
    return (known if plan is None else _with_guesses(known, plan)), step


def _with_guesses(known: pd.DataFrame, plan: Recommendation) -> pd.DataFrame:
    """Fill what was not published with what the plan expects it to be, marked as estimated."""
    payload = plan.payload
    columns = {Price.IMPORT: payload.plan.get(Plan.IMPORT_PRICE), Price.EXPORT: payload.plan.get(Plan.EXPORT_PRICE)}
    if not all(values and len(values) == len(payload.steps) for values in columns.values()):
        return known
    index = pd.DatetimeIndex([step.start for step in payload.steps], tz="UTC")
    guesses = pd.DataFrame(columns, index=index).reindex(known.index)
    missing = known[Price.IMPORT].isna() & guesses[Price.IMPORT].notna()
    filled = known.copy()
    for column in columns:
        filled[column] = known[column].where(~missing, guesses[column])
    filled[Price.ESTIMATED] = missing.astype(float)
    return filled
