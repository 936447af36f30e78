"""Gather what the measurements explorer shows: the chosen measurands of a project, whatever they are connected to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from dash_app.domain.errors import ApiError, SessionEnded
from dash_app.domain.measurement import LiveValue, Window
from dash_app.domain.ports import Measurements, Session
from dash_app.domain.series_facts import SeriesFacts, facts_of
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.view import View
from dash_app.workflows.measured import PREFETCHED, Measured, Place, load_window

CHOSEN, CHARTS, NOTHING = "m", "charts", "none"
"""Names of the address: `?m=101,102` is the choice, `?m=none` is an empty one."""
MOST = 12
"""How many measurands are drawn at once."""
FIRST_CHOICE = (Quantity.PV_KW, Quantity.LOAD_KW, Quantity.SOC, Quantity.IMPORT_KW)
"""What is chosen at first: the first measurand of each."""
PERCENT = 100.0
LOOK_BACK = timedelta(days=31)
"""How far before a view the last value of a silent measurand is looked for."""


class Charts(StrEnum):
    """One row for each measurand, or one row for each unit."""

    EACH = "each"
    UNIT = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the address asks for: `unknown` are ids that are not measured here, `too_many` how many are not drawn."""

    measurands: tuple[Measurand, ...]
    charts: Charts = Charts.EACH
    unknown: tuple[str, ...] = ()
    too_many: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer(Measured):
    """The chosen measurands and the newest value of every one; values in the unit that is shown (SoC in percent)."""

    choice: Choice
    newest: Mapping[str, LiveValue]
    known: Mapping[str, pd.Series]
    found: Mapping[str, SeriesFacts]

    def values(self, measurand: Measurand) -> pd.Series:
        """Return a chosen measurand over the view at its own resolution, NaN where nothing was measured."""
        return self.known[measurand.measurand_id]

    def facts(self, measurand: Measurand) -> SeriesFacts:
        """Return the facts of a chosen measurand over the view, from its own resolution."""
        return self.found[measurand.measurand_id]

    def last_value(self, measurand: Measurand) -> LiveValue | None:
        """Return the newest value that is known of a measurand: the server's own, else the last one of the view."""
        found, facts = self.newest.get(measurand.measurand_id), self.facts(measurand)
        if found is not None or facts.last is None or facts.last_at is None:
            return found
        return LiveValue(measurand_id=measurand.measurand_id, at=facts.last_at, value=facts.last)


def load_explorer(session: Session, place: Place, view: View, *, opening: bool, measurements: Measurements) -> Explorer:
    """Load the chosen measurands of a view; the newest values are shown where they can be had."""
    choice = choice_of(place, dict(view.others))
    wanted = choice.measurands or place.measurands[:1]
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    newest = load_newest(session, place, view.now, measurements=measurements)
    found = explorer_of(Measured(place=place, view=view, window=orderly(window)), choice, newest)
    silent = [m for m in choice.measurands if found.last_value(m) is None]
    before = _last_before(session, place, view, silent, measurements=measurements) if silent else {}
    return replace(found, newest={**newest, **before})


def explorer_of(measured: Measured, choice: Choice, newest: Mapping[str, LiveValue]) -> Explorer:
    """Return the chosen measurands with their facts, worked out once."""
    view, known, found = measured.view, {}, {}
    for m in choice.measurands:
        series = measured.part(replace(m, on_connection=True))
        known[m.measurand_id] = series * PERCENT if m.quantity is Quantity.SOC else series
        until = view.end if is_forecast(m) else view.until
        found[m.measurand_id] = facts_of(known[m.measurand_id], m.resolution, until)
    return Explorer(
        place=measured.place,
        view=view,
        window=measured.window,
        choice=choice,
        newest=newest,
        known=known,
        found=found,
    )


def load_newest(session: Session, place: Place, now: datetime, *, measurements: Measurements) -> dict[str, LiveValue]:
    """Return the newest value of each measurand by its id, as shown: the server's own, else the last of two days.

    Nothing is returned while the API cannot be asked.
    """
    try:
        live = {one.measurand_id: one for one in measurements.live(session, place.project)}
        missing = [m for m in place.measurands if m.measurand_id not in live]
        recent = measurements.load_window(session, place.project, now - PREFETCHED, now) if missing else None
    except SessionEnded:
        raise
    except ApiError:
        return {}
    found = [live.get(m.measurand_id) or _last_of(recent, m) for m in place.measurands]
    return {one.measurand_id: _shown(one, m) for m, one in zip(place.measurands, found, strict=True) if one is not None}


