"""The frame around every page: side navigation, header, banner, the phone's bottom bar, and the "not found" state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dash import html

from components.aria import aria, data
from components.icons import Icon, icon
from components.role_words import role_words
from components.words import _
from dash_app.domain.project import Role

BRAND = "Energy DashBoard"


@dataclass(frozen=True, slots=True, kw_only=True)
class NavLink:
    """One entry: a real link, or the reason why there is none here. `badge` counts what waits for this person;
    `phone` is the shorter label of the phone's bar, empty where the entry stands behind More."""

    label: str
    href: str
    symbol: Icon
    group: str = ""
    current: bool = False
    badge: int = 0
    reason: str = ""
    phone: str = ""
    bottom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the project switcher shows: name, kind and zone; empty outside of a project."""

    name: str = ""
    about: str = ""
    others: tuple[tuple[str, str], ...] = ()


def side_nav(links: Sequence[NavLink]) -> list[Any]:
    """Return the brand and the grouped entries; those of the bottom stand apart."""
    upper = [link for link in links if not link.bottom]
    groups = [_group(name, list(entries)) for name, entries in groupby(upper, key=lambda link: link.group)]
    lower = html.Ul([_entry(link) for link in links if link.bottom], className="sb-nav-list sb-nav-bottom")
    return [brand(), *groups, lower]


def brand() -> html.A:
    """Return the mark and the name, a link to the project selection."""
    return html.A(
        [html.Span(className="sb-mark", **aria(hidden="true")), BRAND], href="/projects", className="sb-brand"
    )


def bottom_bar(links: Sequence[NavLink]) -> list[Any]:
    """Return the phone's bar: what is needed on the way, and everything else behind More."""
    bar = [_tab(link) for link in links if link.phone]
    rest = html.Ul([_entry(link) for link in links if not link.phone], className="sb-nav-list")
    summary = html.Summary([icon(Icon.DOTS, size=20), html.Span(_("More"))], className="sb-tab")
    if all(link.phone for link in links):
        return bar
    more = html.Details([summary, html.Div(rest, className="sb-menu-sheet")], className="sb-menu sb-more")
    return [*bar, more]


def switcher(place: Place) -> Any:
    """Return the header's left: the project with a menu of the others, or the name of the app on phones."""
    if not place.name:
        return html.Div(brand(), className="sb-only-phone")
    words = [
        icon(Icon.BUILDING, class_name="sb-only-wide"),
        html.Span(place.name, className="sb-switch-name"),
        html.Span(place.about, className="sb-switch-about sb-only-wide"),
        icon(Icon.CHEVRON_EXPAND, size=12),
    ]
    others = [html.Li(html.A(name, href=href)) for href, name in place.others]
    every = html.Li(html.A([icon(Icon.GEO), _("All projects")], href="/projects"), className="sb-menu-apart")
    sheet = html.Div(html.Ul([*others, every]), className="sb-menu-sheet")
    label = _("Change the project, now %(name)s", name=place.name)
    return html.Details([html.Summary(words, **aria(label=label)), sheet], className="sb-menu sb-switch")


def freshness(words: str, tone: str) -> list[Any]:
    """Return the dot and its words; the words alone tell the state as well."""
    return [html.Span(className=f"sb-dot sb-dot-{tone}", **aria(hidden="true")), html.Span(words)] if words else []


def theme_button() -> html.Button:
    """Return the button that switches between light and dark."""
    symbols = [icon(Icon.MOON, class_name="sb-when-light"), icon(Icon.SUN, class_name="sb-when-dark")]
    label = aria(label=_("Switch between light and dark"))
    return html.Button(symbols, type="button", className="sb-icon-button", **label, **data(theme_toggle="1"))


def account(name: str, email: str, roles: frozenset[Role]) -> html.Details:
    """Return the initials with the person's menu: who, which roles, the account page, sign out."""
    facts = [html.Strong(name), html.Span(email), html.Span(role_words(roles))]
    more = html.A([icon(Icon.PERSON), _("Account and language")], href="/account", className="sb-menu-item")
    sign_out = html.Form(
        html.Button([icon(Icon.SIGN_OUT), _("Sign out")], type="submit", className="sb-menu-item"),
        action="/logout",
        method="POST",
    )
    summary = html.Summary(initials(name), className="sb-initials", **aria(label=_("Account of %(name)s", name=name)))
    sheet = html.Div(
        [html.Div(facts, className="sb-menu-facts"), more, sign_out], className="sb-menu-sheet sb-menu-right"
    )
    return html.Details([summary, sheet], className="sb-menu")


def initials(name: str) -> str:
    """Return up to two letters for a person.

    >>> initials("Anna Maria Keller"), initials("ada"), initials("")
    ('AK', 'A', '?')
    """
    words = [word for word in name.split() if word]
    letters = [words[0][0], *([words[-1][0]] if len(words) > 1 else [])] if words else ["?"]
    return "".join(letters).upper()


def demo_banner() -> list[Any]:
    """Say that nothing here is a real plant."""
    words = _("Demo: measured data replayed; the plant is simulated.")
    return [icon(Icon.INFO, size=14), html.Span(words)]


def page_head(title: str, about: Any = "", right: Any = None) -> html.Div:
    """Return a page's title with the line under it, and what stands at the right of it."""
    left = html.Div([html.H1(title, className="sb-title"), html.P(about, className="sb-title-about")])
    return html.Div([left, html.Div(right, className="sb-head-right")], className="sb-head")


def not_found(what: str) -> html.Div:
    """Return the state of an address that leads nowhere, or to somebody else's project: nobody can tell which."""
    way_out = html.A(_("Choose a project"), href="/projects", className="btn btn-primary")
    return html.Div([html.H1(_("Not found"), className="sb-title"), html.P(what), way_out], className="sb-nowhere")


def not_allowed(what: str) -> html.Div:
    """Return the state of a page that the person's roles do not open."""
    way_out = html.A(_("Choose a project"), href="/projects", className="btn btn-primary")
    return html.Div(
        [html.H1(_("Not open to your role"), className="sb-title"), html.P(what), way_out], className="sb-nowhere"
    )


def _group(name: str, links: Sequence[NavLink]) -> html.Div:
    entries = html.Ul([_entry(link) for link in links], className="sb-nav-list")
    return html.Div([html.P(name, className="sb-nav-group"), entries] if name else [entries])


def _entry(link: NavLink) -> html.Li:
    words = [icon(link.symbol), html.Span(link.label, className="sb-nav-words"), *_badge(link)]
    if link.reason:
        reason = html.Span(link.reason, className="sb-nav-reason")
        return html.Li(
            html.Span([*words, reason], className="sb-nav-item sb-nav-off", role="link", **aria(disabled="true"))
        )
    current = aria(current="page") if link.current else {}
    return html.Li(html.A(words, href=link.href, className="sb-nav-item", **current))


def _tab(link: NavLink) -> Any:
    words = [html.Span([icon(link.symbol, size=20), *_badge(link)], className="sb-tab-icon"), html.Span(link.phone)]
    if link.reason:
        return html.Span(words, className="sb-tab sb-nav-off", title=link.reason, role="link", **aria(disabled="true"))
    current = aria(current="page") if link.current else {}
    return html.A(words, href=link.href, className="sb-tab", **current)


def _badge(link: NavLink) -> list[Any]:
    if not link.badge:
        return []
    told = html.Span(_("waiting for you"), className="visually-hidden")
    return [html.Span([str(link.badge), " ", told], className="sb-count")]
