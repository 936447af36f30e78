"""The recommendations page without data: every part of it at its place, with its id."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from components.aria import aria
from components.graph import graph, themes_store
from components.icons import Icon, icon
from components.outage import outage_strip
from components.plan_chart import HEIGHT, PHONE_HEIGHT, legend_chips, plan_menu
from components.shell import page_head
from components.states import loading
from components.words import _
from dash_app.domain.schedule import Objective

TICK_S = 15
CHART = "recommendations-plan"
OUTAGE = "recommendations"


class Id(StrEnum):
    """Ids of the page; those of the chart are made by components.graph, the open card's buttons are in Ask."""

    ADDRESS = "recommendations-address"
    TICK = "recommendations-tick"
    JOB_TICK = "recommendations-job-tick"
    SEEN = "recommendations-seen"
    ABOUT = "recommendations-about"
    GOAL = "recommendations-goal"
    RECOMPUTE = "recommendations-recompute"
    RECOMPUTE_REASON = "recommendations-recompute-reason"
    CLICKED = "recommendations-clicked"
    MADE = "recommendations-made"
    DONE = "recommendations-done"
    CANCEL = "recommendations-cancel"
    CANCELLED = "recommendations-cancelled"
    JOB = "recommendations-job"
    JOB_WORDS = "recommendations-job-words"
    JOB_BAR = "recommendations-job-bar"
    ENDED = "recommendations-ended"
    OUTCOME = "recommendations-outcome"
    STRIPS = "recommendations-strips"
    NOTHING = "recommendations-nothing"
    CONTENT = "recommendations-content"
    COMPARE = "recommendations-compare"
    CARDS = "recommendations-cards"
    TABS = "recommendations-tabs"
    CHART_FRAME = "recommendations-chart-frame"
    CAPTION = "recommendations-caption"
    REASONS = "recommendations-reasons"
    TAB_BODY = "recommendations-tab-body"
    DIALOG = "recommendations-dialog"
    QUESTION = "recommendations-question"
    SUBJECT = "recommendations-subject"
    ASKING = "recommendations-asking"
    ASKED = "recommendations-asked"
    REASON_FRAME = "recommendations-reason-frame"
    REASON_LABEL = "recommendations-reason-label"
    REASON = "recommendations-reason-text"
    REFUSAL = "recommendations-refusal"
    BACK = "recommendations-back"
    DO_APPROVE = "recommendations-do-approve"
    DO_REJECT = "recommendations-do-reject"
    DO_WITHDRAW = "recommendations-do-withdraw"
    DO_STOP = "recommendations-do-stop"
    APPROVED = "recommendations-approved"
    REJECTED = "recommendations-rejected"
    WITHDRAWN = "recommendations-withdrawn"
    STOPPED = "recommendations-stopped"


STORES = (Id.SEEN, Id.CLICKED, Id.MADE, Id.DONE, Id.CANCELLED, Id.ASKING, Id.ASKED, Id.APPROVED, Id.REJECTED,
          Id.WITHDRAWN, Id.STOPPED)  # fmt: skip


def page_layout() -> html.Div:
    """Return the page at its final size, without data."""
    return html.Div(
        [
            dcc.Location(id=Id.ADDRESS, refresh=False),
            dcc.Interval(id=Id.TICK, interval=TICK_S * 1000),
            dcc.Interval(id=Id.JOB_TICK, interval=1000, disabled=True),
            *(dcc.Store(id=name) for name in STORES),
            themes_store(),
            page_head(_("Recommendations"), html.Span(id=Id.ABOUT), _controls()),
            _job_strip(),
            html.Div(id=Id.ENDED, **aria(live="polite")),
            html.Div(id=Id.OUTCOME, **aria(live="polite")),
            html.Div(id=Id.STRIPS),
            outage_strip(OUTAGE),
            html.Div(id=Id.NOTHING),
            html.Div(_content(), id=Id.CONTENT, className="sb-decide"),
            _dialog(),
        ],
        className="sb-page",
    )


