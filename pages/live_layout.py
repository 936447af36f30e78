"""The frame of the live page: everything of its final size, without data; the words come with the first look."""

from __future__ import annotations

from enum import StrEnum

import dash_bootstrap_components as dbc
from dash import dcc, html

from components.aria import aria
from components.cards import chart_card
from components.graph import themes_store
from components.icons import Icon, icon
from components.shell import page_head
from components.states import loading
from components.words import _

TICK_S, CHART_TICK_S = 5, 15
CHART = "live-setpoint"
HEIGHT, PHONE_HEIGHT = 300, 220


class Id(StrEnum):
    """Ids of the page; those of the chart are made by components.cards and components.graph."""

    ADDRESS = "live-address"
    TICK = "live-tick"
    CHART_TICK = "live-chart-tick"
    HEAD = "live-head"
    OUTCOME = "live-outcome"
    BANNERS = "live-banners"
    CONTENT = "live-content"
    NOTHING = "live-nothing"
    NOW = "live-now"
    CONTROL = "live-control"
    CONTROL_BADGE = "live-control-badge"
    STOP = "live-stop"
    REASON = "live-stop-reason"
    CHAIN = "live-chain"
    LIMITS = "live-limits"
    DIALOG = "live-dialog"
    DIALOG_TITLE = "live-dialog-title"
    CONFIRM = "live-stop-confirm"
    CANCEL = "live-stop-cancel"


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return html.Div(
        [
            dcc.Location(id=Id.ADDRESS, refresh=False),
            dcc.Interval(id=Id.TICK, interval=TICK_S * 1000),
            dcc.Interval(id=Id.CHART_TICK, interval=CHART_TICK_S * 1000),
            themes_store(),
            html.Div(page_head(_("Live"), " "), id=Id.HEAD),
            html.Div(id=Id.OUTCOME, **aria(live="assertive")),
            html.Div(id=Id.BANNERS),
            html.Div(id=Id.NOTHING),
            html.Div(_slots(), id=Id.CONTENT, className="sb-live"),
            _dialog(),
        ],
        className="sb-page",
    )


def _slots() -> list[html.Div]:
    words = _("Loading what happens now")
    chart = chart_card(CHART, _("Set-point and measured"), height=HEIGHT, phone_height=PHONE_HEIGHT)
    return [
        html.Div(loading(172, words), id=Id.NOW, className="sb-slot sb-slot-now"),
        html.Div(_control_card(), className="sb-slot sb-slot-control"),
        html.Div(loading(420, words), id=Id.CHAIN, className="sb-slot sb-slot-wide"),
        html.Div(chart, className="sb-slot sb-slot-chart"),
        html.Div(loading(384, words), id=Id.LIMITS, className="sb-slot sb-slot-limits"),
    ]


def _control_card() -> html.Section:
    """Return the card whose button stays in place while the words around it change."""
    title = _("In control")
    head = html.Div(
        [html.H2(title, className="sb-card-title"), html.Div(id=Id.CONTROL_BADGE, className="sb-card-actions")],
        className="sb-card-head",
    )
    button = html.Button(
        [icon(Icon.STOP), _("Stop and return to safe rules")],
        id=Id.STOP,
        type="button",
        disabled=True,
        className="btn sb-danger",
        **aria(describedby=Id.REASON),
    )
    reason = html.Span(id=Id.REASON, className="sb-reason")
    body = [
        html.Div(id=Id.CONTROL, className="sb-control-words"),
        html.Div([button, reason], className="sb-control-stop"),
    ]
    return html.Section([head, *body], className="sb-card sb-control", **aria(label=title))


def _dialog() -> dbc.Modal:
    keep = html.Button(_("Keep running"), id=Id.CANCEL, type="button", className="btn sb-secondary")
    confirm = html.Button(
        [icon(Icon.STOP), _("Stop now")], id=Id.CONFIRM, type="button", className="btn sb-danger-filled"
    )
    words = [
        _("The battery is released at once and follows its own safe rules."),
        _("The plan in force ends and cannot be resumed; a new plan can be approved at any time."),
    ]
    return dbc.Modal(
        [
            html.H2(_("Stop and return to safe rules?"), id=Id.DIALOG_TITLE, className="sb-emphasis"),
            *[html.P(sentence) for sentence in words],
            html.Div([keep, confirm], className="sb-dialog-actions"),
        ],
        id=Id.DIALOG,
        is_open=False,
        centered=True,
        fade=False,
        labelledby=Id.DIALOG_TITLE,
        content_class_name="sb-dialog",
    )
