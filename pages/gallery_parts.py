"""The gallery's cards, bars, badges, states, buttons, tables and lists."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from typing import Any

from dash import html

from components.aria import aria
from components.badges import Tone, badge
from components.cards import Figure, card, kpi_row
from components.formula import with_formula
from components.icons import Icon, icon
from components.now_bar import now_bar, residual_badge
from components.outage import fault_banner, outage_strip
from components.plan_chart import plan_menu
from components.range_bar import RangeIds, range_bar
from components.recommendation_card import Compared, RecommendationCard, comparison_bars, recommendation_card
from components.share_bar import Part, list_bar, split_bar
from components.shell import (
    NavLink,
    Place,
    account,
    bottom_bar,
    demo_banner,
    freshness,
    not_allowed,
    not_found,
    page_head,
    side_nav,
    switcher,
    theme_button,
)
from components.states import banner as strip
from components.states import (
    dropped_words,
    empty,
    error,
    loading,
    no_permission,
    not_set_up,
    notes,
    partial_badge,
    saved_banner,
    stale_words,
    unreachable_words,
)
from components.tables import table
from dash_app.domain.errors import ApiUnreadable, RateLimited
from dash_app.domain.now import NowBalance
from dash_app.domain.project import Role
from dash_app.domain.view import Range
from pages.gallery_data import HOSTILE_NAME, HOUR, LONG_NAME, NOW, ZONE, balance, view
from pages.gallery_entry import Entry, Example

IDS = RangeIds(**{field.name: f"gallery-{field.name}" for field in fields(RangeIds)})


def entries() -> tuple[Entry, ...]:
    """Return the entries in their order on the page."""
    return (
        Entry(title="Buttons", examples=(Example(state="primary, secondary, tertiary, danger, off", draw=_buttons),)),
        Entry(title="Formula and menu", examples=_menus()),
        Entry(title="Badges", examples=(Example(state="every tone", draw=_badges),)),
        Entry(title="Status card (key figure)", examples=(Example(state="fresh, stale, missing", draw=_figures),)),
        Entry(title="Share bar", examples=_share_bars()),
        Entry(title="Now bar", examples=_now_bars()),
        Entry(title="States", examples=_states()),
        Entry(title="Range bar", examples=(*_range_bars(),)),
        Entry(title="Recommendation", examples=_recommendations()),
        Entry(title="Table", examples=(Example(state="text left, numbers right", draw=_table),)),
        Entry(title="Frame", examples=_frame()),
    )


def _buttons() -> html.Div:
    looks = ("btn-primary", "sb-secondary", "sb-tertiary", "sb-danger", "sb-secondary sb-small")
    buttons: list[Any] = [
        html.Button(look.removeprefix("btn-").replace("sb-", ""), type="button", className=f"btn {look}")
        for look in looks
    ]
    off = html.Button("primary, off", type="button", disabled=True, className="btn btn-primary")
    chips = [
        html.Button(f"chip, {state}", type="button", className="sb-chip", **aria(pressed=pressed))
        for state, pressed in (("shown", "true"), ("hidden", "false"))
    ]
    return html.Div([*buttons, off, *chips, theme_button()], className="sb-gallery-row")


def _menus() -> tuple[Example, ...]:
    formula = "Load factor = mean power / peak power."
    return (
        Example(state="formula on request", draw=lambda: html.Div(with_formula("Load factor", formula))),
        Example(
            state="menu of a plan",
            draw=lambda: html.Div(plan_menu("gallery-plan-0", "Plan"), className="sb-gallery-row"),
        ),
    )


def _badges() -> html.Div:
    return html.Div(
        [badge(tone.value, tone, icon_) for tone, icon_ in zip(Tone, _icons(), strict=False)], className="sb-badges"
    )


def _icons() -> tuple[Icon, ...]:
    return (Icon.CHECK, Icon.EXCLAMATION_TRIANGLE, Icon.EXCLAMATION_TRIANGLE, Icon.INFO, Icon.CLOCK)


def _figures() -> html.Div:
    fresh = Figure(key="x", label="Current power", text="133", unit="kW", context="Forecast said 94 kW", value=133.5)
    shown = (
        fresh,
        replace(fresh, label="Stale", context="", stale="22 min old"),
        replace(fresh, label="Missing", text="–", value=None, context="No values in this range"),
        replace(fresh, label=LONG_NAME, text="1,234,567", context=LONG_NAME),
    )
    return html.Div(kpi_row(shown), className="sb-kpis")


def _share_bars() -> tuple[Example, ...]:
    parts = [
        Part(look="pv", name="PV direct", amount=46, text="46 kWh"),
        Part(look="discharge", name="Battery", amount=21, text="21 kWh"),
        Part(look="import", name="Grid", amount=33, text="33 kWh"),
    ]
    looks = ("pv", "discharge", "charge", "import", "export", "load", "loss")
    every = [Part(look=look, name=look, amount=1, text="1 kWh") for look in looks]
    lists = [list_bar("Array 1", 1.0, "169 kWh", "43 kW"), list_bar(LONG_NAME, 0.4, "70 kWh", "no value")]
    lists.append(list_bar("Silent", None, "–", "no value"))
    return (
        Example(state="three parts", draw=lambda: split_bar(parts, "Where the energy came from")),
        Example(state="every identity", draw=lambda: split_bar(every, "Every identity")),
        Example(state="nothing", draw=lambda: split_bar([], "Nothing")),
        Example(state="as a list", draw=lambda: html.Ul(lists, className="sb-list-bars")),
    )


def _now_bars() -> tuple[Example, ...]:
    states = {
        "in = out": balance(),
        "grid calculated": balance(grid_measured=False),
        "residual": balance(load_kw=70.0),
        "no value": balance(pv_kw=None, missing=("PV",), grid_measured=True),
        "silent": balance(silent="Grid meter", oldest_stale=NOW - timedelta(minutes=22)),
    }
    return tuple(Example(state=state, draw=partial(_now, given)) for state, given in states.items())


def _now(given: NowBalance) -> html.Div:
    return html.Div([residual_badge(given), now_bar(given, simulated=True)])


def _states() -> tuple[Example, ...]:
    button = html.Button("Approve", type="button", disabled=True, className="btn btn-primary")
    retry = html.Button("Retry", type="button", className="btn sb-secondary sb-small")
    return (
        Example(state="loading", draw=lambda: loading(80, "Loading 48 h of measurements")),
        Example(state="empty", draw=lambda: empty("No values between 8 and 9 Jun.", href="#", link="Go there")),
        Example(state="not set up", draw=lambda: not_set_up("No battery in this project.")),
        Example(state="partial", draw=lambda: partial_badge("92 %", 3)),
        Example(state="stale", draw=lambda: badge(stale_words("Grid meter", NOW - HOUR, NOW), Tone.WARNING)),
        Example(state="our error", draw=lambda: error("7f3a", retry=retry)),
        Example(state="saved data", draw=lambda: saved_banner(NOW - 2 * HOUR, NOW, ZONE)),
        Example(state="unreachable", draw=lambda: strip(unreachable_words(6), Tone.WARNING, Icon.CLOUD_SLASH)),
        Example(state="unreadable", draw=lambda: html.Div(fault_banner(ApiUnreadable("not JSON")))),
        Example(state="asked to wait", draw=lambda: html.Div(fault_banner(RateLimited("busy", retry_after_s=40)))),
        Example(state="counting down (appears when the server is gone)", draw=lambda: outage_strip("gallery")),
        Example(state="left out", draw=lambda: notes([dropped_words(12)])),
        Example(state="no permission", draw=lambda: no_permission(button, "Only managers can approve.", "gallery-no")),
        Example(state="demo", draw=lambda: html.Div(demo_banner(), className="sb-strip")),
        Example(state="not found", draw=lambda: not_found("There is no such page.")),
        Example(state="not allowed", draw=lambda: not_allowed("Analysts can open it.")),
    )


def _range_bars() -> tuple[Example, ...]:
    return (Example(state="48 hours", draw=lambda: range_bar(view(Range.TWO_DAYS), "/gallery", IDS)),)


def _recommendations() -> tuple[Example, ...]:
    ways = [
        Compared(name="Do nothing", amount=84.1, text="EUR 84.10"),
        Compared(name="Rules running now", amount=71.5, text="EUR 71.50"),
        Compared(name="This plan", amount=61.2, text="EUR 61.20", ours=True),
    ]
    earning = [Compared(name="Do nothing", amount=12.0, text="EUR 12.00")]
    earning.append(Compared(name="This plan", amount=-4.0, text="EUR −4.00", ours=True))
    return (
        Example(state="open", draw=lambda: recommendation_card(_card(selected=True), IDS.address)),
        Example(state="closed", draw=lambda: recommendation_card(_card(selected=False), IDS.address)),
        Example(state="comparison", draw=lambda: comparison_bars(ways)),
        Example(state="comparison, earning", draw=lambda: comparison_bars(earning)),
    )


def _card(*, selected: bool) -> RecommendationCard:
    return RecommendationCard(
        label="R-118",
        badge=badge("Expires in 12 min", Tone.WARNING, Icon.CLOCK),
        title="Charge 02:00 to 05:00, up to 40 kW",
        gain="EUR 12.40",
        gain_note="saved",
        badges=[badge("0.6 cycles"), badge("Within limits", Tone.OK)],
        href="#",
        why="One kWh stored costs EUR 0.08 on average.",
        differs="Differs from what runs now in 6 of 96 steps.",
        actions=[html.Button("Reject", type="button", className="btn sb-secondary")],
        selected=selected,
    )


def _table() -> html.Section:
    rows = [["PV", "98.4", "0.0"], [LONG_NAME, "1,234,567.8", "−12.5"], [HOSTILE_NAME, "–", "–"]]
    body = table("Powers", ["Measurand", "Now, kW", "Before, kW"], rows, numbers=frozenset({1, 2}))
    scrolled = html.Div(body, className="sb-scroll", tabIndex=0, role="region", **aria(label="Powers, three rows"))
    return card("Powers", scrolled, meta="kW", caption="Three rows.")


def _frame() -> tuple[Example, ...]:
    links = [
        NavLink(label="Overview", href="/gallery#here", symbol=Icon.HOUSE, group=LONG_NAME, current=True, phone="Home"),
        NavLink(label="Recommendations", href="#", symbol=Icon.CHECK_SQUARE, group="Decide", badge=3, phone="Actions"),
        NavLink(label="Live", href="#", symbol=Icon.BROADCAST, group="Act", reason="No battery in this project"),
        NavLink(label="Status", href="#", symbol=Icon.ACTIVITY, bottom=True),
    ]
    place = Place(name=LONG_NAME, about="PV with battery · CEST", others=(("#", "Another project"),))
    tones = ("success", "warning", "danger", "muted")
    live = [html.Div(freshness(f"{tone}, 12 s ago", tone), className="sb-freshness") for tone in tones]
    return (
        Example(state="side navigation", draw=lambda: html.Div(side_nav(links), className="sb-gallery-nav")),
        Example(state="bottom bar", draw=lambda: html.Div(bottom_bar(links), className="sb-gallery-row")),
        Example(
            state="project switcher, long name", draw=lambda: html.Div(switcher(place), className="sb-gallery-header")
        ),
        Example(state="account", draw=lambda: account("Anna Keller", "anna@example.org", frozenset({Role.MANAGER}))),
        Example(state="freshness", draw=lambda: html.Div(live, className="sb-gallery-row")),
        Example(state="page head", draw=lambda: page_head("Title", "27–28 Sep 2020")),
        Example(state="icons", draw=lambda: html.Div([icon(one) for one in Icon], className="sb-gallery-row")),
    )