def _controls() -> html.Div:
    options = [{"label": _("Lowest cost"), "value": Objective.COST.value}]
    goal = dbc.Select(id=Id.GOAL, options=options, value=Objective.COST.value, class_name="sb-select")
    button = html.Button(
        [icon(Icon.ARROW_REPEAT), _("Recompute")],
        id=Id.RECOMPUTE,
        type="button",
        className="btn sb-secondary",
        disabled=True,
        **aria(describedby=Id.RECOMPUTE_REASON),
    )
    return html.Div(
        [
            html.Label([html.Span(_("Goal")), goal], className="sb-goal"),
            button,
            html.Span(id=Id.RECOMPUTE_REASON, className="sb-reason"),
        ],
        className="sb-range",
    )


def _job_strip() -> html.Div:
    bar = html.Progress(id=Id.JOB_BAR, max="100", value="0", className="sb-progress", **aria(label=_("Progress")))
    cancel = html.Button(_("Cancel"), id=Id.CANCEL, type="button", className="btn sb-secondary sb-small", disabled=True)
    words = html.Span(id=Id.JOB_WORDS, className="sb-job-words", role="status")
    return html.Div([words, bar, cancel], id=Id.JOB, className="sb-strip sb-job", hidden=True)


def _content() -> list[Any]:
    words = _("Loading the recommendations")
    title = _("Plan: power, state of charge, price")
    legend = html.Div(
        legend_chips(), id=f"{CHART}-legend", className="sb-legend", role="group", **aria(label=_("Legend"))
    )
    chart = html.Div(
        [
            html.Div([legend, plan_menu(CHART, title)], className="sb-plan-tools"),
            graph(CHART, title, HEIGHT, PHONE_HEIGHT),
            html.P(id=Id.CAPTION, className="sb-card-caption"),
            html.Div(id=Id.REASONS, className="sb-reasons"),
        ],
        id=Id.CHART_FRAME,
    )
    open_plan = [html.Div(id=Id.TABS, className="sb-tabs-frame"), chart, html.Div(id=Id.TAB_BODY)]
    return [
        html.Div(loading(126, words), id=Id.COMPARE, className="sb-slot-compare"),
        html.Div(loading(320, words), id=Id.CARDS, className="sb-slot-cards"),
        html.Section(open_plan, className="sb-card sb-slot-plan", **aria(label=title)),
    ]


def _dialog() -> dbc.Modal:
    reason = [
        html.Label(id=Id.REASON_LABEL, htmlFor=Id.REASON),
        dbc.Textarea(id=Id.REASON, rows=3, maxLength=1000),
    ]
    body = [
        html.Div(id=Id.SUBJECT, className="sb-subject"),
        html.Div(reason, id=Id.REASON_FRAME, className="sb-ask-reason", hidden=True),
        html.Div(id=Id.REFUSAL, role="alert"),
    ]
    buttons = (
        (Id.DO_APPROVE, _("Approve"), "btn-primary"),
        (Id.DO_REJECT, _("Reject"), "sb-danger-filled"),
        (Id.DO_WITHDRAW, _("Withdraw"), "sb-danger-filled"),
        (Id.DO_STOP, _("Stop"), "sb-danger-filled"),
    )
    acts = [
        html.Button(words, id=name, type="button", className=f"btn {look}", hidden=True)
        for name, words, look in buttons
    ]
    back = html.Button(_("Back"), id=Id.BACK, type="button", className="btn sb-secondary")
    return dbc.Modal(
        [
            html.Div(html.H2(id=Id.QUESTION, className="sb-title"), className="modal-header"),
            html.Div(body, className="modal-body", tabIndex=0),
            html.Div([back, *acts], className="modal-footer"),
        ],
        id=Id.DIALOG,
        is_open=False,
        centered=True,
        scrollable=True,
        fade=False,
        size="lg",
        fullscreen="md-down",
        labelledby=Id.QUESTION,
    )
