"""The tabs beside the chart: the plan step by step, what it was computed from, and who decided what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dash import html

from components.aria import aria
from components.icons import Icon, icon
from components.numbers import duration, moment_words, number, percent
from components.plan_data import runs_of
from components.plan_notes import input_words, note_words
from components.plan_table import plan_csv, plan_table, units_words
from components.plan_words import estimated_words, goal_words, run_words, state_words
from components.tables import table
from components.why_list import why_list
from components.words import _
from dash_app.domain.recommendation import Recommendation, Transition
from dash_app.domain.units import NO_BREAK_SPACE
from dash_app.workflows.board import Board


def why_view(plan: Recommendation, board: Board) -> Any:
    """Return the reasons of each thing the battery does, and what the limits cost."""
    why = plan.payload.why
    if why is None:
        return html.P(_("This plan was stored without its reasons."), className="sb-card-caption")
    return why_list(why, plan.payload, board.zone)


def table_view(plan: Recommendation, board: Board) -> list[Any]:
    """Return what the battery does in a list, then every step, and the way to the file."""
    runs = [html.Li(run_words(run, board.zone)) for run in runs_of(plan.payload)]
    href = f"data:text/csv;charset=utf-8,{quote(plan_csv(plan.payload))}"
    file = html.A(
        [icon(Icon.DOWNLOAD), _("Download CSV")],
        href=href,
        download=f"{plan.label}.csv",
        className="btn sb-secondary sb-small",
    )
    said = html.Ul(runs or [html.Li(_("The battery rests."))], className="sb-runs")
    units = html.P(units_words(plan.payload), className="sb-card-caption")
    return [html.Div([said, file], className="sb-runs-head"), plan_table(plan.payload, board.zone), units]


def inputs_view(plan: Recommendation, board: Board) -> list[Any]:
    """Return what the plan was computed from: how old each input was, its hash, and notes."""
    payload, zone = plan.payload, board.zone
    rows = [
        [
            html.Strong(input_words(used.name)),
            moment_words(used.newest, zone),
            _age(payload.computed_at, used.newest),
            html.Code(used.digest[:12], title=used.digest),
            used.note,
        ]
        for used in payload.inputs
    ]
    head = [_("Input"), _("Newest value"), _("Age when computed"), _("Hash"), _("Note")]
    notes = [note_words(note, payload, zone) for note in payload.notes]
    if payload.estimated_prices:
        notes.append(estimated_words(payload.estimated_prices))
    facts = (
        (_("Goal"), goal_words(payload.objective)),
        (_("State of charge at the start"), percent(payload.soc_now)),
        (_("Steps"), number(len(payload.steps), 0)),
        (_("Hash of the plan"), html.Code(plan.digest, className="sb-digest")),
    )
    listed = html.Dl([part for name, value in facts for part in (html.Dt(name), html.Dd(value))], className="sb-facts")
    said = html.Ul([html.Li(note) for note in notes], className="sb-runs") if notes else None
    return [listed, _scrolling(_("Inputs"), head, rows), said]


def decisions_view(plan: Recommendation, board: Board, record: Sequence[Transition]) -> Any:
    """Return who moved the plan where, when and why; newest first."""
    rows = [
        [moment_words(row.at, board.zone), html.Strong(state_words(row.after)), row.who, row.why or NO_BREAK_SPACE]
        for row in reversed(record)
    ]
    head = [_("When"), _("State"), _("Who"), _("Why")]
    return _scrolling(_("Decisions on %(plan)s", plan=plan.label), head, rows)


def _scrolling(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> html.Div:
    return html.Div(table(title, head, rows), className="sb-scroll", tabIndex=0, role="region", **aria(label=title))


def _age(computed_at: datetime, newest: datetime) -> str:
    if newest > computed_at:
        return _("known ahead")
    return duration(computed_at - newest)
