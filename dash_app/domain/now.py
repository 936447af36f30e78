"""The site balance at this moment, from the newest value of each measurand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dash_app.domain.measurement import LiveValue
from dash_app.domain.site import Measurand, Quantity

GRID = (Quantity.IMPORT_KW, Quantity.EXPORT_KW)
LATE_STEPS = 2
GRACE = timedelta(minutes=2)
BALANCED = (
    Quantity.PV_KW,
    Quantity.LOAD_KW,
    Quantity.CHARGE_KW,
    Quantity.DISCHARGE_KW,
    Quantity.IMPORT_KW,
    Quantity.EXPORT_KW,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NowBalance:
    """Powers at this moment, kW, none negative; None where a part is missing (a partial sum is never shown).

    `missing` names measurands without a value; `silent` the one that has been silent for longest, since
    `oldest_stale`; `grid_measured` says whether import and export were measured or close the balance. `measured_at`
    is the moment of the oldest part of each power, `stale` are those that lag more than two of their steps.
    """

    at: datetime
    pv_kw: float | None
    load_kw: float | None
    charge_kw: float | None
    discharge_kw: float | None
    import_kw: float | None
    export_kw: float | None
    grid_measured: bool
    newest: datetime | None
    missing: tuple[str, ...] = ()
    silent: str = ""
    oldest_stale: datetime | None = None
    measured_at: dict[Quantity, datetime] = field(default_factory=dict)
    stale: frozenset[Quantity] = frozenset()

    def age(self, quantity: Quantity) -> timedelta | None:
        """Return how old a power is; one that closes the balance is as old as the oldest of the others."""
        derived = quantity in GRID and not self.grid_measured
        oldest = min(self.measured_at.values(), default=None) if derived else self.measured_at.get(quantity)
        return None if oldest is None else max(self.at - oldest, timedelta(0))

    def is_stale(self, quantity: Quantity) -> bool:
        """Return whether a power lags too far behind, or is reckoned from one that does."""
        return bool(self.stale) if quantity in GRID and not self.grid_measured else quantity in self.stale

    @property
    def in_kw(self) -> float:
        """What comes in: PV, discharge, import."""
        return (self.pv_kw or 0.0) + (self.discharge_kw or 0.0) + (self.import_kw or 0.0)

    @property
    def out_kw(self) -> float:
        """What goes out: load, charge, export."""
        return (self.load_kw or 0.0) + (self.charge_kw or 0.0) + (self.export_kw or 0.0)

    @property
    def residual(self) -> float:
        """The share (0..1) of the larger side that the other side does not account for."""
        larger = max(self.in_kw, self.out_kw)
        return abs(self.in_kw - self.out_kw) / larger if larger else 0.0


def now_balance(live: Sequence[LiveValue], measurands: Sequence[Measurand], at: datetime) -> NowBalance:
    """Return the balance at `at`; where the grid is not measured it is what closes the balance."""
    newest = {value.measurand_id: value for value in live}
    counted = [m for m in measurands if m.on_connection and m.quantity in BALANCED]
    sums = {quantity: _sum(newest, counted, quantity) for quantity in BALANCED}
    grid_measured = any(m.quantity is Quantity.IMPORT_KW for m in counted)
    into, out = sums[Quantity.IMPORT_KW], sums[Quantity.EXPORT_KW]
    if not grid_measured:
        into, out = _closing(sums)
    missing = tuple(m.name for m in counted if m.measurand_id not in newest)
    silent = _silent(newest, counted, at)
    return NowBalance(
        at=at,
        pv_kw=sums[Quantity.PV_KW],
        load_kw=sums[Quantity.LOAD_KW],
        charge_kw=sums[Quantity.CHARGE_KW],
        discharge_kw=sums[Quantity.DISCHARGE_KW],
        import_kw=into,
        export_kw=out,
        grid_measured=grid_measured,
        newest=max((value.at for value in live), default=None),
        missing=missing,
        silent=silent[0] if silent else "",
        oldest_stale=silent[1] if silent else None,
        measured_at=_measured_at(newest, counted),
        stale=frozenset(m.quantity for m in counted if _lags(newest, m, at)),
    )


def _measured_at(newest: dict[str, LiveValue], measurands: Sequence[Measurand]) -> dict[Quantity, datetime]:
    """Return the moment of the newest value of each quantity; of several parts that of the oldest."""
    moments: dict[Quantity, datetime] = {}
    for m in measurands:
        if m.measurand_id in newest:
            at = newest[m.measurand_id].at
            moments[m.quantity] = min(moments.get(m.quantity, at), at)
    return moments


def _sum(newest: dict[str, LiveValue], measurands: Sequence[Measurand], quantity: Quantity) -> float | None:
    """Return the sum of a quantity, 0 where the site has none, None when a part has no value."""
    parts = [m.measurand_id for m in measurands if m.quantity is quantity]
    if any(part not in newest for part in parts):
        return None
    return sum(newest[part].value for part in parts)


def _closing(sums: dict[Quantity, float | None]) -> tuple[float | None, float | None]:
    load, pv = sums[Quantity.LOAD_KW], sums[Quantity.PV_KW]
    charge, discharge = sums[Quantity.CHARGE_KW], sums[Quantity.DISCHARGE_KW]
    if load is None or pv is None or charge is None or discharge is None:
        return None, None
    grid_kw = load + charge - pv - discharge
    return max(0.0, grid_kw), max(0.0, -grid_kw)


def _silent(newest: dict[str, LiveValue], measurands: Sequence[Measurand], at: datetime) -> tuple[str, datetime] | None:
    late = [(newest[m.measurand_id].at, m.name) for m in measurands if _lags(newest, m, at)]
    return (min(late)[1], min(late)[0]) if late else None


def _lags(newest: dict[str, LiveValue], measurand: Measurand, at: datetime) -> bool:
    known = newest.get(measurand.measurand_id)
    if known is None or measurand.sparse:
        return False
    return at - known.at > (LATE_STEPS + 1) * measurand.resolution + GRACE
