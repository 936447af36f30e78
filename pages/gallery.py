"""The gallery: every component in every state, to look at while working on them. In development only, in English only.

It is no page of the product: the app has it when `DEV_PAGES` is set, and nothing leads to it.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from dash import Dash, dcc, html

from components.aria import aria
from components.graph import register_chart, themes_store
from components.shell import page_head
from components.site_map import register_map
from pages import gallery_charts, gallery_days, gallery_forecast, gallery_parts, gallery_ranges, gallery_records
from pages.gallery_entry import ChartExample, Entry, Example
from pages.gallery_parts import IDS

PATH = "/gallery"
PARTS = (gallery_parts, gallery_charts, gallery_ranges, gallery_days, gallery_forecast, gallery_records)


def entries() -> tuple[Entry, ...]:
    """Return every entry, in the order of the page."""
    return tuple(chain.from_iterable(part.entries() for part in PARTS))


def layout() -> html.Div:
    """Return the whole gallery."""
    every = entries()
    contents = html.Ul([html.Li(html.A(entry.title, href=f"#{_anchor(entry)}")) for entry in every])
    return html.Div(
        [
            dcc.Location(id=IDS.address, refresh=False),
            themes_store(),
            page_head("Gallery", "Every component in every state, with made-up values"),
            html.Nav(contents, className="sb-gallery-contents", **aria(label="Components")),
            *[_section(entry) for entry in every],
        ],
        className="sb-page sb-gallery",
    )


def register(app: Dash) -> None:
    """Let the browser draw the charts."""
    for entry in entries():
        for example in entry.examples:
            if isinstance(example, ChartExample):
                register_chart(app, f"gallery-{example.key}")
    register_map(app, gallery_ranges.MAP)


def _section(entry: Entry) -> html.Section:
    examples = [_example(entry, example) for example in entry.examples]
    return html.Section([html.H2(entry.title), *examples], id=_anchor(entry), **aria(label=entry.title))


def _example(entry: Entry, example: Example | ChartExample) -> Any:
    if isinstance(example, ChartExample):
        return example.draw(entry.title)
    return html.Div([html.P(example.state, className="sb-gallery-state"), example.draw()], className="sb-gallery-one")


def _anchor(entry: Entry) -> str:
    return "gallery-" + "".join(letter if letter.isalnum() else "-" for letter in entry.title.lower())
