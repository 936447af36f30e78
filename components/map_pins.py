"""The points of the map: which projects share one, how it looks, and the view that shows them all. Plain geometry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from components.badges import Tone
from components.icons import Icon

RADIUS, GROWTH, LARGEST = 6.0, 0.75, 9.0
NOMINAL_PX = (400.0, 280.0)
"""Width and height of the smallest map we draw."""

PADDING_PX = 36.0
WORLD_PX = 512.0
"""Width and height of the whole world at zoom 0."""

ONE_PLACE_ZOOM, MOST_ZOOM = 4.0, 6.0
WORLD = {"lat": 25.0, "lon": 0.0}
FARTHEST_LATITUDE = 85.0511287798
DIGITS = 3
"""Places that agree to this many decimals (100 m) share a pin."""

WORST_FIRST = (Tone.DANGER, Tone.WARNING, Tone.NEUTRAL, Tone.INFO, Tone.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One project on the map: what its note says. `now` is what happens there, with its age."""

    project_id: str
    name: str
    kind: str
    now: str
    state: str
    tone: Tone
    symbol: Icon
    href: str
    latitude: float
    longitude: float

    @property
    def on_earth(self) -> bool:
        """Whether these are coordinates that a map has."""
        return math.isfinite(self.latitude + self.longitude) and abs(self.latitude) <= 90 and abs(self.longitude) <= 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One point of the map, with every project that stands there."""

    latitude: float
    longitude: float
    spots: tuple[Spot, ...]

    @property
    def tone(self) -> Tone:
        """The worst state of its projects."""
        return min((spot.tone for spot in self.spots), key=WORST_FIRST.index)

    @property
    def radius_px(self) -> float:
        """Return the radius of the disc: it grows with the number of projects."""
        return min(RADIUS + GROWTH * (len(self.spots) - 1), LARGEST)


def pins_of(spots: Iterable[Spot]) -> tuple[Pin, ...]:
    """Return one pin for each point; projects whose coordinates no map has are left out."""

    def point(spot: Spot) -> tuple[float, float]:
        return round(spot.latitude, DIGITS), round(spot.longitude, DIGITS)

    placed = sorted((spot for spot in spots if spot.on_earth), key=point)
    return tuple(
        Pin(latitude=latitude, longitude=longitude, spots=tuple(here))
        for (latitude, longitude), here in groupby(placed, key=point)
    )


def view_of(pins: Sequence[Pin]) -> tuple[dict[str, float], float]:
    """Return centre and zoom that show every pin in a map of the smallest size we draw; no pin at all is the world."""
    if not pins:
        return dict(WORLD), 0.0
    west, east = min(pin.longitude for pin in pins), max(pin.longitude for pin in pins)
    low, high = min(_mercator(pin.latitude) for pin in pins), max(_mercator(pin.latitude) for pin in pins)
    centre = {"lat": _latitude((low + high) / 2), "lon": (west + east) / 2}
    spans = ((east - west) / 360, high - low)
    room = [size - 2 * PADDING_PX for size in NOMINAL_PX]
    zooms = [math.log2(px / (span * WORLD_PX)) for px, span in zip(room, spans, strict=True) if span > 0]
    return centre, min([*zooms, MOST_ZOOM]) if zooms else ONE_PLACE_ZOOM


def _mercator(latitude: float) -> float:
    """Return how far north a latitude lies on the map, in heights of the world (0 at the equator).

    >>> round(_mercator(66.5132), 3), round(_mercator(90.0), 3)
    (0.25, 0.5)
    """
    kept = math.radians(min(max(latitude, -FARTHEST_LATITUDE), FARTHEST_LATITUDE))
    return math.log(math.tan(math.pi / 4 + kept / 2)) / math.tau


def _latitude(north: float) -> float:
    """Return the latitude of a height on the map: the inverse of `_mercator`."""
    return math.degrees(2 * math.atan(math.exp(north * math.tau)) - math.pi / 2)
