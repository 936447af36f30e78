"""Areas and lines made of steps: each value holds until the next, and the last one until its own end.

Plotly's own stacks draw the edge of an empty layer along the one below; these are closed areas with edges of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Points = tuple[list[datetime | None], list[float | None]]

NOTHING = 1e-3
"""A layer thinner than this is not there (1 W)."""


def stacked(layers: Sequence[Floats], sign: int) -> list[tuple[Floats, Floats]]:
    """Return (base, top) of each layer, stacked away from zero upwards (`sign` 1) or downwards (-1); NaN is a gap.

    >>> [(base.tolist(), top.tolist()) for base, top in stacked([np.array([2.0]), np.array([3.0])], -1)]
    [([0.0], [-2.0]), ([-2.0], [-5.0])]
    """
    edges = []
    base = np.zeros(len(layers[0])) if layers else np.zeros(0)
    for layer in layers:
        top = base + sign * layer
        edges.append((base, top))
        base = np.where(np.isnan(top), base, top)
    return edges


def area(starts: Sequence[datetime], ends: Sequence[datetime], base: Floats, top: Floats) -> Points:
    """Return the closed outline of each stretch of steps with something between `base` and `top`."""
    x: list[datetime | None] = []
    y: list[float | None] = []
    for first, last in _stretches(np.abs(top - base) > NOTHING):
        places = range(first, last)
        there = [(moment, float(top[at])) for at in places for moment in (starts[at], ends[at])]
        back = [(moment, float(base[at])) for at in reversed(places) for moment in (ends[at], starts[at])]
        for moment, value in [*there, *back, there[0]]:
            x.append(moment)
            y.append(value)
        x.append(None)
        y.append(None)
    return x[:-1], y[:-1]


def stairs(starts: Sequence[datetime], ends: Sequence[datetime], values: Floats) -> Points:
    """Return a line of steps, broken where a value is missing; draw it with `line_shape="hv"`."""
    x: list[datetime | None] = []
    y: list[float | None] = []
    for first, last in _stretches(~np.isnan(values)):
        x += [*starts[first:last], ends[last - 1], None]
        y += [*(float(value) for value in values[first:last]), float(values[last - 1]), None]
    return x[:-1], y[:-1]


def axis_ticks(lowest: float, highest: float) -> tuple[list[float], list[str]]:
    """Return ticks on round numbers from at most `lowest` to at least `highest`, their texts without a sign.

    >>> axis_ticks(-84.0, 133.0)
    ([-100.0, -50.0, 0.0, 50.0, 100.0, 150.0], ['100', '50', '0', '50', '100', '150'])
    """
    span = max(highest - lowest, 1.0)
    power = 10.0 ** np.floor(np.log10(span))
    tick = next(factor * power for factor in (0.1, 0.2, 0.25, 0.5, 1.0) if span <= 5 * factor * power or factor == 1.0)
    places = np.arange(np.floor(lowest / tick), np.ceil(highest / tick) + 1) * tick
    return [float(place) + 0.0 for place in places], [f"{abs(place):g}" for place in places]


def _stretches(there: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Return (first, one after the last) of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], there.astype(int), [0]))))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
