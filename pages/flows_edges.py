"""Which flows are drawn: small parts together, what stands at the site in sight, the rounding of meters away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dash_app.domain.flows import Edge, Further, Source, Use

NOTHING = 1e-6
ROUNDING = 0.0005
"""Less than this, in the unit shown, that no meter explains is the rounding of the meters."""
MORE = "more"
IN_ONE_STEP = (Source.BATTERY, Use.CHARGE)


def grouped(edges: Iterable[Edge], keys: Sequence[str], most: int, kind: str) -> list[Edge]:
    """Return the edges with the smallest of many parts together as one, so that `most` nodes are left of `keys`."""
    edges = list(edges)
    if len(keys) <= most:
        return edges
    sizes = {key: sum(edge.amount for edge in edges if key in (edge.source, edge.target)) for key in keys}
    small = set(sorted(keys, key=lambda key: sizes[key])[: len(keys) - most + 1])
    more = f"{kind}:{MORE}"
    renamed = (
        (more if edge.source in small else edge.source, more if edge.target in small else edge.target, edge.amount)
        for edge in edges
    )
    sums: dict[tuple[str, str], float] = {}
    for source, target, amount in renamed:
        sums[source, target] = sums.get((source, target), 0.0) + amount
    return [Edge(source=source, target=target, amount=amount) for (source, target), amount in sums.items()]


def shown(edges: Sequence[Edge], expected: Sequence[str]) -> list[Edge]:
    """Return the edges with something in them, and for each expected node without any its first one to another such."""
    kept = [edge for edge in edges if abs(edge.amount) > (ROUNDING if _unexplained(edge) else NOTHING)]
    plain = [edge for edge in edges if {edge.source, edge.target} <= set(expected) and _ends(edge) != IN_ONE_STEP]
    for key in expected:
        if not any(key in _ends(edge) for edge in kept):
            kept += [edge for edge in plain if key in _ends(edge)][:1]
    return kept


def _unexplained(edge: Edge) -> bool:
    return not set(_ends(edge)).isdisjoint((Source.UNKNOWN, Use.UNKNOWN, Further.EXCESS))


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.target
