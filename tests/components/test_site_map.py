"""The map of the projects: pins, their shapes and notes, the view, the outlines, and names that look like markup."""

from __future__ import annotations

import gzip
import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from components.badges import Tone
from components.icons import Icon
from components.map_pins import NOMINAL_PX, PADDING_PX, Spot, pins_of, view_of
from components.site_map import COLOURS, map_drawing, map_figure, offline_style, pin_links, site_map
from components.templates import recolouring
from components.tokens import DARK, LIGHT

OUTLINES = Path(__file__).parents[2] / "assets" / "map" / "outlines.json"
MELBOURNE, FONTANA, CAMBRIDGE, KONSTANZ = (-37.911, 145.13), (34.092, -117.43), (52.194, 0.13), (47.66, 9.18)
LAND = {
    "Melbourne": MELBOURNE, "Fontana": FONTANA, "Cambridge": CAMBRIDGE, "Konstanz": (47.72, 8.9),
    "Moscow": (55.7, 37.6),
    "Anadyr": (66.0, 172.0), "Chukotka east of 180": (66.0, -174.0), "Nairobi": (-1.3, 36.8), "Hokkaido": (43.3, 142.8),
}  # fmt: skip
SEA = {
    "Baltic": (58.0, 20.0), "North Sea": (56.0, 3.0), "Caspian": (41.5, 51.0), "Pacific": (0.0, -150.0),
    "Bering Sea": (58.0, 178.0), "Atlantic": (30.0, -40.0), "Hudson Bay": (60.0, -86.0), "Southern Ocean": (-70.0, 0.0),
}  # fmt: skip


def spot(name: str, where: tuple[float, float] = MELBOURNE, tone: Tone = Tone.OK, state: str = "Live") -> Spot:
    return Spot(
        project_id=name.lower(),
        name=name,
        kind="PV",
        now="Exporting 60.0 kW, 12 s ago",
        state=state,
        tone=tone,
        symbol=Icon.CHECK,
        href=f"/p/{name.lower()}/",
        latitude=where[0],
        longitude=where[1],
    )


def text_of(component: Any) -> list[str]:
    """Return every text of a component, in order."""
    if component is None or isinstance(component, str):
        return [component] if component else []
    if isinstance(component, list | tuple):
        return [text for one in component for text in text_of(one)]
    return text_of(getattr(component, "children", None))


def inside(point: tuple[float, float], polygon: list[list[list[float]]]) -> bool:
    latitude, longitude = point
    odd = False
    for ring in polygon:
        for (x0, y0), (x1, y1) in pairwise(ring):
            if (y0 > latitude) != (y1 > latitude) and longitude < x0 + (latitude - y0) * (x1 - x0) / (y1 - y0):
                odd = not odd
    return odd


@pytest.fixture(scope="module")
def land() -> list[list[list[list[float]]]]:
    features = json.loads(OUTLINES.read_text())["features"]
    return next(one["geometry"]["coordinates"] for one in features if one["properties"]["kind"] == "land")


@pytest.mark.parametrize("place", LAND)
def test_land_is_land(land: list[Any], place: str) -> None:
    assert sum(inside(LAND[place], polygon) for polygon in land) == 1


@pytest.mark.parametrize("place", SEA)
def test_the_sea_is_not_flooded_by_land(land: list[Any], place: str) -> None:
    assert not any(inside(SEA[place], polygon) for polygon in land)


def test_no_outline_runs_the_whole_way_round_the_globe(land: list[Any]) -> None:
    for polygon in land:
        for ring in polygon:
            assert ring[0] == ring[-1]
            assert max(abs(b[0] - a[0]) for a, b in pairwise(ring)) < 30


def test_the_outlines_are_small_and_only_in_their_file() -> None:
    assert len(gzip.compress(OUTLINES.read_bytes())) < 200_000
    drawing = map_drawing(pins_of([spot("Clayton")]), offline_style("/assets/map/outlines.json?m=1"))
    assert len(json.dumps(drawing)) < 10_000
    style = drawing["figure"]["layout"]["map"]["style"]
    assert style["sources"]["outlines"]["data"] == "/assets/map/outlines.json?m=1"
    assert not {"glyphs", "sprite"} & style.keys()


def test_projects_at_the_same_point_share_a_pin() -> None:
    pins = pins_of([spot("A", CAMBRIDGE), spot("B"), spot("C", (52.1943, 0.1301))])
    assert [[one.name for one in pin.spots] for pin in pins] == [["B"], ["A", "C"]]
    assert [pin.radius_px for pin in pins] == [6.0, 6.75]
    assert pins_of([spot(str(k)) for k in range(30)])[0].radius_px == 9.0


