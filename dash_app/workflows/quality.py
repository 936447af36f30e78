"""Gather what the data quality page shows: every measurand of the range, checked against all rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.kpi import expected_until
from dash_app.domain.measurement import Window, total_of
from dash_app.domain.ports import Measurements, Session
from dash_app.domain.quality import Finding, Floats, Rule, Signal, runs_of, signal_of
from dash_app.domain.quality_check import Presence, Stretch, check_signal, presence_of, stretches, worst_first
from dash_app.domain.quality_net import find_net_of_pv, pv_shape
from dash_app.domain.quality_site import Balance, balance_of, find_above_total, find_residual
from dash_app.domain.quality_sun import step_elevation
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.time import TimeGrid, measured_at
from dash_app.domain.view import View
from dash_app.workflows.measured import Measured, Place, load_measured

CONTEXT = timedelta(days=28)
"""The rules know a signal by at least so much of it: a spike needs a usual height, a clock needs weeks of sun."""
FINE = timedelta(minutes=5)
FINE_UP_TO = timedelta(days=31, hours=1)
"""Signals finer than `FINE` are loaded for ranges of up to a month."""
MOST_COLUMNS = 93
BALANCED = frozenset(
    {
        Quantity.PV_KW,
        Quantity.LOAD_KW,
        Quantity.CHARGE_KW,
        Quantity.DISCHARGE_KW,
        Quantity.IMPORT_KW,
        Quantity.EXPORT_KW,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality(Measured):
    """The measurements of a view with everything that looks wrong in them, worst first.

    `checked` are the measurands that were looked at; simulated ones are not, nor very fine ones over long ranges.
    `signals` reach back `CONTEXT` or to the start of the view. `balance_sides` is None where the site's balance
    cannot be checked: no meter of the grid or of the load, or a range that is too long for its battery's signals.
    """

    checked: tuple[Measurand, ...]
    signals: dict[str, Signal]
    findings: tuple[Finding, ...]
    balance_sides: Balance | None

    @property
    def skipped(self) -> tuple[Measurand, ...]:
        """The measurands that were not looked at."""
        return tuple(m for m in self.place.measurands if m not in self.checked)

    @property
    def too_long(self) -> bool:
        """Whether the range is too long for some of the site's signals."""
        return not all(_not_too_fine(m, self.view) for m in self.place.measurands)

    @property
    def rule(self) -> Rule | None:
        """The one rule that the address asks for, None for all of them or for one that does not exist."""
        return next((rule for rule in Rule if rule.value == self.asked_rule), None)

    @property
    def asked_rule(self) -> str:
        """What the address says about a rule, as it is."""
        return dict(self.view.others).get("rule", "")

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings of the rule that is asked for."""
        return tuple(one for one in self.findings if self.rule in {None, one.rule})

    @property
    def columns(self) -> tuple[Stretch, ...]:
        """The columns of the calendar."""
        return stretches(self.view.first, self.view.last, MOST_COLUMNS)

    def known_from(self, measurand_id: str) -> datetime:
        """Return since when a measurand was looked at; findings may have begun before."""
        signal = self.signals.get(measurand_id)
        return signal.start_of(0) if signal is not None and len(signal.values) else self.view.start

    def presence(self, measurand: Measurand) -> tuple[Presence, ...]:
        """Return how much of a measurand is there, by column of the calendar."""
        signal, view = self.signals[measurand.measurand_id], self.view
        return presence_of(signal, self.columns, view.zone, view.start, view.until)

    def presence_in_all(self) -> Presence:
        """Return how many of all values that are due in the view are there."""
        cells = [cell for measurand in self.checked for cell in self.presence(measurand)]
        return Presence(there=sum(cell.there for cell in cells), due=sum(cell.due for cell in cells))

    def gaps(self) -> list[tuple[Measurand, datetime, datetime]]:
        """Return every gap of the view as (measurand, start, end)."""
        return [
            (measurand, *run)
            for measurand in self.checked
            for run in _missing_runs(self.signals[measurand.measurand_id], self.view)
        ]


def load_quality(session: Session, place: Place, view: View, *, opening: bool, measurements: Measurements) -> Quality:
    """Load the measurements of a view and what the rules need before it, and check them."""
    checked = tuple(m for m in place.measurands if not m.simulated and _not_too_fine(m, view))
    wanted = tuple(m for m in place.measurands if m in checked or (m.quantity in BALANCED and _not_too_fine(m, view)))
    measured = load_measured(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    start = min(view.start, view.until - CONTEXT)
    ids = [m.measurand_id for m in checked]
    around = measurements.load_window(session, place.project, start, view.until, ids)
    return quality_of(measured, checked, around)


def quality_of(measured: Measured, checked: tuple[Measurand, ...], around: Window) -> Quality:
    """Return the checked measurements of a view; `around` holds them together with what came before."""
    place, view = measured.place, measured.view
    signals = _signals(place, view, checked, around)
    sides = _sides(measured)
    found = [finding for signal in signals.values() for finding in check_signal(signal, gaps_since=view.start)]
    found += [*_net_of_pv(signals, place), *_above_total(measured), *(find_residual(sides) if sides else ())]
    return Quality(
        place=place,
        view=view,
        window=measured.window,
        checked=checked,
        signals=signals,
        findings=worst_first([one for one in found if one.meets(view.start, view.until)]),
        balance_sides=sides,
    )


def _signal(
    measurand: Measurand, values: pd.Series, *, kwp: float | None = None, elevation: Floats | None = None
) -> Signal:
    return signal_of(
        measurand.measurand_id,
        measurand.quantity,
        values,
        measurand.resolution,
        sparse=measurand.sparse,
        nameplate_kw=kwp,
        elevation=elevation,
    )


def _due_values(window: Window, measurand: Measurand, view: View) -> pd.Series:
    """Return one measurand of a window on all of its steps that are due."""
    step = measurand.resolution
    index = TimeGrid.between(window.start, window.end, step).index()
    known = window.series.get(measurand.measurand_id, pd.Series(dtype=float, index=index[:0]))
    values = known.reindex(index)
    until = expected_until(values, step, min(view.until, window.end))
    return values.loc[(index >= pd.Timestamp(window.start)) & (index <= pd.Timestamp(until) - step)]


def _signals(place: Place, view: View, checked: Iterable[Measurand], around: Window) -> dict[str, Signal]:
    nameplates = {array.measurand_id: array.kwp for array in place.site.arrays} if place.site else {}
    suns: dict[tuple[object, ...], Floats] = {}
    signals = {}
    for measurand in checked:
        values = _due_values(around, measurand, view)
        elevation = _sun_over(place, view, measurand, pd.DatetimeIndex(values.index), suns)
        kwp = nameplates.get(measurand.measurand_id)
        signals[measurand.measurand_id] = _signal(measurand, values, kwp=kwp, elevation=elevation)
    return signals


def _sun_over(
    place: Place, view: View, measurand: Measurand, index: pd.DatetimeIndex, known: dict[tuple[object, ...], Floats]
) -> Floats | None:
    """Return the sun of a PV measurand at the time of its measurement; arrays with the same stamps share it."""
    if place.site is None or measurand.quantity is not Quantity.PV_KW or index.empty:
        return None
    key = (measurand.measured_shift, measurand.resolution, index[0], len(index))
    if key not in known:
        measured = measured_at(index, measurand.measured_shift, view.now, place.zone)
        known[key] = step_elevation(measured, measurand.resolution, place.site.latitude, place.site.longitude)
    return known[key]


def _sides(measured: Measured) -> Balance | None:
    """Return both sides of the site's balance inside the view, None where one is not measured or not loaded."""
    parts, view = measured.place.of(*BALANCED), measured.view
    if not all(_not_too_fine(part, view) for part in parts):
        return None
    signals = [_signal(part, measured.within(_due_values(measured.window, part, view))) for part in parts]
    return balance_of(signals, measured.balance_step)


