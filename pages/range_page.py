"""A page over a range, from a declaration of its parts: head with range bar, cards that fill themselves, outages told.

A page names its parts in their order and how each is drawn from what was loaded; a part that fails is a box with a
reference, the others live on. `pages.range_register` adds the callbacks.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import structlog
from dash import dcc, html, no_update

from components.cards import chart_card
from components.graph import themes_store
from components.numbers import period_words, step_words, zone_words
from components.outage import fault_banner, outage_state, outage_strip
from components.range_bar import RangeIds, range_bar
from components.range_words import fallback_words, recent_names
from components.shell import page_head
from components.states import dropped_words, error, loading, notes, saved_banner
from components.words import _
from dash_app.domain.export import ExportTable
from dash_app.domain.ports import Session
from dash_app.domain.view import View
from dash_app.workflows.measured import Measured, Place

TICK_S, FIRST_TICK_S = 60, 3
"""A page opens with what is cached while the rest is fetched behind it: the first refresh comes soon."""
log = structlog.get_logger()
Loaded = TypeVar("Loaded", bound=Measured)
Found = TypeVar("Found", bound=Measured, covariant=True)


class Load(Protocol[Found]):
    """Gathers what the parts of a page are drawn from; `opening` while nothing is shown yet."""

    def __call__(self, session: Session, place: Place, view: View, *, opening: bool) -> Found:
        """Return it for one view."""


class Width(StrEnum):
    """How much of the page's width a part takes; the values are CSS classes. KPIS is a row of key figures."""

    WIDE = "sb-slot sb-slot-wide"
    HALF = "sb-slot sb-slot-half"
    TWO_THIRDS = "sb-slot sb-slot-now"
    THIRD = "sb-slot sb-slot-action"
    KPIS = "sb-kpis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot(Generic[Loaded]):
    """A place for cards; `draw` returns what stands there, None hides it. Without `draw` somebody else fills it.

    `height` is that of the skeleton in px, 0 where mostly nothing stands; `count` is how many blocks it has (the number
    of key figures).
    """

    key: str
    draw: Callable[[Loaded], Any] | None
    width: Width = Width.WIDE
    height: int = 220
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSlot(Generic[Loaded]):
    """A chart's card; `draw` returns its parts by name (`drawn`, `meta`, `legend`, `caption`), None hides it.

    `title` is a message id; charts with the same `link` share hover and zoom. `table` returns the same at full
    resolution, for the files of the chart's menu; without it they hold what is drawn (`pages.range_export`).
    """

    key: str
    title: str
    draw: Callable[[Loaded], dict[str, Any] | None]
    height: int
    phone_height: int
    width: Width = Width.WIDE
    link: str = ""
    table: Callable[[Loaded], ExportTable | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangePage(Generic[Loaded]):
    """A page: its `key` begins all of its ids, `title` is a message id, `parts` stand in their order.

    `banners` adds strips above the cards, such as what was left out.
    """

    key: str
    title: str
    parts: tuple[Slot[Loaded] | ChartSlot[Loaded], ...]
    banners: Callable[[Loaded], list[Any]] = lambda _loaded: []

    def id(self, name: str) -> str:
        """Return the id of one of the page's own components."""
        return f"{self.key}-{name}"

    @property
    def charts(self) -> tuple[ChartSlot[Loaded], ...]:
        """The parts that are charts."""
        return tuple(part for part in self.parts if isinstance(part, ChartSlot))

    @property
    def slots(self) -> tuple[Slot[Loaded], ...]:
        """The parts that this page fills with cards."""
        return tuple(part for part in self.parts if isinstance(part, Slot) and part.draw)

    @property
    def filled_parts(self) -> tuple[Slot[Loaded] | ChartSlot[Loaded], ...]:
        """The parts that this page fills."""
        return (*self.charts, *self.slots)

    @property
    def range_ids(self) -> RangeIds:
        """The ids of the range bar's controls."""
        return RangeIds.of(self.key)


def page_layout(page: RangePage[Any], *more: Any) -> html.Div:
    """Return the page at its final size, without data; `more` are components that do not show."""
    return html.Div(
        [
            dcc.Location(id=page.id("address"), refresh=False),
            dcc.Interval(id=page.id("tick"), interval=TICK_S * 1000),
            dcc.Store(id=page.id("filled")),
            *(dcc.Store(id=name) for name in (page.range_ids.drawn, page.id("zoom"), page.id("refined"))),
            *more,
            themes_store(),
            html.Div(loading(52, _("Loading the page")), id=page.id("head"), className="sb-range-head"),
            html.Div(id=page.id("banner")),
            outage_strip(page.key),
            html.Div([_frame(page, part) for part in page.parts], id=page.id("content"), className="sb-grid"),
        ],
        className="sb-page",
    )


def head_view(page: RangePage[Any], place: Place, view: View, pathname: str) -> html.Div:
    """Return the page's head: title, period, resolution, zone; the range bar; notes on what fell back."""
    line = _(
        "%(period)s, %(step)s values, %(zone)s",
        period=recent_names()[view.range] if view.rolling else period_words(view.first, view.last),
        step=step_words(view.step),
        zone=zone_words(view.now, view.zone),
    )
    fallbacks = notes([fallback_words(fallback) for fallback in view.fallbacks])
    return html.Div([page_head(_(page.title), line, range_bar(view, pathname, page.range_ids)), fallbacks])


def filled_view(page: RangePage[Loaded], loaded: Loaded, *, opening: bool) -> dict[str, Any]:
    """Return what fills the page, by the names of `the outputs in pages.range_register`."""
    window, view = loaded.window, loaded.view
    saved = [saved_banner(window.fetched_at, view.now, loaded.place.zone)] if window.saved else []
    dropped = [dropped_words(window.dropped)] if window.dropped else []
    charts = {chart.key: _chart_safely(chart, loaded) for chart in page.charts}
    slots = {slot.key: drawn_safely(slot.draw, loaded) for slot in page.slots if slot.draw}
    return {
        "charts": {key: part or _blank_chart() for key, part in charts.items()},
        "slots": slots,
        "hidden": {key: part is None for key, part in (charts | slots).items()},
        "banner": [*saved, notes(dropped), *page.banners(loaded)],
        "content_hidden": False,
        "outage": outage_state(None),
        "pace": 1000 * (FIRST_TICK_S if opening else TICK_S),
        "filled": True,
    }


def outage_view(page: RangePage[Any], fault: Exception, *, filled: bool) -> dict[str, Any]:
    """Return what is shown when nothing could be loaded: old content stays, a first drawing is put aside."""
    return {
        "charts": {chart.key: _blank_chart() for chart in page.charts},
        "slots": dict.fromkeys((slot.key for slot in page.slots), no_update),
        "hidden": dict.fromkeys((part.key for part in page.filled_parts), no_update),
        "banner": fault_banner(fault),
        "content_hidden": not filled,
        "outage": outage_state(fault),
        "pace": no_update,
        "filled": no_update,
    }


def drawn_safely(draw: Callable[..., Any], *given: Any) -> Any:
    """Return what `draw` draws; when that is our fault, a box with a reference, so that the other cards live on."""
    try:
        return draw(*given)
    except Exception as fault:  # the boundary of a card: logged in full, shown with its reference
        reference = secrets.token_hex(2)
        log.exception("card not drawn", ref=reference, exc_info=fault)
        return error(reference)


def _chart_safely(chart: ChartSlot[Loaded], loaded: Loaded) -> dict[str, Any] | None:
    parts = drawn_safely(chart.draw, loaded)
    return parts if parts is None or isinstance(parts, dict) else _blank_chart() | {"caption": parts}


def _blank_chart() -> dict[str, Any]:
    return dict.fromkeys(("drawn", "meta", "legend", "caption"), no_update)


def _frame(page: RangePage[Any], part: Slot[Any] | ChartSlot[Any]) -> html.Div:
    if isinstance(part, ChartSlot):
        chart = chart_card(
            page.id(part.key),
            _(part.title),
            height=part.height,
            phone_height=part.phone_height,
            link=part.link,
            export=f"{page.key}/{part.key}",
        )
        return html.Div(chart, id=page.id(f"{part.key}-frame"), className=part.width)
    if not part.height:
        return html.Div(id=page.id(part.key), className=part.width, hidden=True)
    blocks: Iterable[Any] = [loading(part.height, _("Loading measurements")) for _place in range(part.count)]
    if part.width is Width.KPIS:
        blocks = [html.Div(block, className="sb-card-slot") for block in blocks]
    return html.Div(list(blocks), id=page.id(part.key), className=part.width)
