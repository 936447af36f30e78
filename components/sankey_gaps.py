"""How far apart the nodes of a Sankey diagram stand, so that no label lies on another one."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

GAP_PX = 22
LINE_SPACING = 1.3
MOST_GAPS = 0.7
"""At most this share of the height is left for gaps while labels have two lines."""

Pairs = Sequence[tuple[int, int]]


class Lines(Enum):
    """How many lines a label has."""

    ONE = 1
    TWO = 2


def fitting(nodes: int, pairs: Pairs, widths: Sequence[float], plot_px: float, font_px: int) -> tuple[float, Lines]:
    """Return the gap (px) between nodes and the lines of a label: two where there is room, else one.

    `pairs` are the places of source and target of each link, `widths` what each is drawn with.
    """
    columns = columns_of(nodes, pairs)
    amounts = node_amounts(nodes, pairs, widths)
    most = max(len(column) for column in columns)
    for lines in (Lines.TWO, Lines.ONE):
        label_px = lines.value * font_px * LINE_SPACING + 2
        gap = _gap(columns, amounts, plot_px, label_px)
        if (most - 1) * gap <= MOST_GAPS * plot_px:
            return gap, lines
    return MOST_GAPS * plot_px / (most - 1), Lines.ONE


def columns_of(nodes: int, pairs: Pairs) -> list[list[int]]:
    """Return the nodes of each column from the left: as far from the right edge as the longest way from it to an end.

    >>> columns_of(4, [(0, 1), (1, 3), (2, 3)])
    [[0], [1, 2], [3]]
    """
    ahead = [0] * nodes
    for _round in range(nodes):
        for source, target in pairs:
            ahead[source] = max(ahead[source], ahead[target] + 1)
    if max(ahead) >= nodes:
        raise ValueError("the links run in a circle")
    columns = [[node for node in range(nodes) if ahead[node] == far] for far in range(max(ahead), -1, -1)]
    return [column for column in columns if column]


def node_amounts(nodes: int, pairs: Pairs, amounts: Sequence[float]) -> list[float]:
    """Return what passes each node: what comes in or what goes out, whichever is more.

    >>> node_amounts(3, [(0, 2), (1, 2)], [3.0, 4.0])
    [3.0, 4.0, 7.0]
    """
    into, out = [0.0] * nodes, [0.0] * nodes
    for (source, target), amount in zip(pairs, amounts, strict=True):
        out[source] += amount
        into[target] += amount
    has_in, has_out = {target for _, target in pairs}, {source for source, _ in pairs}
    return [
        max(into[node], out[node]) if {node} <= has_in & has_out else into[node] + out[node] for node in range(nodes)
    ]


def _gap(columns: list[list[int]], amounts: list[float], plot_px: float, label_px: float) -> float:
    """Return the smallest gap from 22 px on with which the labels of neighbours do not touch."""
    gap = float(GAP_PX)
    while gap < label_px:
        scale = min(
            (plot_px - (len(column) - 1) * gap) / max(sum(amounts[node] for node in column), 1e-12)
            for column in columns
        )
        closest = min(
            (scale * (amounts[a] + amounts[b]) / 2 for column in columns for a, b in pairwise(column)),
            default=label_px,
        )
        if closest + gap >= label_px:
            return gap
        gap += 1
    return label_px if any(len(column) > 1 for column in columns) else GAP_PX
