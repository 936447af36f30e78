"""Icons: the Bootstrap symbols in use, cut out of Bootstrap-Flask's sprite and served from our own origin.

An icon is a mask filled with the current text colour, so it follows the theme; it is always beside a word, or inside a
control that has an accessible name, and therefore hidden from screen readers. To use another symbol add its name here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from urllib.parse import quote

from dash import html

from components.aria import aria

_SYMBOL = '<symbol [^>]*viewBox="{box}" id="{name}">(.*?)</symbol>'


class Icon(StrEnum):
    """Names as in the Bootstrap sprite."""

    ACTIVITY = "activity"
    ARROW_CLOCKWISE = "arrow-clockwise"
    ARROW_COUNTERCLOCKWISE = "arrow-counterclockwise"
    ARROW_DOWN = "arrow-down"
    ARROW_REPEAT = "arrow-repeat"
    ARROW_RIGHT = "arrow-right"
    ARROW_UP = "arrow-up"
    BATTERY = "battery-charging"
    BELL = "bell"
    BINOCULARS = "binoculars"
    BROADCAST = "broadcast"
    BUILDING = "building"
    CHECK = "check-lg"
    CHECK_CIRCLE = "check-circle"
    CHECK_CIRCLE_FILL = "check-circle-fill"
    CHECK_SQUARE = "check2-square"
    CHEVRON_DOWN = "chevron-down"
    CHEVRON_EXPAND = "chevron-expand"
    CHEVRON_LEFT = "chevron-left"
    CHEVRON_RIGHT = "chevron-right"
    CIRCLE = "circle"
    CIRCLE_HALF = "circle-half"
    CLIPBOARD = "clipboard-check"
    CLOCK = "clock"
    CLOUD_SLASH = "cloud-slash"
    DASH_CIRCLE = "dash-circle"
    DATABASE = "database"
    DOTS = "three-dots"
    DOWNLOAD = "download"
    EXCLAMATION_TRIANGLE = "exclamation-triangle"
    EYE = "eye"
    EYE_SLASH = "eye-slash"
    FLOWS = "diagram-3"
    GEO = "geo-alt"
    GRAPH = "graph-up"
    GRAPH_AHEAD = "graph-up-arrow"
    HOUSE = "house"
    INFO = "info-circle"
    LIGHTNING = "lightning-charge"
    LINK = "link-45deg"
    LOCK = "lock"
    MOON = "moon"
    PAUSE = "pause-circle"
    PERSON = "person-circle"
    PLAY = "play-circle"
    PLUG = "plug"
    QUESTION = "question-circle"
    SEARCH = "search"
    SHIELD_CHECK = "shield-check"
    SIGN_OUT = "box-arrow-right"
    SPEEDOMETER = "speedometer2"
    STOP = "stop-circle"
    SUN = "sun"
    TABLE = "table"
    THERMOMETER = "thermometer-half"
    X = "x-lg"
    X_CIRCLE = "x-circle"


def icon(name: Icon, *, size: int = 16, class_name: str = "") -> html.Span:
    """Return the symbol as a square of `size` px in the text colour, hidden from screen readers."""
    classes = f"sb-icon sb-icon-{name.value} {class_name}".strip()
    style = {} if size == 16 else {"width": f"{size}px", "height": f"{size}px"}
    return html.Span(className=classes, style=style, **aria(hidden="true"))


def icons_css() -> str:
    """Return the style sheet of all icons in use; raise KeyError naming a symbol that the sprite does not have."""
    sprite = files("flask_bootstrap").joinpath("static/bootstrap5/icons/bootstrap-icons.svg").read_text("utf-8")
    return "".join(_rules(sprite))


def _rules(sprite: str) -> Iterator[str]:
    yield (
        ".sb-icon{display:inline-block;flex:none;width:16px;height:16px;background-color:currentColor;"
        "vertical-align:-.15em;-webkit-mask:var(--sb-icon) center/contain no-repeat;"
        "mask:var(--sb-icon) center/contain no-repeat}\n"
        "@media (forced-colors:active){.sb-icon{forced-color-adjust:none;background-color:CanvasText}}\n"
    )
    for name in Icon:
        yield f'.sb-icon-{name.value}{{--sb-icon:url("{_data_address(sprite, name.value)}")}}\n'


def _data_address(sprite: str, name: str) -> str:
    found = re.search(_SYMBOL.format(box="([0-9 ]+)", name=re.escape(name)), sprite)
    if found is None:
        raise KeyError(f"the sprite has no symbol {name!r}")
    box, paths = found.groups()
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{paths}</svg>'
    return f"data:image/svg+xml,{quote(drawing, safe=' =:/,')}".replace(" ", "%20")