@pytest.mark.parametrize("where", [(math.nan, 0.0), (91.0, 0.0), (0.0, 181.0), (math.inf, 0.0)])
def test_coordinates_that_no_map_has_are_left_out(where: tuple[float, float]) -> None:
    assert pins_of([spot("Nowhere", where)]) == ()


def test_a_pin_is_as_bad_as_its_worst_project() -> None:
    pin = pins_of([spot("A"), spot("B", tone=Tone.WARNING), spot("C", tone=Tone.DANGER)])[0]
    assert pin.tone is Tone.DANGER


def test_shape_and_colour_tell_the_state() -> None:
    fine, stale = spot("Fine"), spot("Stale", CAMBRIDGE, Tone.WARNING)
    halo, *discs, holes = map_figure(pins_of([fine, stale]), "https://x/style.json").data
    drawn = {trace.marker.color: list(trace.lat) for trace in discs if len(trace.lat)}
    assert drawn == {COLOURS[Tone.OK]: [MELBOURNE[0]], COLOURS[Tone.WARNING]: [CAMBRIDGE[0]]}
    assert (list(holes.lat), holes.marker.color) == ([CAMBRIDGE[0]], LIGHT.surface)
    assert (len(halo.lat), halo.marker.size[0]) == (2, 2 * (6.0 + 2.0))


def test_every_colour_of_the_map_has_a_dark_one() -> None:
    dark = recolouring()
    assert (dark[LIGHT.sea], dark[LIGHT.land]) == (DARK.sea, DARK.land)
    assert [dark[colour] for colour in COLOURS.values()] == [
        DARK.danger, DARK.warning, DARK.neutral, DARK.primary, DARK.success,
    ]  # fmt: skip


def mercator_px(where: tuple[float, float], zoom: float) -> tuple[float, float]:
    """Return a point in pixels of a world of 512 px at zoom 0, as every web map has it."""
    size = 512 * 2**zoom
    angle = math.radians(where[0])
    return (where[1] + 180) / 360 * size, (1 - math.asinh(math.tan(angle)) / math.pi) / 2 * size


@pytest.mark.parametrize(
    "places",
    [(MELBOURNE, FONTANA, CAMBRIDGE, KONSTANZ), (CAMBRIDGE, KONSTANZ), ((80.0, 0.0), (-60.0, 0.0))],
)
def test_the_view_shows_every_pin_with_room_around_it(places: tuple[tuple[float, float], ...]) -> None:
    pins = pins_of([spot(f"P{k}", where) for k, where in enumerate(places)])
    centre, zoom = view_of(pins)
    middle = mercator_px((centre["lat"], centre["lon"]), zoom)
    for where in places:
        x, y = mercator_px(where, zoom)
        assert abs(x - middle[0]) <= NOMINAL_PX[0] / 2 - PADDING_PX + 0.01
        assert abs(y - middle[1]) <= NOMINAL_PX[1] / 2 - PADDING_PX + 0.01


def test_one_place_is_seen_with_its_country_and_none_with_the_world() -> None:
    assert view_of(pins_of([spot("A", KONSTANZ)]))[1] == 4.0
    assert view_of(())[1] == 0.0
    assert map_figure((), offline_style("/x")).to_dict()["layout"]["map"]["zoom"] == 0.0


def test_a_pin_is_a_link_with_a_note_of_name_type_value_age_and_state() -> None:
    (place,) = pin_links(pins_of([spot("Clayton")]))
    link, note = place.children
    assert (link.href, getattr(link, "aria-label")) == ("/p/clayton/", "Clayton: Live")
    assert getattr(link, "aria-describedby") == note.id
    assert text_of(note) == ["Clayton", "PV", "Exporting 60.0 kW, 12 s ago", "Live"]


def test_the_note_of_a_shared_pin_says_how_many_and_links_each() -> None:
    (place,) = pin_links(pins_of([spot("A"), spot("B", tone=Tone.DANGER, state="Silent")]))
    button, note = place.children
    assert getattr(button, "aria-label") == "2 projects here: A, B"
    assert text_of(note)[0] == "2 projects here"
    assert "Silent" in text_of(note)
    assert json.loads(getattr(place, "data-projects")) == ["a", "b"]


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "$\\href{javascript:alert(1)}{x}$", "<a href='//x'>"])
def test_a_name_never_reaches_the_drawing_and_stays_text_in_the_note(name: str) -> None:
    pins = pins_of([spot(name)])
    assert name not in json.dumps(map_drawing(pins, offline_style("/x")))
    assert text_of(pin_links(pins))[0] == name


def test_the_map_never_takes_the_wheel_and_uploads_nothing() -> None:
    graph = site_map("m").children[0].children[0].children[1]
    assert (graph.config["scrollZoom"], graph.config["showSendToCloud"]) == (False, False)


def test_a_browser_without_webgl_is_told_where_the_projects_are() -> None:
    assert "The list has every project." in "".join(text_of(site_map("m")))
