"""Judge a champion by the ledger: did a rival that forecast at the same moments come closer to what happened?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pandas as pd

from dash_app.domain.forecast_scores import Scored, scored_steps
from dash_app.domain.forecasting import SIMPLE_MODEL_ID, THIN_EVERY, ForecastRecord, ModelRecord, Role, SwitchReason
from dash_app.domain.ports import Forecasts
from dash_app.domain.time import floor_to
from dash_app.workflows.forecasting import Past

JUDGED_ON = timedelta(days=14)
"""What was issued within this time counts."""
AT_ONCE = timedelta(minutes=20)
"""Forecasts issued at most so far apart stand for the same moment."""
LEAST_PAIRS = 12
"""Below so many moments (three days) there is no verdict."""
CLEARLY = 0.98
"""A rival must be better by this factor; a newer model than the champion need only be as good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which model becomes the champion, why, and the errors (MAE, kW) over `scored` values that say so, if any do."""

    model_id: str
    reason: SwitchReason
    champion_kw: float | None = None
    rival_kw: float | None = None
    scored: int = 0


def judge(
    forecasts: Forecasts, past: Past, champion: str, newest: ModelRecord | None, rivals: Collection[str]
) -> Verdict | None:
    """Return the rival that takes the champion's place, or None; `past` holds what happened."""
    if not rivals:
        return None
    project_id, now = past.site.project_id, past.now
    start = now - JUDGED_ON
    ours = [one for one in forecasts.issued(project_id, past.quantity, start, now) if one.model_id == champion]
    theirs = forecasts.issued(project_id, past.quantity, start, now, role=Role.CHALLENGER)
    found = []
    for rival in rivals:
        pairs = pairs_of(ours, [one for one in theirs if one.model_id == rival])
        newer = newest is not None and rival == newest.model_id and champion != SIMPLE_MODEL_ID
        verdict = compare(pairs, past, rival, newer=newer)
        if verdict is not None:
            found.append(verdict)
    return min(found, key=lambda one: (one.rival_kw or 0.0) / (one.champion_kw or 1.0), default=None)


def pairs_of(
    ours: Sequence[ForecastRecord], theirs: Sequence[ForecastRecord]
) -> list[tuple[ForecastRecord, ForecastRecord]]:
    """Return each of `theirs` with the one of `ours` that was issued nearest to it, at the same moment.

    One pair for every six hours: many restarts in a day make no days of experience.
    """
    pairs: dict[datetime, tuple[ForecastRecord, ForecastRecord]] = {}
    for rival in theirs:
        nearest = min(ours, key=lambda one: abs(one.issued_at - rival.issued_at), default=None)
        if nearest is not None and abs(nearest.issued_at - rival.issued_at) <= AT_ONCE:
            pairs.setdefault(floor_to(rival.issued_at, THIN_EVERY), (nearest, rival))
    return list(pairs.values())


def compare(
    pairs: Sequence[tuple[ForecastRecord, ForecastRecord]], past: Past, rival: str, *, newer: bool
) -> Verdict | None:
    """Return a verdict for the rival of these pairs over the steps that both forecast, or None."""
    if len(pairs) < LEAST_PAIRS:
        return None
    index = pd.DatetimeIndex(past.values.index)
    step = pd.Timedelta(index[1] - index[0]).to_pytimedelta()
    since = past.now - JUDGED_ON
    at_once = [(ours, replace(theirs, issued_at=ours.issued_at)) for ours, theirs in pairs]
    ours, theirs = (
        _by_moment(scored_steps([pair[side] for pair in at_once], past.values, step, since, past.now))
        for side in (0, 1)
    )
    both = ours.index.intersection(theirs.index)
    if both.empty:
        return None
    errors = [
        float((rows.loc[both, Scored.SAID] - rows.loc[both, Scored.REAL]).abs().mean()) for rows in (ours, theirs)
    ]
    if errors[1] > errors[0] * (1.0 if newer else CLEARLY):
        return None
    clearly = errors[1] <= errors[0] * CLEARLY
    reason = SwitchReason.BETTER_ON_LEDGER if clearly else SwitchReason.NEWER_AS_GOOD
    return Verdict(model_id=rival, reason=reason, champion_kw=errors[0], rival_kw=errors[1], scored=len(both))


def _by_moment(rows: pd.DataFrame) -> pd.DataFrame:
    said = rows.set_index([Scored.ISSUED_AT.value, Scored.VALID_AT.value])
    return said[~said.index.duplicated()]
