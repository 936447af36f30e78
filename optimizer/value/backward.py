"""The worth of stored energy in every step of a horizon, by a backward pass over the classes of net load.

W[k, i]    = min over u of  stage(N[h, k], u) + U[h+1, k](e'(i, u))        the net load of the step is seen before u
U[h, k, i] = sum over k' of P[k, k'] * W[k', i]                           k: class of the step before

`stage` and e' are those of `dash_app.domain.value_table`. Candidates for u are every point in reach, the net load
itself, the limits, the peak that is held: exact for a U that is straight between points, whatever the prices, so an
export price above the import price needs nothing special. Points are evenly spaced, hence a power depends on how many
points it moves, not on where it starts: one small table of stage costs per step serves all points.

    worth = solve_worth(battery, ahead, [outlook_a, outlook_b], previous=worth_of_an_hour_ago)
    table = worth.table(0, computed_at=now)          # then power_by_value(table, ...), and so on for later steps
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import numpy.typing as npt

from dash_app.domain.site import Battery
from dash_app.domain.value_table import ClassWorth, ValueTable
from optimizer.schedule.checks import Array
from optimizer.value.classes import Outlook
from optimizer.value.constants import COLD_PASSES, POINTS, SHIFT

OUT = 1e18
"""The cost of a place outside the points: finite, so that 0 times it is 0."""
SNAP = 1e-9
DIGITS = 9
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """What is known of a horizon from `starts_at` on: length of each step in hours, prices per kWh of each step.

    `reserve_kwh` is the stored energy to keep back at the end of each step and `short_per_kwh` what each missing kWh
    costs there; each kW imported above `peak_kw` costs `peak_price`. The connection's limits, kW, travel to the table.
    """

    starts_at: datetime
    hours: Array
    import_price: Array
    export_price: Array
    peak_price: float = 0.0
    peak_kw: float = 0.0
    reserve_kwh: Array | None = None
    short_per_kwh: Array | None = None
    import_limit_kw: float | None = None
    export_limit_kw: float | None = None

    @property
    def boundaries_h(self) -> Array:
        """The hours from `starts_at` to each boundary between steps, both ends included."""
        return np.concatenate(([0.0], np.cumsum(self.hours)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worth:
    """A solved horizon: `cost[boundary, model, class, point]` is the cost still to come at the start of each step.

    The last boundary is the end of the horizon; the class is that of the step before the boundary. What is missing
    from the reserve there is not in it.
    """

    battery: Battery
    ahead: Ahead
    stored_kwh: Array
    net_kw: Array
    cost: Array

    def table(self, step: int, *, computed_at: datetime) -> ValueTable:
        """Return what an order for a step carries."""
        after = self.cost[step + 1] + _shortfall(self.ahead, self.stored_kwh)[step]
        after = after - after.min(axis=-1, keepdims=True)
        span = max(float(np.ptp(after)), 1e-12)
        after = np.round(after, DIGITS - 1 - int(np.floor(np.log10(span))))
        models = tuple(
            ClassWorth(net_kw=tuple(net.tolist()), cost=tuple(tuple(row) for row in rows.tolist()))
            for net, rows in zip(np.round(self.net_kw[step], DIGITS), after, strict=True)
        )
        return ValueTable(
            computed_at=computed_at,
            stored_kwh=tuple(self.stored_kwh.tolist()),
            models=models,
            import_price=float(self.ahead.import_price[step]),
            export_price=float(self.ahead.export_price[step]),
            capacity_kwh=self.battery.capacity_kwh,
            charge_efficiency=self.battery.charge_efficiency,
            discharge_efficiency=self.battery.discharge_efficiency,
            wear_per_kwh=self.battery.wear_per_kwh,
            peak_price=self.ahead.peak_price,
            peak_kw=self.ahead.peak_kw,
            import_limit_kw=self.ahead.import_limit_kw,
            export_limit_kw=self.ahead.export_limit_kw,
        )


def solve_worth(
    battery: Battery,
    ahead: Ahead,
    outlooks: Sequence[Outlook],
    *,
    previous: Worth | None = None,
    end_cost: Array | None = None,
    points: int = POINTS,
) -> Worth:
    """Return the worth of stored energy over a horizon; the models are solved side by side.

    At the end of the horizon energy is worth what `previous`, an earlier solve, found a day before that end. Without
    one it is worth the mean import price times the efficiency, and three passes follow. `end_cost` (one value per
    point) replaces both. Raises ValueError where the battery's floor is not below its ceiling.
    """
    stored = np.linspace(battery.soc_floor * battery.capacity_kwh, battery.soc_max * battery.capacity_kwh, points)
    if not stored[0] < stored[-1]:
        raise ValueError(f"a battery between {stored[0]:g} and {stored[-1]:g} kWh stores nothing")
    net_kw = np.stack([outlook.net_kw for outlook in outlooks], axis=1)
    follows = np.stack([outlook.follows for outlook in outlooks])
    shape = (*net_kw.shape[1:], points)
    solved = partial(Worth, battery=battery, ahead=ahead, stored_kwh=stored, net_kw=net_kw)
    sweep = partial(_backward, _moves(battery, ahead, stored, net_kw), _shortfall(ahead, stored), follows)
    if end_cost is not None:
        return solved(cost=sweep(np.broadcast_to(end_cost, shape)))
    carried = None if previous is None else _carried(previous, ahead, shape)
    if carried is not None:
        return solved(cost=sweep(carried))
    mean = float(np.average(ahead.import_price, weights=ahead.hours))
    worth = solved(cost=sweep(np.broadcast_to(-mean * battery.discharge_efficiency * stored, shape)))
    for _ in range(COLD_PASSES - 1):
        again = _carried(worth, ahead, shape)
        worth = worth if again is None else solved(cost=sweep(again))
    return worth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moves:
    """Every candidate of every step. `whole` moves by points `first`..: stage cost [step, class, move].

    `part` lands between points: stage cost [step, class, candidate], the point below for every start [step, class,
    candidate, point] as an index into the padded rows laid end to end, and the share of the way to the point above.
    """

    first: int
    whole: Array
    part: Array
    below: npt.NDArray[np.int64]
    share: Array
    pad: int


def _moves(battery: Battery, ahead: Ahead, stored: Array, net_kw: Array) -> _Moves:
    """Return the candidates; classes of all models lie side by side."""
    steps, points = len(ahead.hours), len(stored)
    net = net_kw.reshape(steps, -1)
    apart = float(stored[1] - stored[0])
    hours = ahead.hours[:, None, None]
    up = min(points - 1, int(ahead.hours.max() * battery.charge_efficiency * battery.charge_kw / apart + SNAP))
    down = min(points - 1, int(ahead.hours.max() * battery.discharge_kw / battery.discharge_efficiency / apart + SNAP))
    by = np.arange(-down, up + 1) * apart
    power = np.where(by > 0, by / battery.charge_efficiency, by * battery.discharge_efficiency)[None, None, :] / hours
    whole = _stage(battery, ahead, net[:, :, None], power)
    whole[np.broadcast_to((power > battery.charge_kw + SNAP) | (power < -battery.discharge_kw - SNAP), whole.shape)] = (
        OUT
    )
    corners = np.stack(
        [-net, np.full_like(net, battery.charge_kw), np.full_like(net, -battery.discharge_kw), ahead.peak_kw - net],
        axis=2,
    )
    corners = np.clip(corners[:, :, : 4 if ahead.peak_price > 0 else 3], -battery.discharge_kw, battery.charge_kw)
    part = _stage(battery, ahead, net[:, :, None], corners)
    change = hours * np.where(corners > 0, corners * battery.charge_efficiency, corners / battery.discharge_efficiency)
    way = np.clip(change / apart, -points, points)
    whole_way = np.floor(way + SNAP)
    share = way - whole_way
    pad = points + 1
    rows = np.arange(net.shape[1]) * (points + 2 * pad)
    below = whole_way.astype(np.int64)[..., None] + np.arange(points) + (rows[:, None, None] + pad)
    return _Moves(
        first=-down,
        whole=whole,
        part=part,
        below=below,
        share=np.where(share < SNAP, 0.0, share)[..., None],
        pad=pad,
    )


def _stage(battery: Battery, ahead: Ahead, net_kw: Array, charge_kw: Array) -> Array:
    """Return what a step costs at these powers (charging positive), [step, class, candidate]."""
    grid_kw = net_kw + charge_kw
    buy, sell = ahead.import_price[:, None, None], ahead.export_price[:, None, None]
    money = buy * np.maximum(grid_kw, 0.0) - sell * np.maximum(-grid_kw, 0.0)
    money = ahead.hours[:, None, None] * (money + battery.wear_per_kwh * np.maximum(-charge_kw, 0.0))
    if ahead.peak_price > 0:
        money += ahead.peak_price * np.maximum(grid_kw - ahead.peak_kw, 0.0)
    return np.asarray(money)


def _shortfall(ahead: Ahead, stored: Array) -> Array:
    """Return what too little stored energy costs at the end of each step, [step, point]."""
    if ahead.reserve_kwh is None or ahead.short_per_kwh is None:
        return np.zeros((len(ahead.hours), len(stored)))
    missing = np.maximum(ahead.reserve_kwh[:, None] - stored, 0.0)
    return np.asarray(ahead.short_per_kwh[:, None] * missing)


def _backward(moves: _Moves, shortfall: Array, follows: Array, end_cost: Array) -> Array:
    """Return the cost still to come at every boundary, [boundary, model, class, point]."""
    models, classes, points = end_cost.shape
    steps, rows, reach = moves.whole.shape
    cost = np.empty((steps + 1, rows, points))
    cost[-1] = end_cost.reshape(rows, points)
    padded = np.full((rows, points + 2 * moves.pad), OUT)
    inner = padded[:, moves.pad : moves.pad + points]
    start = moves.pad + moves.first
    window = np.lib.stride_tricks.sliding_window_view(padded[:, start : start + points + reach - 1], points, axis=1)
    for step in range(steps - 1, -1, -1):
        inner[:] = cost[step + 1] + shortfall[step]
        best = (window + moves.whole[step][:, :, None]).min(axis=1)
        low = padded.take(moves.below[step], mode="clip")
        high = padded.take(moves.below[step] + 1, mode="clip")
        high -= low
        high *= moves.share[step]
        high += low
        high += moves.part[step][..., None]
        np.minimum(best, high.min(axis=1), out=best)
        cost[step] = (follows @ best.reshape(models, classes, points)).reshape(rows, points)
    return cost.reshape(steps + 1, models, classes, points)


def _carried(previous: Worth, ahead: Ahead, shape: tuple[int, ...]) -> Array | None:
    """Return an earlier solve's worth a day before the end of this horizon, its least set to 0; None without one."""
    wanted_h = (ahead.starts_at - previous.ahead.starts_at - SHIFT) / HOUR + float(ahead.hours.sum())
    boundaries = previous.ahead.boundaries_h
    if previous.cost.shape[1:] != shape or wanted_h > boundaries[-1] + SNAP:
        return None
    found = previous.cost[int(np.argmin(np.abs(boundaries - wanted_h)))]
    return np.asarray(found - found.min())
