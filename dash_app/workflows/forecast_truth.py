"""Forecasts of a view beside what came: the steps that are scored, of the mix, of its parts, of champion and rivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dash_app.domain.forecast_scores import Score, Scored, in_daylight, score, scored_steps
from dash_app.domain.forecasting import ForecastRecord
from dash_app.domain.frames import Band
from dash_app.domain.site import Quantity
from dash_app.domain.time import measured_at
from dash_app.domain.view import View
from dash_app.workflows.judging import pairs_of
from dash_app.workflows.measured import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What was measured of a quantity, kW at its native step, for the steps of a view and the days before them."""

    place: Place
    view: View
    quantity: Quantity
    measured: pd.Series

    def rows(self, records: Sequence[ForecastRecord]) -> pd.DataFrame:
        """Return the scored steps of the view (forecast_scores.Scored); those of PV in daylight only."""
        native = self.place.native(self.quantity)
        rows = scored_steps(records, self.measured, native, self.view.start, self.view.until)
        site = self.place.site
        if self.quantity is not Quantity.PV_KW or site is None or rows.empty:
            return rows
        shift = self.place.of(self.quantity)[0].measured_shift
        moments = measured_at(pd.DatetimeIndex(rows[Scored.VALID_AT]), shift, self.view.now, self.place.zone)
        lit = in_daylight(rows, moments, records[-1].step, (site.latitude, site.longitude))
        return rows[lit].reset_index(drop=True)


def beside(
    records: Sequence[ForecastRecord], rivals: Sequence[ForecastRecord], truth: Truth
) -> dict[str, tuple[Score, Score]]:
    """Return, by the id of each rival, the errors of what plans were made from and of the rival.

    Both are over the same steps of forecasts issued at the same moment; a rival without any is not there.
    """
    found = {}
    for model_id in dict.fromkeys(rival.model_id for rival in rivals):
        pairs = pairs_of(records, [rival for rival in rivals if rival.model_id == model_id])
        at_once = [replace(rival, issued_at=mine.issued_at) for mine, rival in pairs]
        ours, theirs = _by_moment(truth.rows([mine for mine, _rival in pairs])), _by_moment(truth.rows(at_once))
        both = ours.index.intersection(theirs.index)
        scores = score(ours.loc[both]), score(theirs.loc[both])
        if scores[0] is not None and scores[1] is not None:
            found[model_id] = (scores[0], scores[1])
    return found


def said_by_part(records: Sequence[ForecastRecord]) -> dict[str, list[ForecastRecord]]:
    """Return what each part of the mix said alone, as forecasts without a band, where the ledger kept it."""
    found: dict[str, list[ForecastRecord]] = {}
    for record in records:
        if record.components is None:
            continue
        for name in record.components.columns:
            frame = pd.DataFrame(dict.fromkeys((band.value for band in Band), record.components[name]))
            frame[[Band.P10, Band.P90]] = float("nan")
            found.setdefault(str(name), []).append(replace(record, frame=frame, components=None))
    return found


def _by_moment(rows: pd.DataFrame) -> pd.DataFrame:
    said = rows.set_index([Scored.ISSUED_AT.value, Scored.VALID_AT.value])
    return said[~said.index.duplicated()]
