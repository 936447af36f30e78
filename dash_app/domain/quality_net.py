"""A rule about a demand that is not one: what an unseen array behind the meter saves is missing from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.quality import Finding, Floats, Rule, Severity, Signal, runs_of
from dash_app.domain.site import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class NetOfPv:
    """A load that falls when PV rises: a correlation of `correlation` or less in blocks of `days` days.

    It is seen where PV is large against the load's own ups and downs. Both are taken as differences from their mean at
    the same time of day, workdays and weekends apart, in steps with PV above `above_level` of its level. A block counts
    with `known` of its steps.
    """

    correlation: float = -0.5
    days: int = 28
    known: float = 0.7
    above_level: float = 0.1


def pv_shape(signals: Sequence[Signal]) -> pd.Series | None:
    """Return the median of all arrays, each in parts of its level, so that a stuck or silent one does not matter."""
    parts = [one.values / one.level for one in signals if one.quantity is Quantity.PV_KW and one.level > 0]
    return pd.concat(parts, axis=1, sort=True).median(axis=1) if parts else None


def find_net_of_pv(signal: Signal, shape: pd.Series, zone: ZoneInfo, rule: NetOfPv = NetOfPv()) -> tuple[Finding, ...]:
    """Return stretches in which a load looks net of PV; `shape` is the site's PV on the same steps (`pv_shape`)."""
    if signal.quantity is not Quantity.LOAD_KW or len(signal.values) < 2:
        return ()
    load, pv = signal.array, shape.reindex(signal.values.index).to_numpy(dtype=float)
    slot = _slots(signal, zone)
    block = signal.steps_in(24 * rule.days)
    edges = list(range(0, max(1, len(load) - block + 1), block))
    ends = [*edges[1:], len(load)]
    found = [
        _correlation(load[first:after], pv[first:after], slot[first:after], rule)
        for first, after in zip(edges, ends, strict=True)
    ]
    net = np.array([value is not None and value <= rule.correlation for value in found])
    return tuple(
        signal.finding(
            Rule.NET_OF_PV,
            Severity.WARNING,
            edges[first],
            ends[after - 1],
            correlation=float(np.mean([value for value in found[first:after] if value is not None])),
        )
        for first, after in runs_of(net)
    )


def _slots(signal: Signal, zone: ZoneInfo) -> np.ndarray:
    """Return a number for each time of day, other ones on weekends."""
    local = pd.DatetimeIndex(signal.values.index).tz_convert(zone)
    per_day = signal.steps_in(24)
    place = ((local.hour * 60 + local.minute) / (60 * signal.step_h)).astype(int)
    return np.asarray(place + per_day * (local.day_of_week >= 5))


def _correlation(load: Floats, pv: Floats, slot: np.ndarray, rule: NetOfPv) -> float | None:
    both = np.isfinite(load) & np.isfinite(pv)
    if both.sum() < rule.known * len(load) or len(load) < 2:
        return None
    lit = both & (pv > rule.above_level)
    if lit.sum() < 50:
        return None
    a, b = (_without_mean(values[lit], slot[lit]) for values in (load, pv))
    spread = float(a.std() * b.std())
    return float((a * b).mean() / spread) if spread > 0 else None


def _without_mean(values: Floats, slot: np.ndarray) -> Floats:
    count = np.maximum(np.bincount(slot), 1)
    return np.asarray(values - (np.bincount(slot, weights=values) / count)[slot])