def _above_total(measured: Measured) -> tuple[Finding, ...]:
    parts, loads = measured.place.of(Quantity.OTHER_KW), measured.place.of(Quantity.LOAD_KW)
    step = max((m.resolution for m in (*parts, *loads)), default=timedelta(hours=1))
    if not parts or not loads:
        return ()
    load = measured.within(total_of(measured.window, measured.place.measurands, Quantity.LOAD_KW, step))
    shown = [measured.within(total_of(measured.window, (part,), Quantity.OTHER_KW, step)) for part in parts]
    return find_above_total(load, shown, step)


def _net_of_pv(signals: dict[str, Signal], place: Place) -> list[Finding]:
    shape = pv_shape(list(signals.values()))
    if shape is None:
        return []
    return [finding for signal in signals.values() for finding in find_net_of_pv(signal, shape, place.zone)]


def _missing_runs(signal: Signal, view: View) -> list[tuple[datetime, datetime]]:
    shown = signal.since(view.start)
    missing = runs_of(np.isnan(shown.array))
    return [(shown.start_of(first), shown.start_of(after - 1) + shown.step) for first, after in missing]


def _not_too_fine(measurand: Measurand, view: View) -> bool:
    return measurand.resolution >= FINE or view.end - view.start <= FINE_UP_TO
