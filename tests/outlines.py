"""Make assets/map/outlines.json, the map's land and borders, from Natural Earth (public domain).

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tests/outlines.py package/countries-50m.json assets/map/outlines.json

Every arc is simplified once, so that neighbours stay together. A land that crosses the 180th meridian is cut there:
a flat map would fill the whole way round. Antarctica, which no flat map can close, its islands and specks are left out.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Ring = list[Point]

TOLERANCE_DEG = 0.06
SMALLEST_DEG2 = 0.04
ROUND_TO = 2
TURN = 360.0
SOUTH_END = -60.0


def outlines(topology: dict[str, Any]) -> dict[str, Any]:
    """Return land and borders as one GeoJSON collection; the property `kind` tells them apart."""
    arcs = [simplified(arc) for arc in decoded(topology)]
    land = [polygon for rings in polygons(topology, arcs) for polygon in drawable(rings)]
    borders = [rounded(part) for number in shared_arcs(topology) for part in parted(arcs[number])]
    return {
        "type": "FeatureCollection",
        "features": [
            feature("land", "MultiPolygon", land),
            feature("border", "MultiLineString", [line for line in borders if len(line) > 1]),
        ],
    }


def feature(kind: str, geometry: str, coordinates: list[Any]) -> dict[str, Any]:
    """Return one GeoJSON feature."""
    return {
        "type": "Feature",
        "properties": {"kind": kind},
        "geometry": {"type": geometry, "coordinates": coordinates},
    }


def decoded(topology: dict[str, Any]) -> Iterator[Ring]:
    """Return every arc in degrees: the file holds differences of whole steps."""
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + shift_x, y * scale_y + shift_y))
        yield points


def polygons(topology: dict[str, Any], arcs: Sequence[Ring]) -> Iterator[list[Ring]]:
    """Return every piece of land: its outer ring, then its inland seas."""
    for shape in topology["objects"]["land"]["geometries"]:
        for polygon in shape["arcs"]:
            yield [joined(numbers, arcs) for numbers in polygon]


def drawable(rings: Sequence[Ring]) -> Iterator[list[Ring]]:
    """Return the parts of a piece of land that are large enough to see; the largest one has the inland seas."""
    parts = sorted(map(rounded, cut(unwrapped(rings[0]))), key=area, reverse=True)
    seas = [rounded(ring) for ring in rings[1:] if area(ring) >= SMALLEST_DEG2]
    for place, part in enumerate(parts):
        if area(part) >= SMALLEST_DEG2 and len(part) > 3 and max(y for _, y in part) > SOUTH_END:
            yield [part, *seas] if place == 0 else [part]


def shared_arcs(topology: dict[str, Any]) -> list[int]:
    """Return the arcs between two countries."""
    seen: Counter[int] = Counter()
    for country in topology["objects"]["countries"]["geometries"]:
        seen.update({~n if n < 0 else n for n in numbers_in(country.get("arcs", []))})
    return sorted(number for number, times in seen.items() if times > 1)


def numbers_in(nested: Any) -> Iterator[int]:
    """Return the arc numbers of a geometry, however deep."""
    for one in nested:
        if isinstance(one, int):
            yield one
        else:
            yield from numbers_in(one)


def joined(numbers: Iterable[int], arcs: Sequence[Ring]) -> Ring:
    """Return a ring of arcs; a negative number is an arc read backwards."""
    ring: Ring = []
    for number in numbers:
        arc = arcs[~number][::-1] if number < 0 else arcs[number]
        ring.extend(arc[1:] if ring else arc)
    return ring


def simplified(arc: Ring) -> Ring:
    """Return an arc without the points that lie within the tolerance of a straight line (Douglas and Peucker)."""
    kept = {0, len(arc) - 1}
    open_parts = [(0, len(arc) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        far, place = max(((distance(arc[k], arc[first], arc[last]), k) for k in range(first + 1, last)), default=(0, 0))
        if far > TOLERANCE_DEG:
            kept.add(place)
            open_parts += [(first, place), (place, last)]
    return [arc[k] for k in sorted(kept)]


def distance(point: Point, start: Point, end: Point) -> float:
    """Return how far a point is from the line between two others, in degrees."""
    (px, py), (sx, sy), (ex, ey) = point, start, end
    length2 = (ex - sx) ** 2 + (ey - sy) ** 2
    along = min(max(((px - sx) * (ex - sx) + (py - sy) * (ey - sy)) / length2, 0), 1) if length2 else 0
    return ((px - sx - along * (ex - sx)) ** 2 + (py - sy - along * (ey - sy)) ** 2) ** 0.5


def unwrapped(ring: Ring) -> Ring:
    """Return a ring whose longitudes go on beyond 180 instead of jumping; empty when it goes once around the pole."""
    turns = 0
    found = [ring[0]]
    for (before, _), (x, y) in pairwise(ring):
        turns -= round((x - before) / TURN)
        found.append((x + turns * TURN, y))
    return found if turns == 0 else []


def cut(ring: Ring) -> Iterator[Ring]:
    """Return the parts of an unwrapped ring in each turn of the globe, moved to -180..180."""
    for turn in (-1, 0, 1):
        left, right = turn * TURN - 180, turn * TURN + 180
        part = clipped(clipped(ring, left, 1), right, -1)
        if len(part) > 3:
            yield [(x - turn * TURN, y) for x, y in part]


def clipped(ring: Ring, edge: float, side: int) -> Ring:
    """Return what of a ring lies east (side 1) or west (-1) of a meridian, closed along it."""
    found: Ring = []
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (x0 < edge) != (x1 < edge) and x0 != edge != x1:
            found.append((edge, y0 + (y1 - y0) * (edge - x0) / (x1 - x0)))
        if side * (x1 - edge) >= 0:
            found.append((x1, y1))
    return [*found, found[0]] if found else []


def parted(line: Ring) -> Iterator[Ring]:
    """Return a line in pieces that do not jump across the 180th meridian."""
    start = 0
    for place, ((x0, _), (x1, _)) in enumerate(pairwise(line), 1):
        if abs(x1 - x0) > 180:
            yield line[start:place]
            start = place
    yield line[start:]


def area(ring: Ring) -> float:
    """Return the area of a ring in square degrees."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))) / 2


def rounded(points: Ring) -> Ring:
    """Return points of the file's precision, none twice in a row."""
    found: Ring = []
    for x, y in points:
        point = (round(x, ROUND_TO), round(y, ROUND_TO))
        if not found or found[-1] != point:
            found.append(point)
    return found


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    made = outlines(json.loads(source.read_text("utf-8")))
    target.write_text(json.dumps(made, separators=(",", ":")) + "\n", "utf-8")
