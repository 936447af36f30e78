"""Cards: the frame that everything on a page stands in, the key figures, and the frame of a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from components.aria import aria, data
from components.badges import badge
from components.formula import with_formula
from components.graph import graph
from components.icons import Icon, icon
from components.words import _

Children = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One key figure: `text` and `unit` as shown, `value` in full precision for tests and scripts.

    `formula` says on request how it is computed.
    """

    key: str
    label: str
    text: str
    unit: str
    context: str
    value: float | None
    stale: str = ""
    formula: str = ""


def kpi_card(figure: Figure) -> html.Div:
    """Return the card of one key figure; a stale value is muted and says its age."""
    context: Children = figure.context
    if figure.stale:
        context = badge(figure.stale, symbol=Icon.CLOCK)
    value = "" if figure.value is None else repr(figure.value)
    return html.Div(
        [
            html.Div(with_formula(figure.label, figure.formula), className="sb-kpi-label"),
            html.Div(
                [html.Span(figure.text, className="sb-kpi-number"), html.Span(figure.unit, className="sb-kpi-unit")],
                className="sb-kpi-value",
            ),
            html.Div(context, className="sb-kpi-context"),
        ],
        className="sb-card sb-kpi sb-stale" if figure.stale else "sb-card sb-kpi",
        **data(kpi=figure.key, value=value),
    )


def kpi_row(figures: Sequence[Figure]) -> list[html.Div]:
    """Return the cards of a row of key figures."""
    return [kpi_card(figure) for figure in figures]


def card_head(title: str, meta: Children = "", actions: Children = None) -> html.Div:
    """Return a card's first line: title, what and unit below it, actions or a badge at the right."""
    words = [html.H2(title, className="sb-card-title"), html.Div(meta, className="sb-card-meta")]
    return html.Div(
        [html.Div(words if meta else words[:1]), html.Div(actions, className="sb-card-actions")],
        className="sb-card-head",
    )


def card(
    title: str,
    body: Children,
    *,
    meta: Children = "",
    actions: Children = None,
    caption: Children = "",
    class_name: str = "",
) -> html.Section:
    """Return a card with a title."""
    parts: list[Children] = [card_head(title, meta, actions), html.Div(body, className="sb-card-body")]
    if caption:
        parts.append(html.P(caption, className="sb-card-caption"))
    return html.Section(parts, className=f"sb-card {class_name}".strip(), **aria(label=title))


def chart_card(
    name: str, title: str, *, height: int, phone_height: int, link: str = "", export: str = ""
) -> html.Section:
    """Return the frame of a chart, of its final size; `chart_parts` names what a callback fills in.

    The legend is hidden at first; one button shows and hides it, each of its entries is a toggle button.
    `export` (page/chart) says where the server has the chart as files, see `chart_menu`.
    """
    parts = chart_parts(name)
    head = html.Div(
        [
            html.Div(
                [
                    html.H2(title, className="sb-card-title"),
                    html.Div(className="sb-card-meta", id=parts["meta"]),
                ]
            ),
            html.Div(
                [menu_news(name), legend_button(parts["legend"]), chart_menu(name, title, export)],
                className="sb-card-actions",
            ),
        ],
        className="sb-card-head",
    )
    legend = html.Div(
        id=parts["legend"], className="sb-legend", hidden=True, role="group", **aria(label=_("Legend: %(t)s", t=title))
    )
    table = html.Div(className="sb-chart-table", hidden=True, tabIndex=0, **data(chart_table=name))
    caption = html.P(id=parts["caption"], className="sb-card-caption")
    body = graph(name, title, height, phone_height, link=link)
    return html.Section([head, legend, body, table, caption], className="sb-card", **aria(label=title))


def chart_parts(name: str) -> dict[str, str]:
    """Return the ids of a chart card's parts that callbacks fill."""
    return {part: f"{name}-{part}" for part in ("meta", "legend", "caption")}


def legend_button(legend_id: str) -> html.Button:
    """Return the button that shows and hides a legend; its words flip."""
    return html.Button(
        _("Show legend"),
        type="button",
        className="btn sb-tertiary sb-small sb-legend-button",
        **aria(expanded="false", controls=legend_id),
        **data(legend=legend_id, show=_("Show legend"), hide=_("Hide legend")),
    )


def chart_menu(name: str, title: str, export: str = "") -> html.Details:
    """Return the menu of a chart: as a table, as a file, as a picture, or its address.

    With `export` the files come from the server, at full resolution; without it the CSV holds what is drawn.
    """
    entries = (
        ("table", _("Show as table"), Icon.TABLE),
        ("csv", _("Download CSV"), Icon.DOWNLOAD),
        *((("xlsx", _("Download XLSX"), Icon.DOWNLOAD),) if export else ()),
        ("png", _("Download PNG"), Icon.DOWNLOAD),
        ("svg", _("Download SVG"), Icon.DOWNLOAD),
        ("reset", _("Reset zoom"), Icon.ARROW_COUNTERCLOCKWISE),
        ("link", _("Copy link"), Icon.LINK),
    )
    buttons = [
        html.Button(
            [icon(symbol), words],
            type="button",
            className="sb-menu-item",
            **data(chart_action=action, chart=name, time=_("Time"), **({"export": export} if export else {})),
        )
        for action, words, symbol in entries
    ]
    toggle = html.Button(
        _("Show legend"),
        type="button",
        className="sb-menu-item sb-only-phone",
        **data(legend=chart_parts(name)["legend"], show=_("Show legend"), hide=_("Hide legend")),
    )
    summary = html.Summary(icon(Icon.DOTS), className="sb-menu-button", **aria(label=_("Menu: %(t)s", t=title)))
    sheet = html.Div([toggle, *buttons], className="sb-menu-sheet sb-menu-right")
    return html.Details([summary, sheet], className="sb-menu")


def menu_news(name: str) -> html.Span:
    """Return where a chart's menu says what became of a file or a link; the words travel with it."""
    words = {
        "busy": _("Making the file…"),
        "failed": _("The file could not be made."),
        "copied": _("Link copied."),
        "not_copied": _("The link could not be copied."),
    }
    return html.Span(className="sb-menu-news", role="status", **data(menu_news=name, **words))