def _last_of(window: Window | None, measurand: Measurand) -> LiveValue | None:
    known = window.series.get(measurand.measurand_id) if window is not None else None
    known = known.dropna() if known is not None else None
    if known is None or known.empty:
        return None
    at = pd.Timestamp(known.index[-1]).to_pydatetime()
    return LiveValue(measurand_id=measurand.measurand_id, at=at, value=float(known.iloc[-1]))


def _shown(live: LiveValue, measurand: Measurand) -> LiveValue:
    return replace(live, value=live.value * PERCENT) if measurand.quantity is Quantity.SOC else live


def _last_before(
    session: Session, place: Place, view: View, silent: list[Measurand], *, measurements: Measurements
) -> dict[str, LiveValue]:
    """Return the last values in the weeks before a view of measurands that say nothing in it."""
    ids = [m.measurand_id for m in silent]
    try:
        window = measurements.load_window(session, place.project, view.start - LOOK_BACK, view.start, ids)
    except SessionEnded:
        raise
    except ApiError:
        return {}
    last = {m.measurand_id: _last_of(orderly(window), m) for m in silent}
    return {m.measurand_id: _shown(found, m) for m in silent if (found := last[m.measurand_id]) is not None}


def choice_of(place: Place, asked: Mapping[str, str]) -> Choice:
    """Return what the parameters of an address choose at a place; without them the first of each quantity."""
    charts = Charts(asked[CHARTS]) if asked.get(CHARTS) in set(Charts) else Charts.EACH
    text = asked.get(CHOSEN)
    if text is None:
        return Choice(measurands=first_choice(place), charts=charts)
    known = {m.measurand_id: m for m in place.measurands}
    ids = list(dict.fromkeys(one.strip() for one in text.split(",") if one.strip() and one.strip() != NOTHING))
    found = [known[one] for one in ids if one in known]
    return Choice(
        measurands=tuple(found[:MOST]),
        charts=charts,
        unknown=tuple(one[:40] for one in ids if one not in known),
        too_many=max(0, len(found) - MOST),
    )


def first_choice(place: Place) -> tuple[Measurand, ...]:
    """Return the first measurand of each quantity that people look for first; else the first of all."""
    found = [place.of(quantity)[:1] for quantity in FIRST_CHOICE]
    return tuple(m for some in found for m in some) or place.measurands[:1]


def is_forecast(measurand: Measurand) -> bool:
    """Return whether the values of a measurand lie ahead."""
    return measurand.quantity in {Quantity.PV_FORECAST_KW, Quantity.LOAD_FORECAST_KW}


def unit_of(measurand: Measurand) -> str:
    """Return the unit in which a measurand is shown: powers arrive in kW, a state of charge is shown in percent."""
    if measurand.quantity is Quantity.SOC:
        return "%"
    return measurand.unit if measurand.quantity is Quantity.UNKNOWN else "kW"


def is_power(measurand: Measurand) -> bool:
    """Return whether the integral over time of a measurand is an energy."""
    return measurand.quantity not in {Quantity.SOC, Quantity.UNKNOWN}


def late(measurand: Measurand, newest: LiveValue, view: View) -> bool:
    """Return whether a measurand has been silent for more than two of its own steps, and at least two minutes."""
    return view.now - newest.at > max(2 * measurand.resolution, timedelta(minutes=2))


def orderly(window: Window) -> Window:
    """Return the window with every series sorted, without repeated stamps (the last one wins), finite or NaN."""
    series = {name: _orderly(values) for name, values in window.series.items()}
    return replace(window, series=series)


def _orderly(values: pd.Series) -> pd.Series:
    if not (values.index.is_monotonic_increasing and values.index.is_unique):
        values = values[~values.index.duplicated(keep="last")].sort_index()
    return values.where(np.isfinite(values.to_numpy(dtype=float)))
